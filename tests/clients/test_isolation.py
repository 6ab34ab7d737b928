"""A program cut off from every network but the proxy; where the system does not let it, it does not run."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from graphcontract.clients import isolation
from graphcontract.clients.isolation import NOT_ISOLATED, find_obstacle, isolate_command, main
from graphcontract.transports.proxy import Proxy
from tests.refusing import refusing

TRY = """
import json, socket, sys
def reached(port):
    try:
        socket.create_connection(("127.0.0.1", int(port)), timeout=5).close()
        return True
    except OSError:
        return False
print(json.dumps([reached(port) for port in sys.argv[1:]]))
"""
HERE = [sys.executable, "-c", "print('here')"]
needs_namespaces = pytest.mark.skipif(find_obstacle() is not None, reason=f"{find_obstacle()}")


def run(argv: list[str], netns_socket: str | None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        isolate_command(argv, netns_socket), capture_output=True, text=True, timeout=30, check=False
    )


@needs_namespaces
class TestInANamespace:
    def test_nothing_but_the_proxy_is_reached(self) -> None:
        with Proxy("https://graph.test") as proxy, socket.create_server(("127.0.0.1", 0)) as outside:
            port = proxy.proxy.rpartition(":")[2]
            argv = [sys.executable, "-c", TRY, port, str(outside.getsockname()[1])]
            assert json.loads(run(argv, proxy.netns_socket).stdout) == [True, False]
            assert (proxy.arrivals, proxy.inside) == (1, 1)

    def test_it_is_the_program_that_ends(self) -> None:
        with Proxy("https://graph.test") as proxy:
            assert run([sys.executable, "-c", "import sys; sys.exit(7)"], proxy.netns_socket).returncode == 7

    def test_its_user_and_its_folder_stay(self, tmp_path: Path) -> None:
        source = "import os; print(os.getuid(), os.getcwd()); open('made', 'w').close()"
        with Proxy("https://graph.test") as proxy:
            ended = subprocess.run(
                isolate_command([sys.executable, "-c", source], proxy.netns_socket),
                cwd=tmp_path,
                capture_output=True,
                text=True,
                timeout=30,
                check=True,
            )
        assert ended.stdout.split() == [str(os.getuid()), str(tmp_path)]
        assert (tmp_path / "made").exists()

    def test_what_cannot_be_run(self, tmp_path: Path) -> None:
        script = tmp_path / "script"
        script.write_text("#!/nowhere/interpreter\n")
        script.chmod(0o755)
        with Proxy("https://graph.test") as proxy:
            ended = run([str(script)], proxy.netns_socket)
            assert (ended.returncode, ended.stderr.startswith("cannot run")) == (127, True)

    def test_a_proxy_that_is_not_reached(self) -> None:
        ended = run(HERE, "/nowhere/1234")
        assert (ended.returncode, ended.stdout) == (125, "")
        assert ended.stderr.startswith(NOT_ISOLATED)


def test_a_system_that_refuses() -> None:
    argv = refusing(
        [sys.executable, "-c", "from graphcontract.clients.isolation import *; print(find_obstacle())"]
    )
    assert (
        "a network namespace cannot be made here"
        in subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    )
    with Proxy("https://graph.test") as proxy:
        ended = subprocess.run(
            refusing(list(isolate_command(HERE, proxy.netns_socket))),
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ended.returncode, ended.stdout) == (125, "")
        assert ended.stderr.startswith(NOT_ISOLATED)
        assert proxy.inside == 0


def test_other_systems_have_no_namespaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert find_obstacle.__wrapped__() == "network namespaces exist only on Linux"


def test_a_missing_namespace_is_detected(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # As under a filter that has the call succeed and does nothing.
    monkeypatch.setattr(isolation, "_unshare", lambda: None)
    monkeypatch.setattr(isolation, "_has_route", lambda _family, _address: True)
    assert main([]) == 125
    assert capsys.readouterr().err.startswith(NOT_ISOLATED)


def test_a_route_is_seen_without_sending() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        assert isolation._has_route(socket.AF_INET, "127.0.0.1")
        assert not isolation._has_route(socket.AF_INET, "255.255.255.255")
        listening.setblocking(False)
        with pytest.raises(BlockingIOError):
            listening.recv(1)


@pytest.mark.parametrize("argv", [["no-such-program"], [sys.executable]])
def test_without_a_socket_nothing_is_changed(argv: list[str]) -> None:
    assert list(isolate_command(argv, None)) == argv


def test_no_program_that_cannot_be_found_runs_without(tmp_path: Path) -> None:
    unfit = tmp_path / "program"
    unfit.touch(0o644)
    with pytest.raises(FileNotFoundError):
        isolate_command(["no-such-program"], "/some/1234")
    with pytest.raises(PermissionError):
        isolate_command([str(unfit)], "/some/1234")
