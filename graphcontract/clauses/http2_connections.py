"""Clauses on how a client uses connections of HTTP/2: after GOAWAY, with few streams, without a window, and
when one is lost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from math import inf

from graphcontract.clauses import Finding, clause
from graphcontract.clauses.http2_queries import (
    FAILURES,
    NEEDS,
    find_event,
    find_failure,
    find_success,
    has_success,
)
from graphcontract.clauses.queries import describe_outcome, own_requests
from graphcontract.contract.model import Contract
from graphcontract.exchange import Exchange, Trial
from graphcontract.wire import WireRequest, WireResponse

_ACKNOWLEDGED = 2  # SETTINGS of the service: the usual ones, and those with the limit


def _find_left(contract: Contract, trial: Trial) -> tuple[int, WireRequest] | None:
    """The exchange, by index, and the request that first got a response and GOAWAY after it."""
    for number, exchange in enumerate(trial.exchanges):
        event = find_event(contract, exchange, "goaway-after")
        if event is not None:
            return number, exchange.requests[event.request]
    return None


def _goes_on(contract: Contract, trial: Trial) -> bool:
    left = _find_left(contract, trial)
    if left is None:
        return False
    number, request = left
    return number + 1 < len(trial.exchanges) or request is not own_requests(contract, trial.exchange)[-1]


@clause(
    "http2.goaway-later",
    "same-connection",
    "success",
    "lost",
    "unusable",
    "crash",
    "hang",
    when=_goes_on,
    needs=NEEDS,
    uses_earlier_steps=True,
)
def goaway_later(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A connection that got GOAWAY must not be used for a retry or a later call (RFC 9113, 6.8), which need
    another one. The first request on it is accepted, and the failure of the first later call: GOAWAY may be
    on its way then. Whoever has read a response that came after GOAWAY has read GOAWAY.
    """
    left = _find_left(contract, trial)
    assert left is not None
    number, first = left
    exchanges = trial.exchanges[number:]
    later = [
        (exchange, request)
        for exchange in exchanges
        for request in exchange.requests
        if request.connection == first.connection and request.at > first.at
    ]
    if len(later) > 1:
        exchange, request = later[1]
        actual = f"a second request after GOAWAY, on stream {request.stream} of the same connection"
        yield Finding("same-connection", "another connection", actual, at=request, exchange=exchange)
    for at, exchange in enumerate(exchanges):
        outcome, succeeded = exchange.outcome, has_success(contract, exchange)
        of_first = "a retry after GOAWAY" if len(exchange.requests) > 1 else "the call that got GOAWAY"
        what = of_first if at == 0 else "a later call"
        if outcome.kind in ("crash", "hang"):
            kind, expected = str(outcome.kind), f"an outcome of {what}"
        elif outcome.kind == "success" and not succeeded:
            kind, expected = "success", "failure without a successful response"
        elif at == 0 and outcome.kind != "success" and succeeded:
            kind, expected = "lost", f"success, for the successful response to {what}"
        elif at > 1 and outcome.kind != "success":
            kind, expected = "unusable", f"success of call {at + 1}, the first of which got GOAWAY"
        else:
            continue
        yield Finding(kind, expected, describe_outcome(outcome), exchange=exchange)
        return


def _list_limited(trial: Trial) -> list[tuple[WireRequest, float, bool]]:
    """Requests over HTTP/2, each with the earliest time at which its response can have ended, and whether the
    client must have applied the limit before: it had acknowledged it, and got a response on the connection.
    OkHttp acknowledges SETTINGS first, and applies them in another thread.
    """
    found, acknowledged = [], defaultdict[int, int](int)
    first_end: dict[int, float] = {}
    pairs = [(each, exchange) for exchange in trial.exchanges for each in exchange.requests]
    for request, exchange in sorted(pairs, key=lambda pair: pair[0].at):
        if request.version == "2" and request.malformed is None:
            connection = request.connection
            acknowledged[connection] += sum(each == "SETTINGS ACK" for each in request.frames)
            response = _find_response(exchange, request)
            end = request.at if response is None else response.at + response.pause
            applied = request.at > first_end.get(connection, inf)
            found.append((request, end, applied and acknowledged[connection] >= _ACKNOWLEDGED))
            first_end[connection] = min(end, first_end.get(connection, inf))
    return found


def _find_response(exchange: Exchange, request: WireRequest) -> WireResponse | None:
    return next((each for each in exchange.responses if exchange.requests[each.request] is request), None)


def _is_limited(contract: Contract, trial: Trial) -> bool:
    return any(find_event(contract, each, "one-stream") is not None for each in trial.before)


def _find_first_failure(trial: Trial, *kinds: str) -> Iterator[Finding]:
    """Yield the first of the calls at once whose outcome is one of these kinds."""
    expected = "success of each of several calls, one after another"
    for exchange in trial.exchanges:
        for finding in find_failure(exchange, expected, ""):
            if finding.kind in kinds:
                yield finding
                return


@clause(
    "http2.concurrent-streams",
    "exceeded",
    "crash",
    "hang",
    when=_is_limited,
    needs=NEEDS | {"concurrency"},
    uses_earlier_steps=True,
)
def concurrent_streams(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A client must not have more streams open at the same time than the service's SETTINGS allow (RFC 9113,
    5.1.2). Requests that were sent before the client has acknowledged the SETTINGS are accepted, and those
    before the first response on the connection.
    """
    requests = _list_limited(trial)
    for number, (request, _, limited) in enumerate(requests):
        for earlier, end, _ in requests[:number]:
            if limited and earlier.connection == request.connection and request.at < end:
                actual = f"stream {request.stream} while stream {earlier.stream} was open"
                yield Finding("exceeded", "one open stream at a time, as SETTINGS say", actual, at=request)
                return
    yield from _find_first_failure(trial, "crash", "hang")


@clause(
    "http2.concurrent-calls",
    "failure",
    "rejected",
    when=_is_limited,
    needs=NEEDS | {"concurrency"},
    uses_earlier_steps=True,
)
def concurrent_calls(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Calls above the limit of streams should wait, or use another connection, and succeed. A SHOULD: RFC
    9113, 5.1.2 only forbids to exceed the limit, and a client that reports failure does not.
    """
    yield from _find_first_failure(trial, "failure", "rejected")


@clause(
    "http2.empty-window",
    *FAILURES,
    when=lambda contract, trial: (
        trial.exchange.fault == "no-window" and contract.request.content != "required"
    ),
    needs=NEEDS,
)
def empty_window(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A request without content needs no flow-control window: only content counts (RFC 9113, 5.2.1 and
    6.9.1), and an empty DATA frame with END_STREAM may be sent without one.
    """
    yield from find_failure(trial.exchange, "success of a request without content, at a window of 0", "")


def _has_lost_connection(contract: Contract, trial: Trial) -> bool:
    lost = [each for each in trial.before if find_event(contract, each, "reset") is not None]
    return len(lost) > 1


@clause(
    "http2.connection-lost",
    "success",
    "unusable",
    "crash",
    "hang",
    when=_has_lost_connection,
    needs=NEEDS | {"concurrency"},
    uses_earlier_steps=True,
)
def connection_lost(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """If a connection is lost under several calls, each of them must end, with success only after a
    successful response, and the next call must work (RFC 9113, 5.4.1). Which requests may be repeated is for
    `retry.connection-lost`.
    """
    lost = [each for each in trial.before if find_event(contract, each, "reset") is not None]
    for exchange in lost:
        if not has_success(contract, exchange):
            what = f"the loss of a connection under {len(lost)} calls"
            for finding in find_success(exchange, what, "several calls"):
                yield finding
                return
    for finding in find_failure(trial.exchange, "success of the call after a lost connection", "next call"):
        yield Finding("unusable", finding.expected, finding.actual, finding.input)
