"""Clauses on what only HTTP/2 has: streams that are refused, GOAWAY, forms of a response, and fields that it
does not allow.
"""

from __future__ import annotations

from collections.abc import Iterator

from graphcontract.clauses import Finding, clause
from graphcontract.clauses.http2_queries import (
    CONNECTION_FIELDS,
    NEEDS,
    find_event,
    got,
    has_success,
    lacks_declared_content,
)
from graphcontract.clauses.queries import (
    abbreviate,
    describe_outcome,
    last_response,
    list_attempts,
    own_requests,
)
from graphcontract.clauses.retries import MAX_REQUESTS
from graphcontract.contract.model import Contract
from graphcontract.exchange import Exchange, Trial
from graphcontract.wire import WireRequest, WireResponse

_GOAWAYS = ("goaway-below", "goaway-lost", "goaway-before")
_HIGHEST_STREAM = str(2**31 - 1)
_EVENTS = {
    "refused-stream": "RST_STREAM with REFUSED_STREAM",
    "goaway-below": "GOAWAY with a last stream below the request's",
    "goaway-lost": "GOAWAY with the request's stream as the last, and no response",
    "goaway-before": "GOAWAY with the request's stream as the last, and then the response",
}


def _find_misreports(contract: Contract, exchange: Exchange, event: WireResponse) -> Iterator[Finding]:
    """Success without a successful response, failure after one, or no outcome at all."""
    outcome, name = exchange.outcome, str(event.fault)
    last = last_response(contract, exchange)
    succeeded = has_success(contract, exchange)
    if outcome.kind in ("crash", "hang"):
        yield Finding(outcome.kind, f"an outcome after {_EVENTS[name]}", describe_outcome(outcome), name)
    elif outcome.kind == "success" and not succeeded:
        yield Finding("success", f"failure after {_EVENTS[name]}", describe_outcome(outcome), name)
    elif outcome.kind != "success" and succeeded and not (last and last.fault):
        expected = f"success, for status {last.status if last else 0} of the repeated request"
        yield Finding("lost", expected, describe_outcome(outcome), name)


def _find_too_many(contract: Contract, exchange: Exchange, event: WireResponse) -> Iterator[Finding]:
    """More repeated requests than a retry policy has."""
    own = own_requests(contract, exchange)
    if len(own) > MAX_REQUESTS:
        expected, actual = f"at most {MAX_REQUESTS} requests", f"{len(own)} requests"
        yield Finding("too-many", expected, actual, str(event.fault))


def _find_repeated(contract: Contract, exchange: Exchange, event: WireResponse) -> Iterator[Finding]:
    """Several requests that the service carries out."""
    attempts = list_attempts(contract, exchange)
    accepted = [
        each for each, response in attempts if response and response.status in contract.success.statuses
    ]
    if len(accepted) > 1:
        actual = f"{len(accepted)} requests with a successful response"
        yield Finding("repeated", "at most one request that succeeds", actual, str(event.fault), accepted[1])


@clause(
    "http2.refused-stream",
    "success",
    "lost",
    "too-many",
    "repeated",
    "crash",
    "hang",
    when=got("refused-stream"),
    needs=NEEDS,
)
def refused_stream(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A stream that is reset with REFUSED_STREAM was not processed (RFC 9113, 8.7): the client may repeat the
    request, as often as its other retries, or report failure. Success needs a successful response.
    """
    event = find_event(contract, trial.exchange, "refused-stream")
    assert event is not None
    yield from _find_misreports(contract, trial.exchange, event)
    yield from _find_too_many(contract, trial.exchange, event)
    yield from _find_repeated(contract, trial.exchange, event)


@clause(
    "http2.goaway",
    "success",
    "lost",
    "same-connection",
    "too-many",
    "crash",
    "hang",
    when=got(*_GOAWAYS),
    needs=NEEDS,
)
def goaway(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """After GOAWAY, a client must not open further streams on the connection, and must not report success
    without a response (RFC 9113, 6.8). A request above the last stream was not processed, and may be repeated
    on another connection.
    """
    exchange = trial.exchange
    event = find_event(contract, exchange, *_GOAWAYS)
    assert event is not None
    yield from _find_misreports(contract, exchange, event)
    yield from _find_too_many(contract, exchange, event)
    before = exchange.requests[event.request]
    for request in exchange.requests[event.request + 1 :]:
        if request.connection == before.connection:
            actual = f"a request on stream {request.stream} of the same connection"
            yield Finding("same-connection", "another connection after GOAWAY", actual, at=request)
            return


def _describe_goaway(event: WireResponse) -> str:
    """The event in words; its last stream may be the highest one, before the service has decided on one."""
    text = _EVENTS[str(event.fault)]
    notice = any(each.startswith("GOAWAY") and _HIGHEST_STREAM in each for each in event.frames)
    return text.replace("the request's stream", "the highest stream") if notice else text


@clause(
    "http2.goaway-response",
    "repeated",
    "failure",
    when=got("goaway-lost", "goaway-before"),
    needs=NEEDS,
)
def goaway_response(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A request up to GOAWAY's last stream may have been processed: its response may still come, and the
    request should not be repeated (RFC 9113, 6.8; RFC 9110, 9.2.2).
    """
    exchange = trial.exchange
    event = find_event(contract, exchange, "goaway-lost", "goaway-before")
    assert event is not None
    name, requests = str(event.fault), own_requests(contract, exchange)
    if len(requests) > 1:
        expected = f"one request after {_describe_goaway(event)}"
        yield Finding("repeated", expected, f"{len(requests)} requests", name, requests[1])
    elif event.whole and exchange.outcome.kind == "failure" and event.status in contract.success.statuses:
        expected = f"success for status {event.status}, which came after GOAWAY"
        yield Finding("failure", expected, describe_outcome(exchange.outcome), name)


def _is_successful(contract: Contract, trial: Trial) -> bool:
    """Whether the last response is a success over HTTP/2, after nothing but other responses."""
    last = last_response(contract, trial.exchange)
    if last is None or last.status not in contract.success.statuses:
        return False
    if lacks_declared_content(last):
        return False  # http2.content-length
    over_http2 = trial.exchange.requests[last.request].version == "2"
    return over_http2 and all(response.fault is None for response in trial.exchange.responses)


def _name_form(response: WireResponse) -> str:
    """What is unusual in the frames of a response."""
    heads = [each for each in response.frames if each.startswith("HEADERS")]
    if response.interim:
        return "interim response"
    if len(heads) > 1:
        return "trailers"
    if any(each.startswith("DATA") and ", 0 bytes" in each for each in response.frames):
        return "empty DATA"
    if not response.content and response.values("content-length"):
        return "content-length 0"
    return "usual"


@clause(
    "http2.response",
    "failure",
    "rejected",
    "crash",
    "hang",
    when=_is_successful,
    needs=NEEDS,
)
def response(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A successful response must be reported as success in each form that HTTP/2 gives it (RFC 9113, 8.1):
    END_STREAM in HEADERS or in an empty DATA frame, `content-length: 0`, interim responses, trailers.
    """
    outcome, last = trial.exchange.outcome, last_response(contract, trial.exchange)
    if outcome.kind != "success" and last is not None:
        form = _name_form(last)
        what = f"success for status {last.status}" + ("" if form == "usual" else f" ({form})")
        yield Finding(outcome.kind, what, describe_outcome(outcome), form)


def _list_http2_requests(contract: Contract, trial: Trial) -> list[WireRequest]:
    own = own_requests(contract, trial.exchange)
    return [each for each in own if each.version == "2" and each.fields]


@clause(
    "http2.connection-fields",
    "connection-specific",
    "te",
    when=lambda contract, trial: bool(_list_http2_requests(contract, trial)),
    needs=NEEDS,
    reads_malformed=True,
)
def connection_fields(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A request over HTTP/2 must not have fields that only concern a connection, and TE with no other value
    than trailers (RFC 9113, 8.2.2): servers reject it as malformed.
    """
    for request in _list_http2_requests(contract, trial):
        for name in CONNECTION_FIELDS:
            for value in request.values(name)[:1]:
                actual = f"{name}: {abbreviate(value)}"
                yield Finding("connection-specific", f"no {name} over HTTP/2", actual, name, request)
        for value in request.values("te"):
            if value.strip().lower() != "trailers":
                yield Finding("te", "no TE, or te: trailers", f"te: {abbreviate(value)}", at=request)
