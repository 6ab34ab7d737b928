"""The option --http: which version of HTTP a run offers, and what a client that speaks another one gets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from graphcontract.clients import ClientUnavailable
from graphcontract.exchange import Call, Outcome
from graphcontract.http.stub_response import success
from graphcontract.judging.uncounted_calls import make_first_call
from graphcontract.judging.verdict import ClauseResult
from graphcontract.run.options import OptionError, Options
from graphcontract.run.session import Session
from graphcontract.run.suite_tests import suite_tests
from tests.sample_clients.bases.conforming import Conforming
from tests.sample_clients.bases.http2 import OverHttp2

HERE = f"python:{__name__}:"


def over_http2(call: Call) -> Outcome:
    return OverHttp2().cancel(call)


def over_http11(call: Call) -> Outcome:
    return Conforming().cancel(call)


@contextmanager
def session_of(client: str, **options: object) -> Iterator[Session]:
    session = Session.of(Options(client=client, **{"in_process": True, **options}))  # type: ignore[arg-type]
    try:
        yield session
    finally:
        session.close()


def result(session: Session, clause: str) -> ClauseResult:
    test = next(each for each in suite_tests() if clause in each.proves)
    session.want(test, clause)
    return session.part(test, clause)


def verdict(session: Session, clause: str) -> tuple[str, str | None]:
    found = result(session, clause)
    return found.verdict, found.reason


def test_auto_finds_a_client_that_negotiates_http2() -> None:
    with session_of(f"{HERE}over_http2", select=("http2.*", "request.method")) as session:
        assert verdict(session, "http2.response") == ("pass", None)
        assert session.describe()["http"] == "auto"
        assert not session.describe()["tls"]


def test_each_clause_says_which_version_it_saw() -> None:
    client = f"{HERE}over_http2"
    with session_of(client, select=("http2.response", "request.method")) as session:
        assert result(session, "http2.response").protocols == ("2",)
        assert result(session, "request.method").protocols == ("1.1",)
    with session_of(client, http="2", select=("request.method",)) as session:
        assert result(session, "request.method").protocols == ("2",)


def test_auto_says_that_a_client_does_not_negotiate_it() -> None:
    with session_of(f"{HERE}over_http11", select=("http2.response",)) as session:
        reason = "the client does not negotiate HTTP/2 over TLS (ALPN)"
        assert verdict(session, "http2.response") == ("not-supported", reason)


@pytest.mark.parametrize(("client", "secure"), [("over_http2", [False, True]), ("over_http11", [False])])
def test_a_further_process_first_makes_a_call_over_http2_if_the_client_speaks_it(
    client: str, secure: list[bool]
) -> None:
    with session_of(f"{HERE}{client}", select=("http2.response",)) as session:
        session.open()
        assert session.harness is not None
        main = session.harness.clients.main
        made: list[Call] = []

        class Recording:
            def call(self, call: Call) -> Outcome:
                made.append(call)
                return main.client.call(call)

        make_first_call(session.harness, replace(main, client=Recording()))  # type: ignore[arg-type]
        assert [str(call.base_url).startswith("https:") for call in made] == secure
        assert [call.ca_file is not None for call in made] == secure


def test_http11_has_no_clause_on_http2() -> None:
    with session_of("reference", http="1.1") as session:
        assert not any(id.startswith("http2.") for id in session.planned)
    with pytest.raises(OptionError, match=r"--http 1\.1 leaves no clause"):
        Session.of(Options(client="reference", http="1.1", select=("http2.*",)))


def test_http2_is_what_every_request_of_the_reference_uses() -> None:
    with session_of("reference", http="2", select=("request.method",)) as session:
        session.open()
        assert session.harness is not None
        exchange = session.harness.perform(session.harness.plain_call(), [success()])
        assert exchange.outcome.kind == "success"
        assert [each.version for each in exchange.requests] == ["2"]
        assert not exchange.requests[0].values("connection")
        assert session.describe()["tls"]


def test_http2_needs_a_client_that_speaks_it() -> None:
    with (
        session_of(f"{HERE}over_http11", http="2") as session,
        pytest.raises(ClientUnavailable, match="does not speak HTTP/2"),
    ):
        session.open()


def test_the_mock_transport_has_no_http2() -> None:
    with (
        session_of("reference", http="2", transport="mock") as session,
        pytest.raises(OptionError, match="no HTTP/2"),
    ):
        session.open()


def test_the_proxy_offers_http2_in_its_tunnels() -> None:
    with session_of("reference", in_process=False, http="2", transport="proxy") as session:
        for clause in ("http2.response", "http2.ping"):
            assert verdict(session, clause) == ("pass", None)
        reason = "this transport handles one call at a time (use --transport loopback)"
        assert verdict(session, "http2.concurrent-streams") == ("not-supported", reason)
