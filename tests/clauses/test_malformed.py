"""A request that is not valid HTTP/1.1 is reported once, as such: what follows from it violates nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphcontract.clauses import registry
from graphcontract.clauses.queries import find_unreadable_requests
from graphcontract.exchange import Exchange, Outcome, Trial
from graphcontract.judging.evaluator import ClauseEvaluator
from graphcontract.wire import WireRequest
from tests.clauses import (
    CONTRACT,
    CONTROL,
    CRASH,
    FAILED_CONTROL,
    HANG,
    TOKEN,
    error_answer,
    exchange,
    failure,
    judges,
    kinds,
    read,
    request,
    response,
    target,
)

GOOD = request()
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"
MALFORMED = {
    "two lengths": request(more=[("Content-Length", "0")]),
    "two ways to frame": request(more=[("Transfer-Encoding", "chunked")], content="0\r\n\r\n"),
    "no host": request(fields={"Host": None}),
    "space before a colon": request(more=[("Accept ", "x")]),
    "line feeds": read(GOOD.raw.replace(b"\r\n", b"\n")),
    "an empty line": read(b"\r\n" + GOOD.raw),
    "another version": read(GOOD.raw.replace(b"HTTP/1.1", b"HTTP/3.0")),
    "HTTP/2": read(PREFACE),
    "HTTP/2 with path and token": read(PREFACE + f"\x01\x05{target()}\x00Bearer {TOKEN}".encode()),
}
OUTCOMES = (failure(400), Outcome.success(status=204), CRASH, HANG, Outcome.rejected("no"))


def of_retry(malformed: WireRequest, status: int, outcome: Outcome) -> Exchange:
    """A call whose retry cannot be read; the transport answers that with 400 itself."""
    step = exchange(GOOD, malformed, outcome=outcome)
    refused = replace(response(400), request=1)
    return replace(step, responses=(replace(error_answer(status), request=0), refused))


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: str(outcome.kind))
@pytest.mark.parametrize("status", [401, 409, 503])
@pytest.mark.parametrize("name", [name for name in MALFORMED if name != "HTTP/2"])
def test_one_clause_reports_the_request_of_a_retry(name: str, status: int, outcome: Outcome) -> None:
    assert violated(of_retry(MALFORMED[name], status, outcome)) == {"request.once": ["malformed"]}


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: str(outcome.kind))
@pytest.mark.parametrize("name", MALFORMED)
def test_one_clause_reports_the_only_request(name: str, outcome: Outcome) -> None:
    step = exchange(MALFORMED[name], outcome=outcome, answer=response(400))
    assert violated(step) == {"request.once": ["malformed"]}


def violated(step: Exchange) -> dict[str, list[str]]:
    """The kinds of the clauses that a call violates, after a call that conforms."""
    clauses = [id for id in registry() if CONTRACT.clauses[id].by == "client"]
    applying = [id for id in clauses if judges(id, CONTROL, step, control=FAILED_CONTROL)]
    found = {id: kinds(id, CONTROL, step, control=FAILED_CONTROL) for id in applying}
    return {id: each for id, each in found.items() if each}


def test_what_a_request_shows_despite_its_form_is_judged() -> None:
    """The token's place and the id are in the bytes, whatever else is wrong with them."""
    wrapped = read(GOOD.raw.replace(b"Bearer ", b"Bearer\r\n"))
    assert kinds("request.authorization", exchange(wrapped)) == ["other-token", "elsewhere"]


def test_other_traffic_may_be_malformed() -> None:
    telemetry = read(b"POST /collect HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
    assert find_unreadable_requests(CONTRACT, exchange(GOOD, telemetry)) == []
    assert judges("request.method", exchange(GOOD, telemetry))


def test_a_clause_that_was_not_exercised_says_why() -> None:
    unread = exchange(MALFORMED["two lengths"], answer=response(400))
    for id in ("error.status", "retry.after"):
        evaluator = ClauseEvaluator(CONTRACT, registry()[id])
        evaluator.add(Trial(unread), "a class")
        result = evaluator.conclude(repeat="again", present=lambda each: each, unsupported="n/a")
        assert result.verdict == "not-exercised"
        assert result.reason == "the client's requests could not be read (request.once)"


def test_tls_is_judged_whatever_was_sent_over_it() -> None:
    sent = replace(MALFORMED["two lengths"], server_name="other.test")
    made = exchange(sent, outcome=failure(400))
    assert kinds("tls.server-name", made) == ["address"]
    trusted = replace(CONTROL, certificate="trusted")
    assert kinds("transport.certificate", replace(made, certificate="expired"), control=trusted) == [
        "expired"
    ]
