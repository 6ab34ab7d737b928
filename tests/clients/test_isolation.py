"""A program cut off from every network but the proxy; where the system does not let it, it runs anyhow."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from graphcontract.clients.isolation import isolated, main
from graphcontract.transports.proxy import Proxy

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


def run(argv: list[str], doorway: str | None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(isolated(argv, doorway), capture_output=True, text=True, timeout=30, check=False)


def test_nothing_but_the_proxy_is_reached() -> None:
    with Proxy("https://graph.test") as proxy, socket.create_server(("127.0.0.1", 0)) as outside:
        port = proxy.proxy.rpartition(":")[2]
        argv = [sys.executable, "-c", TRY, port, str(outside.getsockname()[1])]
        found = json.loads(run(argv, proxy.doorway).stdout)
        assert found == [True, not proxy.isolated]
        assert proxy.isolated == _may()


def _may() -> bool:
    """Whether this system lets a process have a network of its own."""
    source = (
        "import ctypes; l = ctypes.CDLL(None); exit(l.unshare(0x40000000) and l.unshare(0x50000000) and 1)"
    )
    return (
        sys.platform == "linux"
        and subprocess.run([sys.executable, "-c", source], check=False).returncode == 0
    )


def test_it_is_the_program_that_ends() -> None:
    with Proxy("https://graph.test") as proxy:
        assert run([sys.executable, "-c", "import sys; sys.exit(7)"], proxy.doorway).returncode == 7


def test_its_user_and_its_folder_stay(tmp_path: Path) -> None:
    source = "import os; print(os.getuid(), os.getcwd()); open('made', 'w').close()"
    with Proxy("https://graph.test") as proxy:
        ended = subprocess.run(
            isolated([sys.executable, "-c", source], proxy.doorway),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
    assert ended.stdout.split() == [str(os.getuid()), str(tmp_path)]
    assert (tmp_path / "made").exists()


def test_a_doorway_that_is_gone() -> None:
    assert run([sys.executable, "-c", "print('here')"], "/nowhere/1234").stdout == "here\n"


def test_what_cannot_be_run(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/nowhere/interpreter\n")
    script.chmod(0o755)
    with Proxy("https://graph.test") as proxy:
        ended = run([str(script)], proxy.doorway)
        assert (ended.returncode, ended.stderr.startswith("cannot run")) == (127, True)


@pytest.mark.parametrize("argv", [["no-such-program"], [sys.executable]])
def test_without_a_doorway_nothing_is_changed(argv: list[str]) -> None:
    assert list(isolated(argv, None)) == argv
    assert list(isolated(["no-such-program"], "/some/1234")) == ["no-such-program"]


def test_without_a_doorway_the_program_runs_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone, unfit = str(tmp_path / "1"), tmp_path / "program"
    assert main(gone, [str(tmp_path / "missing")]) == 127
    assert "cannot run" in capsys.readouterr().err
    unfit.touch(0o644)
    assert main(gone, [str(unfit)]) == 126
    ran = subprocess.run(
        [sys.executable, "-c", f"from graphcontract.clients.isolation import main; main({gone!r}, ['true'])"],
        check=False,
    )
    assert ran.returncode == 0
