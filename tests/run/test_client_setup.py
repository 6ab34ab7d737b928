"""Where clients are judged: at their own root behind a proxy, and what is said where they do not come."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from graphcontract.clients import ClientUnavailable, isolation
from graphcontract.errors import UserError
from graphcontract.http.stub_response import plain_error, success
from graphcontract.judging.harness import Harness
from graphcontract.judging.verdict import ClauseResult
from graphcontract.run.options import Options
from graphcontract.run.session import Session
from graphcontract.run.suite_tests import suite_tests

# Elsewhere they are stopped before they are asked: see test_own_root.py.
needs_namespaces = pytest.mark.skipif(isolation.find_obstacle() is not None, reason="no network namespaces")
TESTS = {test.name: test for test in suite_tests()}
CAREFUL = "python:tests.own_root:careful"


@contextmanager
def opened(client: str, transport: str = "proxy", *, allow_own_root: bool = False) -> Iterator[Session]:
    options = Options(client, transport=transport, profile="quick", allow_own_root=allow_own_root)
    session = Session.of(options)
    try:
        session.open()
        yield session
    finally:
        session.close()


def gate_of(session: Session) -> Harness:
    assert session.harness is not None
    return session.harness


def part(session: Session, test: str, clause: str) -> ClauseResult:
    session.want(TESTS[test], clause)
    return session.part(TESTS[test], clause)


class TestOwnRoot:
    def test_calls_name_no_root_and_come_to_the_contract_s(self) -> None:
        with opened(CAREFUL) as session:
            harness = gate_of(session)
            exchange = harness.perform(harness.plain_call(), [success()])
        assert (exchange.call.base_url, exchange.call.ca_file) == (None, None)
        assert exchange.root == "https://graph.microsoft.com/beta"
        assert exchange.outcome.kind == "success"
        (request,) = exchange.requests
        assert (request.values("host"), request.scheme) == (["graph.microsoft.com"], "https")
        assert exchange.certificate == "trusted"

    def test_the_environment_names_proxy_and_authority(self) -> None:
        with opened("python:tests.own_root:telling") as session:
            harness = gate_of(session)
            error = harness.perform(harness.plain_call(), [plain_error(409)]).outcome.error
            proxy, ca_file = harness.transport.proxy, harness.transport.ca_file
        assert error is not None
        assert error.message == f"{proxy}; {proxy}; {ca_file}; {ca_file}; -"

    def test_another_version_violates_only_the_path(self) -> None:
        released = "python:tests.own_root:released"
        with opened(released) as session:
            found = part(session, "test_request", "request.path")
        assert found.verdict == "fail"
        assert found.evidence is not None
        assert found.evidence["kind"] == "version"
        assert found.evidence["curl"] is None
        with opened(released, "loopback") as session:
            assert part(session, "test_request", "request.path").verdict == "pass"

    def test_copies_have_a_proxy_each(self) -> None:
        with opened(CAREFUL) as session:
            harness = gate_of(session)
            calls = [lambda: harness.perform(harness.plain_call(), [success()])] * 6
            kinds = [each.outcome.kind for each in harness.concurrently(calls)]
        assert kinds == ["success"] * 6

    def test_a_command_needs_no_placeholder_for_it(self) -> None:
        source = (
            "import sys; sys.path.insert(0, '.'); from tests.own_root import post; "
            "from graphcontract.exchange import Call; "
            "done = post(Call('x', {'id': sys.argv[1]}, sys.argv[2]), 'https://graph.microsoft.com/beta'); "
            "sys.exit(done.kind != 'success')"
        )
        command = f"command:{shlex.join([sys.executable, '-c', source])} {{task_id}} {{token}}"
        with opened(command, allow_own_root=True) as session:
            harness = gate_of(session)
            assert harness.perform(harness.plain_call(), [success()]).outcome.kind == "success"
            assert harness.perform(harness.plain_call(), [plain_error(409)]).outcome.kind == "failure"
        with pytest.raises(UserError, match="--transport proxy"):
            Session.of(Options(command)).open()


class TestBesideLoopback:
    def test_the_clauses_of_the_own_root_are_judged_too(self) -> None:
        for client, verdict in ((CAREFUL, "pass"), ("python:tests.own_root:uncorrelated", "fail")):
            with opened(client, "loopback") as session:
                found = part(session, "test_client_request_id", "request.client-request-id")
                assert found.verdict == verdict

    @needs_namespaces
    def test_a_client_that_bypasses_the_proxy_does_not(self) -> None:
        with opened("python:tests.own_root:direct", "loopback") as session:
            found = part(session, "test_client_request_id", "request.client-request-id")
            assert found.verdict == "not-supported"
            assert str(found.reason).startswith(
                "the client cannot be checked at its own root: the client sent nothing to the proxy"
            )
            assert part(session, "test_request", "request.method").verdict == "pass"


@needs_namespaces
@pytest.mark.parametrize(
    ("client", "problem", "hint"),
    [
        ("direct", "sent nothing to the proxy within 2 s; it reported failure", "HTTPS_PROXY"),
        ("dreaming", "did not come through the proxy; it reported success", "HTTPS_PROXY"),
        ("sovereign", "asked the proxy for graph.microsoft.us:443 and not", "leaves the machine"),
        ("distrustful", "connected to the proxy, but sent no request over TLS", "SSL_CERT_FILE"),
    ],
)
def test_who_does_not_come_to_the_proxy(client: str, problem: str, hint: str) -> None:
    with pytest.raises(ClientUnavailable, match=problem) as raised, opened(f"python:tests.own_root:{client}"):
        pass
    assert hint in raised.value.hint
    assert raised.value.status == 3


def test_a_client_in_this_process_has_no_environment_of_its_own() -> None:
    session = Session.of(Options("reference", transport="proxy", in_process=True))
    with pytest.raises(UserError, match="--transport mock"):
        session.open()
    assert session.harness is None
