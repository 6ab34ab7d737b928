"""Sees whether a client speaks HTTP/2 where a TLS server offers it, before clauses need it."""

from __future__ import annotations

from graphcontract.http.stub_response import success
from graphcontract.judging.harness import Harness


def see_http2(harness: Harness) -> bool:
    """Whether the client negotiates HTTP/2, by one call. False also for a client that does not use TLS."""
    if "wire" not in harness.transport.shows:
        return False
    with harness.calls.without_counting():
        exchange = harness.perform(harness.plain_call(), [success()], certificate="trusted", http2=True)
    return any(request.version == "2" for request in exchange.requests)
