"""Broken connections, timeouts, certificates and tunnels."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from time import monotonic

from graphcontract.exchange import Exchange
from graphcontract.http.stub_response import (
    StubResponse,
    faulty,
    plain_error,
    retry_after,
    stub,
    success,
    with_fields,
)
from graphcontract.inputs import constants
from graphcontract.judging.call_runner import CallOptions
from graphcontract.judging.harness import Harness
from graphcontract.judging.suite_api import Needing, concurrently, given, proves
from graphcontract.transports import Certificate

FAULTS: dict[str, StubResponse] = {
    "refused": faulty("refused"),
    "reset-at-connect": faulty("reset-at-connect"),
    "reset-in-request": faulty("reset-in-request"),
    "reset": faulty("reset"),
    "closed": faulty("closed"),
    "half-head": replace(success(), fault="half-head"),
    "half-content": replace(plain_error(409), fault="half-content"),
    "half-chunked": replace(plain_error(409), fault="half-content", framing="chunked"),
    "garbage": faulty("garbage"),
    "idle-closed": replace(success(), fault="idle-closed"),
}


CONFLICT = b"HTTP/1.1 409 Conflict\r\n"
# A client may read the 409 of some of these, which is failure too.
MALFORMED_RESPONSES = {
    "status of four digits": b"HTTP/1.1 2040 No Content\r\n\r\n",
    "no status code": b"HTTP/1.1 No Content\r\n\r\n",
    "another protocol": b"SIP/2.0 204 No Content\r\n\r\n",
    "no status line": b"Content-Length: 0\r\n\r\n",
    "101 alone": b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "length that is not a number": CONFLICT + b"Content-Length: two\r\n\r\n{}",
    "negative length": CONFLICT + b"Content-Length: -1\r\n\r\n{}",
    "two lengths": CONFLICT + b"Content-Length: 2\r\nContent-Length: 1\r\n\r\n{}",
    "field without colon": CONFLICT + b"Content-Length: 2\r\nno colon\r\n\r\n{}",
    "chunk size that is not a number": CONFLICT + b"Transfer-Encoding: chunked\r\n\r\ntwo\r\n{}\r\n0\r\n\r\n",
    "negative chunk size": CONFLICT + b"Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
    # Obsolete, and to be read as a space (RFC 9112, 5.2).
    "folded field": CONFLICT + b"x-ms-diagnostics: a\r\n b\r\nContent-Length: 2\r\n\r\n{}",
}
FAULTS |= {name: replace(faulty("garbage"), content=raw) for name, raw in MALFORMED_RESPONSES.items()}


@proves("transport.failure", "calls.independent", "secrets.token", needs="network")
@given(broken=constants(FAULTS), calls=2)
def test_broken_connection(harness: Harness, broken: StubResponse) -> None:
    """A broken connection must be reported as failure, and the next call must work."""
    before = harness.perform(harness.plain_call(), [broken])
    harness.check(harness.plain_call("another-guid"), [success()], before=[before])


Silence = tuple[float, Sequence[StubResponse]]  # the call's timeout in seconds, and its responses
STALLED = faulty("stalled")
DRIPPED = replace(success(), fault="dripped")
FOLLOWED = with_fields(stub(307), ("Location", "?step=1"))
# A timeout that bounds one attempt, or each read, bounds a silent first response only.
SILENCES: dict[str, Silence | Needing] = {
    "503, then stalled": Needing("call-timeout", (1.5, [retry_after(1, plain_error(503)), STALLED])),
    "stalled": (0.8, [STALLED]),
    "stalled for half a second": (0.5, [STALLED]),
    "dripped": Needing("call-timeout", (0.5, [DRIPPED])),
    "dripped error": Needing("call-timeout", (0.5, [replace(plain_error(409), fault="dripped")])),
    "stalled after a redirection": Needing("call-timeout", (0.5, [FOLLOWED, STALLED])),
}


@proves("transport.timeout", "secrets.token", needs="network")
@concurrently(
    seconds={
        "503, then stalled": 1.5,
        "stalled": 0.8,
        **dict.fromkeys(("stalled for half a second", "dripped", "dripped error"), 0.5),
        "stalled after a redirection": 0.5,
    },
    silence=SILENCES,
)
def test_no_response(harness: Harness, silence: Silence) -> None:
    """A call that gets no complete response must be reported as failure within its timeout and grace
    period.
    """
    timeout, responses = silence
    harness.check(replace(harness.plain_call(), timeout=timeout), responses)


@proves("request.once", "calls.independent", needs=("network", "timeout"))
@concurrently(
    seconds=0.4,
    silent={"after a stalled one": STALLED, "after a dripped one": Needing("call-timeout", DRIPPED)},
)
def test_call_after_timeout(harness: Harness, silent: StubResponse) -> None:
    """A call after one that timed out must send its own request and report its own response."""
    before = harness.perform(replace(harness.plain_call(), timeout=0.4), [silent])
    harness.check(harness.plain_call("another-guid"), [success()], before=[before])


@proves("transport.certificate")
@concurrently(certificate={name: name for name in ("untrusted", "other-name", "expired", "self-signed")})
def test_invalid_certificate(harness: Harness, certificate: Certificate) -> None:
    """A server with an invalid certificate must not get a request."""
    trusted = harness.perform(harness.plain_call(), [success()], certificate="trusted")
    harness.check(harness.plain_call(), [success()], control=trusted, certificate=certificate)


CHEAP: Mapping[str, Sequence[StubResponse]] = {
    "many errors": [plain_error(409)],
    "many errors that close": [replace(plain_error(409), close=True)],
    "many redirects": [with_fields(stub(307), ("Location", "?step=1")), success()],
    "many retries": [plain_error(503), success()],
    "many rejected tokens": [with_fields(plain_error(401), ("WWW-Authenticate", "Bearer"))],
    "many malformed responses": [faulty("garbage")],
}


@proves("transport.connections", needs="network")
@concurrently(seconds=0.2, responses=CHEAP)
def test_connections_after_many_calls(harness: Harness, responses: Sequence[StubResponse]) -> None:
    """Connections of errors, redirects and retries should be used again or closed."""
    # More than a usual pool keeps, at nightly seven times as many, so that a client that seldom leaves one
    # open is seen. The time bounds a client that is slow, or that waits a second before each retry.
    count = harness.client.limits.pool + harness.profile.examples // 20
    until, before = monotonic() + 2.5, list[Exchange]()
    while len(before) < count and monotonic() < until:
        before.append(harness.perform(harness.plain_call(), responses))
    harness.check(harness.plain_call(), [success()], before=before, counting=True)


@proves("transport.connections", needs=("network", "timeout"))
@concurrently(seconds=1.5, calls={"three timeouts": 3})
def test_connections_after_timeouts(harness: Harness, calls: int) -> None:
    """The connection of a call that has timed out should be closed."""
    call = replace(harness.plain_call(), timeout=0.5)
    *before, last = [harness.perform(call, [STALLED], counting=True) for _ in range(calls)]
    harness.observe(last, before=before)


@proves("tls.server-name")
@concurrently(
    root={
        "root by name": CallOptions(certificate="trusted", by_name=True),
        "root by address": CallOptions(certificate="trusted"),
        "own root": Needing("own-root", CallOptions(own_root=True)),
    }
)
def test_server_name(harness: Harness, root: CallOptions) -> None:
    """The TLS handshake should name the host of the service root, but not its address."""
    harness.check(harness.plain_call(), [success()], **root)


BY_NAME = CallOptions(certificate="trusted", by_name=True)
BY_ADDRESS = CallOptions(certificate="trusted")


@proves("tls.server-name")
@concurrently(
    roots={
        "root by name after one by address": (BY_ADDRESS, BY_NAME),
        "root by address after one by name": (BY_NAME, BY_ADDRESS),
    }
)
def test_server_name_of_another_root(harness: Harness, roots: tuple[CallOptions, CallOptions]) -> None:
    """The TLS handshake should name the host of its own root, and not of that of an earlier call."""
    first, second = roots
    before = harness.perform(harness.plain_call("another-guid"), [success()], **first)
    harness.check(harness.plain_call(), [success()], before=[before], **second)


@proves("proxy.credentials")
@concurrently(
    to={"tunnel on a new connection": None, "tunnel after a redirect": "{other-host}/tasks"},
)
def test_tunnel(harness: Harness, to: str | None) -> None:
    """A CONNECT to a proxy must not contain the token, nor that of another call."""
    harness.check(harness.plain_call(), [replace(success(), close=True)], own_root=True)
    responses = [success()] if to is None else [with_fields(stub(307), ("Location", to))]
    harness.check(harness.plain_call("another-guid"), responses, elsewhere=[success()], own_root=True)
