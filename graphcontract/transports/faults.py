"""Deliberate faults: which bytes of a response are sent, and what its connection does then.

Each fault replaces one response of a script:

- `refused`: connections to the root are refused as long as the endpoint is open; only as the first response.
  - `reset-at-connect`, `reset-in-request`: the connection is reset when it is made, or at its first byte
    (under TLS, after the handshake), and the request is not recorded. Either resets a persistent connection
    at the next byte.
- `reset`, `closed`, `stalled`: after the whole request the connection is reset, or the stream ends cleanly,
  or nothing is sent until the endpoint is closed.
- `half-head`, `half-content`: the response is cut, then the stream ends. The head is cut inside the status
  code, since a client could accept a 204 without the rest. `half-content-reset` resets the connection
  instead.
- `garbage`: the content of the response in place of all of it, such as a malformed head. Without content,
  bytes that are not HTTP, with 204 at the position of a status code. Then the stream ends.
- `dripped`: one byte of the response every `StubResponse.drip` seconds, with a head that never ends.
- `idle-closed`: the response, then the persistent connection is closed unannounced before the next request.
- `closed-between`, `reset-between`: the same once the call has ended, so that the client finds its
    connection in order after the response, and closed or reset only later.
- `interim-only`: 102 every `StubResponse.drip` seconds, and no final response.
- `late`, `late-between`: nothing until the call has ended. Then the response is sent, with `late` when the
    first request of the next call has arrived, on whichever connection.
- `stalled-handshake`, `half-handshake`: a new connection gets nothing, or the first half, of the server's
    side of the TLS handshake (transports.stalled_handshake). As the response to a request, as `stalled`.

Over HTTP/2 they have other forms, and there are others (transports.http2_faults). Those that HTTP/1.1 has no
form for reset or end the connection.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal

from graphcontract.http.stub_response import Rendered, StubResponse
from graphcontract.wire import WHOLE_FAULTS, Fault

Ending = Literal["shut", "close", "reset", "hold"]
Deferred = Literal["send", "send-with-next", "close", "reset"]

_ENDINGS: Mapping[Fault, Ending] = {
    "refused": "reset",
    "reset-at-connect": "reset",
    "reset-in-request": "reset",
    "reset": "reset",
    "closed": "shut",
    "stalled": "hold",
    "half-head": "shut",
    "half-content": "shut",
    "garbage": "shut",
    "dripped": "hold",
    "idle-closed": "close",
    "interim-only": "hold",
    "stalled-handshake": "hold",
    "half-handshake": "hold",
    "late": "hold",
    "late-between": "hold",
    "refused-stream": "reset",
    "reset-stream": "reset",
    "reset-after-head": "reset",
    "goaway-below": "shut",
    "goaway-lost": "shut",
    "goaway-before": "shut",
    "half-content-reset": "reset",
}
_DEFERRED: Mapping[Fault, Deferred] = {
    "late": "send-with-next",
    "late-between": "send",
    "closed-between": "close",
    "reset-between": "reset",
}
_HALF_CONTENT: tuple[Fault, ...] = ("half-content", "half-content-reset")
_PROCESSING = b"HTTP/1.1 102 Processing\r\n\r\n"
_GARBAGE = b"\x00\x01\xfe\xff 204 this is not HTTP\r\n\r\n"
_EMPTY = Rendered(before=b"", final=b"", stray=b"", status=0, fields=(), content=b"", interim=(), close=False)


def check(stub: StubResponse, *, first: bool) -> None:
    """ValueError for a fault that cannot be produced: `refused` after the first response, half of no
    content.
    """
    if stub.fault == "refused" and not first:
        raise ValueError(
            "refused can only be the first response of a script: it lasts as long as the endpoint"
        )
    whole_anyway = not stub.content or stub.status in (204, 304) or stub.framing in ("none", "to-the-end")
    if stub.fault in _HALF_CONTENT and whole_anyway:
        raise ValueError(f"{stub.fault} needs content, and a framing that gives its length")


def choose_ending(stub: StubResponse, rendered: Rendered) -> Ending | None:
    """Decide what the connection does after a response: None reads the next request, `shut` ends our
    direction, `close` and `reset` end both, `hold` ends neither and sends nothing more.
    """
    if stub.fault is not None and stub.fault in _ENDINGS:
        return _ENDINGS[stub.fault]
    return "shut" if rendered.close else None


def choose_deferred(stub: StubResponse) -> Deferred | None:
    """Decide what the connection does once the call has ended: send the response, then or with the next
    call's request, or close or reset the connection.
    """
    return _DEFERRED.get(stub.fault) if stub.fault is not None else None


def apply_fault(stub: StubResponse, rendered: Rendered) -> Rendered:
    """Give what is sent of a response with its fault; `status` is 0 if no complete status code is sent."""
    if stub.fault is None or stub.fault in (*WHOLE_FAULTS, "late", "late-between"):
        return rendered
    head, end, body = rendered.final.partition(b"\r\n\r\n")
    match stub.fault:
        case "half-head":
            cut = head[: head.index(b" ") + 2]
            return replace(_EMPTY, before=rendered.before, interim=rendered.interim, final=cut)
        case "half-content" | "half-content-reset":
            half = len(rendered.content) // 2
            size, mark, _ = body.partition(b"\r\n") if stub.framing == "chunked" else (b"", b"", b"")
            cut = head + end + body[: len(size + mark) + half]
            return replace(rendered, final=cut, content=rendered.content[:half], stray=b"")
        case "garbage":
            return replace(
                _EMPTY, before=rendered.before, interim=rendered.interim, final=stub.content or _GARBAGE
            )
        case "dripped":
            return replace(rendered, final=head + b"\r\nX-Dripped: ", content=b"", stray=b"")
        case "interim-only":
            return replace(_EMPTY, before=_PROCESSING, interim=(102,))
        case _:
            return _EMPTY


def iterate_drops(stub: StubResponse, data: bytes) -> Iterator[bytes]:
    """Yield the bytes of a dripped response one by one, and then dots forever; or the one informational
    response forever.
    """
    if stub.fault == "interim-only":
        return itertools.repeat(data)
    return itertools.chain((data[at : at + 1] for at in range(len(data))), itertools.repeat(b"."))
