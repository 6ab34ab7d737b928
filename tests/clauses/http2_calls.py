"""Calls over HTTP/2, written as requests, events and outcomes, for the tests of the clauses on HTTP/2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from graphcontract.exchange import Exchange, Outcome
from graphcontract.wire import Fault, WireRequest, WireResponse
from tests.clauses import CRASH, HANG, SUCCESS, exchange, failure, request, response

REJECTED = Outcome.rejected("not a GUID")
FAILED = failure(None, message="No response.")
UNSUCCESSFUL = (FAILED, REJECTED, CRASH, HANG)
TEXTS = {
    "success": "success with status 204",
    "failure": "failure: No response.",
    "rejected": "rejected: not a GUID",
    "crash": "crash: KeyError: 'x'",
    "hang": "hang: no outcome within 4.5 s",
}
"""How a report describes these outcomes."""


def sent(stream: int = 1, *, connection: int = 1, **members: object) -> WireRequest:
    """A request of the call over HTTP/2."""
    made = replace(request(), version="2", stream=stream, connection=connection)
    return replace(made, **members)  # type: ignore[arg-type]


def telemetry(**members: object) -> WireRequest:
    """A request over HTTP/2 that does not belong to the call, on a connection that none of the call has."""
    made = request("/telemetry", fields={"Authorization": None, "client-request-id": None})
    return replace(made, version="2", **{"connection": 99, **members})  # type: ignore[arg-type]


def event(fault: Fault, status: int = 0, *frames: str, **members: object) -> WireResponse:
    """What a request got in place of an ordinary response, or beside one with this status."""
    return replace(response(status, fault=fault, frames=frames), **members)  # type: ignore[arg-type]


def over_http2(
    *answers: WireResponse | None,
    outcome: Outcome = SUCCESS,
    requests: Sequence[WireRequest] = (),
    **members: object,
) -> Exchange:
    """A call with a request for each answer, None where it got none. Each of its requests comes on a
    connection of its own, unless they are given.
    """
    own = tuple(requests) or tuple(sent(connection=number) for number in range(1, len(answers) + 1))
    got = [(number, each) for number, each in enumerate(answers) if each is not None]
    responses = tuple(replace(each, request=number) for number, each in got)
    made = replace(exchange(*own, outcome=outcome), responses=responses)
    return replace(made, **members)  # type: ignore[arg-type]


def over_http1(step: Exchange) -> Exchange:
    """The same call over HTTP/1.1."""
    return replace(step, requests=tuple(replace(each, version="1.1") for each in step.requests))
