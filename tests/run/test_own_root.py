"""A client is asked to call its own root only where nothing that it sends there can leave the machine."""

from __future__ import annotations

import json
import shlex
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from graphcontract.clients import ClientUnavailable, isolation
from graphcontract.errors import UserError
from graphcontract.pytest_plugin.options import read_options
from graphcontract.run import doctor
from graphcontract.run.doctor import Diagnosis
from graphcontract.run.options import Options
from graphcontract.run.session import Session
from tests import recording
from tests.refusing import refusing
from tests.run.test_client_setup import gate_of, opened, part

OBSTACLE = "no network namespace can be made here (as this test has it)"
NAMESPACES = isolation.find_obstacle() is None
CLAUSE = ("test_client_request_id", "request.client-request-id")
COMMAND = f"{sys.executable} -m tests.recording"
KINDS = {
    "python": "python:tests.recording:{}",
    "process": f"process:{sys.executable} -m graphcontract.clients.python_driver tests.recording:{{}}",
    "command": f"command:{COMMAND} {{}} {{{{base_url}}}} {{{{task_id}}}} {{{{token}}}}",
}
Asked = Callable[[], list[str | None]]


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "find_obstacle", lambda: OBSTACLE)


@pytest.fixture(autouse=True)
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """The roots that clients were asked to call so far, None for their own."""
    file = tmp_path / "roots"
    file.touch()
    monkeypatch.setenv("GRAPHCONTRACT_TEST_RECORD", str(file))
    return lambda: [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def assert_never_asked_for_its_own(roots: list[str | None]) -> None:
    assert {urlsplit(root).hostname if root else root for root in roots} <= {"127.0.0.1", "0.0.0.0"}


def finding(session: Session) -> Diagnosis:
    """What the doctor says of the proxy, without its other calls: for TLS it starts five more processes."""
    return doctor._NETWORK["proxy"](gate_of(session), "proxy")


@pytest.mark.usefixtures("refused")
class TestWithoutNamespaces:
    @pytest.mark.parametrize("kind", KINDS)
    def test_a_client_that_heeds_the_proxy_is_judged(self, kind: str, asked: Asked) -> None:
        with opened(KINDS[kind].format("heeds"), "loopback") as session:
            assert part(session, *CLAUSE).verdict == "pass"
        roots = asked()
        first = roots.index(None)
        assert_never_asked_for_its_own(roots[:first])
        assert urlsplit(str(roots[first - 1])).hostname == "0.0.0.0"

    @pytest.mark.parametrize("behaviour", ["ignores", "sends_nothing", "heeds_for_https_alone"])
    @pytest.mark.parametrize("kind", KINDS)
    def test_one_that_does_not_is_never_asked(self, kind: str, behaviour: str, asked: Asked) -> None:
        client = KINDS[kind].format(behaviour)
        with opened(client, "loopback") as session:
            found = part(session, *CLAUSE)
            assert found.verdict == "not-supported"
            assert OBSTACLE in str(found.reason)
            assert "only with --allow-own-root" in str(found.reason)
            assert finding(session).seen == found.reason
        with pytest.raises(ClientUnavailable, match="only with --allow-own-root"), opened(client):
            pass
        assert_never_asked_for_its_own(asked())

    def test_how_it_went_is_said(self) -> None:
        ways = {
            "ignores": "went there directly",
            "sends_nothing": "did not come through",
            "heeds_for_https_alone": "was redirected to http",
        }
        for behaviour, way in ways.items():
            with pytest.raises(ClientUnavailable, match=way), opened(f"python:tests.recording:{behaviour}"):
                pass

    def test_the_probe_does_not_trust_the_authority(self) -> None:
        with (
            pytest.raises(ClientUnavailable, match="no request over TLS followed") as raised,
            opened("python:tests.own_root:distrustful"),
        ):
            pass
        assert "SSL_CERT_FILE" in raised.value.hint

    @pytest.mark.parametrize(
        ("limits", "reason"),
        [({"root": "fixed"}, "its root is fixed"), ({"proxy": "none"}, "takes no proxy")],
    )
    @pytest.mark.parametrize("transport", ["loopback", "proxy"])
    def test_one_that_cannot_show_it_is_never_asked(
        self,
        limits: dict[str, str],
        reason: str,
        transport: str,
        asked: Asked,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        (tmp_path / "declaring.py").write_text(
            f"from tests.recording import heeds\nLIMITS = {limits!r}\n", encoding="utf-8"
        )
        monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{Path(__file__).parents[2]}")
        with suppress(ClientUnavailable), opened("python:declaring:heeds", transport) as session:
            assert transport == "loopback"
            found = part(session, *CLAUSE)
            assert (found.verdict, reason in str(found.reason)) == ("not-supported", True)
        assert_never_asked_for_its_own(asked())

    def test_a_command_that_takes_no_root_is_never_run(self, asked: Asked) -> None:
        command = f"command:{COMMAND} heeds {recording.OWN_ROOT} {{task_id}} {{token}}"
        with pytest.raises(ClientUnavailable, match="its root is fixed"), opened(command):
            pass
        assert asked() == []

    @pytest.mark.parametrize("transport", ["loopback", "proxy"])
    def test_one_that_heeds_it_at_the_probe_alone_is_asked_once(self, transport: str, asked: Asked) -> None:
        client = "python:tests.recording:heeds_at_the_probe"
        with suppress(ClientUnavailable), opened(client, transport) as session:
            assert transport == "loopback"
            found = part(session, *CLAUSE)
            assert (found.verdict, "sent nothing to the proxy" in str(found.reason)) == (
                "not-supported",
                True,
            )
        assert asked().count(None) == 1

    @pytest.mark.parametrize("transport", ["loopback", "proxy"])
    def test_one_that_goes_astray_later_is_asked_no_more(self, transport: str, asked: Asked) -> None:
        with opened("python:tests.recording:heeds_for_a_while", transport) as session:
            found = part(session, *CLAUSE)
            assert found.verdict == "not-run"
            assert "only with --allow-own-root" in str(found.reason)
            rest = part(session, "test_request", "request.method")
            assert rest.verdict == ("pass" if transport == "loopback" else "not-run")
            harness = gate_of(session)
            if transport == "loopback":
                assert "can no longer" in str(harness.clients.find_own_root_obstacle())
            else:
                with pytest.raises(UserError, match="could leave the machine"):
                    harness.perform(harness.plain_call(), [])
        assert asked().count(None) == 4

    def test_another_process_has_to_show_it_again(self, asked: Asked) -> None:
        with opened("python:tests.recording:dies", "loopback") as session:
            part(session, *CLAUSE)
        roots = asked()
        probes = [place for place, root in enumerate(roots) if root and "0.0.0.0" in root]
        assert [roots[place - 1] for place in probes[1:]] == [None]
        assert len(probes) == 2

    def test_one_that_replaces_another_has_to_show_it_too(self, asked: Asked) -> None:
        with opened(KINDS["python"].format("heeds")) as session:
            part(session, "test_stray_content", "response.stray-content")
            before = len(asked())
            part(session, "test_request", "request.method")
            roots = asked()[before:]
        assert roots[0] is not None
        assert "0.0.0.0" in roots[0]
        assert set(roots[1:]) == {None}

    def test_the_user_may_allow_it(self, asked: Asked) -> None:
        for behaviour, verdict in (("ignores", "not-supported"), ("heeds", "pass")):
            client = f"python:tests.recording:{behaviour}"
            with opened(client, "loopback", allow_own_root=True) as session:
                assert part(session, *CLAUSE).verdict == verdict
                assert behaviour == "ignores" or "--allow-own-root" in finding(session).seen
            assert None in asked()
        assert not any(root and "0.0.0.0" in root for root in asked())

    def test_the_doctor_says_what_showed_it(self) -> None:
        with opened("reference", "loopback") as session:
            assert "came through the proxy" in finding(session).seen


class TestInThisProcess:
    def test_beside_loopback_it_is_never_asked(self, asked: Asked) -> None:
        session = Session.of(Options("python:tests.recording:heeds", profile="quick", in_process=True))
        session.open()
        try:
            assert part(session, *CLAUSE).verdict == "not-supported"
        finally:
            session.close()
        assert_never_asked_for_its_own(asked())

    def test_one_that_the_mock_does_not_see_is_never_asked(self, asked: Asked) -> None:
        with opened("python:tests.recording:sends_nothing", "mock") as session:
            found = part(session, *CLAUSE)
        assert found.verdict == "not-supported"
        assert "did not come to the mock transport" in str(found.reason)
        assert None not in asked()

    def test_one_that_it_sees_is_judged(self) -> None:
        with opened("python:tests.recording:heeds", "mock") as session:
            assert part(session, *CLAUSE).verdict == "pass"


class TestInANamespace:
    @pytest.mark.skipif(not NAMESPACES, reason="no network namespaces")
    def test_one_that_heeds_no_proxy_is_asked(self, asked: Asked) -> None:
        problem = "sent nothing to the proxy within"
        with pytest.raises(ClientUnavailable, match=problem), opened("python:tests.recording:ignores"):
            pass
        assert asked().count(None) == 1

    @pytest.mark.skipif(not NAMESPACES, reason="no network namespaces")
    def test_the_doctor_says_so(self) -> None:
        with opened("reference", "loopback") as session:
            assert "in a network namespace of its own" in finding(session).seen

    @pytest.mark.skipif(not NAMESPACES, reason="no network namespaces")
    def test_a_command_that_takes_no_root_is_run(self, asked: Asked) -> None:
        command = f"command:{COMMAND} heeds {recording.OWN_ROOT} {{task_id}} {{token}}"
        with opened(command):  # asked whether it comes to the proxy, and whether it speaks HTTP/2 there
            assert asked() == [None, None]

    def test_one_whose_calls_come_from_elsewhere_is_never_asked(self, service: None, asked: Asked) -> None:
        problem = "only with --allow-own-root"
        with pytest.raises(ClientUnavailable, match=problem), opened("python:tests.recording:delegates"):
            pass
        assert_never_asked_for_its_own(asked())


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Makes calls for whoever asks, outside of any namespace."""
    path = str(tmp_path / "service")
    monkeypatch.setenv("GRAPHCONTRACT_TEST_SERVICE", path)

    def serve() -> None:
        with suppress(OSError):  # it is shut down
            while True:
                asking, _ = listening.accept()
                with asking:
                    asking.sendall(recording.fetch(asking.recv(1024).decode().strip()).encode())

    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen()
        thread = threading.Thread(target=serve)
        thread.start()
        yield
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.parametrize("words", [["check", "--profile", "quick", "--select", CLAUSE[1]], ["doctor"]])
def test_commands_where_the_system_refuses_namespaces(words: list[str], asked: Asked) -> None:
    tool = [sys.executable, "-c", "from graphcontract.cli import main; main()"]
    argv = refusing([*tool, *words, "python:tests.recording:ignores"])
    said = subprocess.run(argv, capture_output=True, text=True, check=False).stdout
    assert "--allow-own-root" in "".join(said.split())
    assert_never_asked_for_its_own(asked())
    assert len(asked()) >= 2


def test_a_report_does_not_allow_it() -> None:
    allowed = Options("reference", allow_own_root=True)
    session = Session.of(allowed)
    options = session.describe()["options"]
    assert options["allow_own_root"] is True
    assert not Options.of_report(options, "request.method").allow_own_root
    assert Options.of_report(options, "request.method", allow_own_root=True).allow_own_root
    assert "--allow-own-root" in shlex.split(allowed.repeat("request.method"))


def test_pytest_may_allow_it(pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pytestconfig.option, "graph_client", "reference")
    assert not read_options(pytestconfig).allow_own_root
    monkeypatch.setattr(pytestconfig.option, "graph_allow_own_root", True)
    assert read_options(pytestconfig).allow_own_root
