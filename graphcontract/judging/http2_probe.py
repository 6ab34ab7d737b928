"""Sees whether a client speaks HTTP/2 where a TLS server offers it, before clauses need it."""

from __future__ import annotations

from functools import partial

from graphcontract.http.stub_response import success
from graphcontract.judging.harness import Harness
from graphcontract.judging.stalls import repeat_if_stalled


def see_http2(harness: Harness) -> bool:
    """Whether the client negotiates HTTP/2, by one call. False also for a client that does not use TLS."""
    if "wire" not in harness.transport.shows:
        return False
    call = partial(harness.perform, harness.plain_call(), [success()], certificate="trusted", http2=True)
    with harness.calls.without_counting():
        exchange = repeat_if_stalled(call)
    return any(request.version == "2" for request in exchange.requests)
