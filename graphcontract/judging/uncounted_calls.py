"""Calls that count for no test, on an endpoint of their own: before a process of a client makes others, or to
see a habit of the client.
"""

from __future__ import annotations

from dataclasses import replace

from graphcontract.exchange import Call, Outcome
from graphcontract.http.stub_response import ResponseScript, StubResponse, settle, success
from graphcontract.judging.harness import Harness
from graphcontract.judging.target import Target

# Seconds. In its first call a process may load modules and authorities: that takes a tenth of a second, and
# seconds on a busy machine, in which calls that count would seem to hang.
_TIMEOUT = 10.0


def make_first_call(harness: Harness, target: Target) -> None:
    """Make the first call of a process, whatever its outcome, and the first over HTTP/2 if the client speaks
    it: Java loads as many classes for TLS and HTTP/2 again. Clients at their own root have made one.
    """
    if target.guard is None and target.transport.at_once is None:
        call = replace(harness.plain_call(), timeout=_TIMEOUT)
        call_apart(harness, target, call, success())
        if harness.clients.negotiates_http2:
            call_apart(harness, target, call, success(), http2=True)


def call_apart(
    harness: Harness, target: Target, call: Call, response: StubResponse, *, http2: bool = False
) -> Outcome:
    """Make a call that is neither recorded nor counted, with one response; `http2` offers it, over TLS."""
    contract, transport = harness.contract, target.transport
    content = b"{}" if contract.success.content == "required" else b""
    endpoint = transport.open_endpoint(
        ResponseScript(tuple(settle([response], contract.success.status, content))),
        certificate="trusted" if http2 else None,
        http2=http2,
    )
    call = replace(
        call,
        base_url=f"{endpoint.root}/{contract.request.version}",
        ca_file=transport.ca_file if endpoint.root.startswith("https:") else None,
    )
    try:
        return target.client.call(replace(call, client=harness.clients.number_object(call)))
    finally:
        endpoint.finish(spoiled=True)
