"""What went over the wire, as a transport recorded it: requests, responses and their deliberate faults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Fields = tuple[tuple[str, str], ...]
Fault = Literal[
    "refused",
    "reset-at-connect",
    "reset-in-request",
    "reset",
    "closed",
    "stalled",
    "half-head",
    "half-content",
    "garbage",
    "dripped",
    "idle-closed",
    "interim-only",
    "stalled-handshake",
    "half-handshake",
    "late",
    "late-between",
    "closed-between",
    "reset-between",
    "refused-stream",
    "reset-stream",
    "reset-after-head",
    "goaway-below",
    "goaway-lost",
    "goaway-before",
    "goaway-after",
    "reset-after-response",
    "ping-first",
    "malformed-head",
    "one-stream",
    "no-window",
    "half-content-reset",
    "settings-first",
    "no-table",
]
Split = Literal[
    "at-start",
    "after-interim",
    "in-status",
    "in-line-end",
    "in-fields",
    "in-head-end",
    "after-head",
    "in-content",
    "each-byte",
]
"""Where a response is cut in two, with a pause before the second part."""

SILENT_FAULTS: tuple[Fault, ...] = (
    "stalled",
    "dripped",
    "interim-only",
    "stalled-handshake",
    "half-handshake",
    "late",
    "late-between",
)
"""Faults that leave a call without a complete response on a connection that stays open."""
WHOLE_FAULTS: tuple[Fault, ...] = (
    "idle-closed",
    "closed-between",
    "reset-between",
    "goaway-before",
    "goaway-after",
    "reset-after-response",
    "one-stream",
    "no-window",
    "no-table",
)
"""Faults of a connection with a complete response, and what is unusual beside one over HTTP/2."""

MOST_CONNECTIONS = 32
"""Connections that a transport keeps open for each origin: it closes the oldest of more. That bounds open
files, since a client may leave a connection open with every call."""


@dataclass(frozen=True, slots=True)
class WireRequest:
    """A request as it was received; `at` is in seconds of the transport's monotonic clock.

    `malformed` says why the bytes are not a valid request; the other members then have what could be parsed.
    Texts are bytes decoded as Latin-1; `target` is as sent. `framing` is how the content was delimited;
    `content_size` is its whole size in bytes, also if `content` is cut. `origin` is the `host:port` that the
    client connected to, whatever name it used; `connection` numbers the connections of one transport.
    `server_name` is the name in the connection's TLS handshake (SNI), empty without one; None without TLS.

    Over HTTP/2, `version` is "2", `raw` has the frames of its `stream`, whose fields are compressed, and
    `frames` describes each of them; `pseudo` are its pseudo-header fields, `fields` the others; `decoded` is
    the request as HTTP/1.1 would write it, empty for HTTP/1.1 itself.
    """

    at: float
    raw: bytes
    method: str
    target: str
    version: str
    fields: Fields
    content: bytes = b""
    content_size: int = 0
    framing: Literal["none", "content-length", "chunked"] = "none"
    malformed: str | None = None
    origin: str = ""
    connection: int = 0
    scheme: str = "http"
    server_name: str | None = None
    stream: int = 0
    pseudo: Fields = ()
    frames: tuple[str, ...] = ()
    decoded: bytes = b""

    @property
    def text(self) -> bytes:
        """The request in the form in which its lines and tokens can be read and searched: `raw` over
        HTTP/1.1, `decoded` over HTTP/2.
        """
        return self.decoded or self.raw

    def values(self, name: str) -> list[str]:
        """Give the values of all field lines of that name, in the order sent; letter case does not matter.
        Those of `host` include :authority, which HTTP/2 has in its place.
        """
        own = (":authority", "host") if name.lower() == "host" else (name.lower(),)
        return [value for key, value in (*self.pseudo, *self.fields) if key.lower() in own]


@dataclass(frozen=True, slots=True)
class WireResponse:
    """A response as it was sent; `request` is the index of the request that it responds to.

    `interim` has the status codes of 1xx responses sent before it; `stray` the bytes after its end, which no
    framing accounts for. `fault` is the deliberate fault of a response to a complete request; the other
    members then have what was sent nevertheless, and `status` is 0 if no status code was. A `dripped`
    response never ends: `raw` is its beginning. A `late` one is sent after the call. A response with a
    `split` was sent in parts, `pause` seconds apart; `at` is before the first pause. Over HTTP/2, `frames`
    describes the frames of `raw`.
    """

    at: float
    raw: bytes
    status: int
    fields: Fields
    content: bytes
    request: int
    interim: tuple[int, ...] = ()
    stray: bytes = b""
    fault: Fault | None = None
    split: Split | None = None
    pause: float = 0.0
    frames: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether a complete, well-formed response was sent."""
        return self.fault is None or self.fault in WHOLE_FAULTS

    def values(self, name: str) -> list[str]:
        """Give the values of all field lines of that name, in the order sent; letter case does not matter."""
        return [value for key, value in self.fields if key.lower() == name.lower()]
