"""Queries that the clauses on HTTP/2 share: which event a call got, and whether its outcome fits."""

from __future__ import annotations

from collections.abc import Iterator

from graphcontract.clauses import Finding, When
from graphcontract.clauses.queries import describe_outcome, last_response, own_requests
from graphcontract.contract.model import Contract
from graphcontract.exchange import Exchange
from graphcontract.wire import WireResponse

NEEDS = frozenset({"network", "http2"})
CONNECTION_FIELDS = ("connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade")
"""What HTTP/2 does not allow in a request or a response (RFC 9113, 8.2.2)."""
FAILURES = ("failure", "rejected", "crash", "hang")
"""The kinds that `find_failure` yields."""


def find_event(contract: Contract, exchange: Exchange, *faults: str) -> WireResponse | None:
    """The first event of these that a request of the call got over HTTP/2."""
    own = own_requests(contract, exchange)
    for response in exchange.responses:
        request = exchange.requests[response.request]
        if response.fault in faults and request.version == "2" and any(request is each for each in own):
            return response
    return None


def got(*faults: str) -> When:
    """Make a `when` that is true if the call got one of these events over HTTP/2."""
    return lambda contract, trial: find_event(contract, trial.exchange, *faults) is not None


def has_success(contract: Contract, exchange: Exchange) -> bool:
    """Whether the last complete response to a request of the call is a successful one."""
    last = last_response(contract, exchange)
    return last is not None and last.status in contract.success.statuses


def lacks_declared_content(response: WireResponse) -> bool:
    """Whether a response has a Content-Length above 0, and no content."""
    return not response.content and any(each != "0" for each in response.values("content-length"))


def find_success(exchange: Exchange, what: str, input: str) -> Iterator[Finding]:
    """Yield success that nothing justifies, and the lack of any outcome, after `what`."""
    outcome = exchange.outcome
    if outcome.kind in ("success", "crash", "hang"):
        expected = f"failure after {what}"
        yield Finding(outcome.kind, expected, describe_outcome(outcome), input, exchange=exchange)


def find_failure(exchange: Exchange, expected: str, input: str) -> Iterator[Finding]:
    """Yield any outcome but success."""
    outcome = exchange.outcome
    if outcome.kind != "success":
        yield Finding(outcome.kind, expected, describe_outcome(outcome), input, exchange=exchange)
