"""Parses the bytes of one connection into requests, valid or not, with h11.

Bytes that h11 rejects, or accepts although RFC 9112 forbids them, are a request nevertheless: with the bytes,
the reason, and as much of the head as can be parsed leniently. No socket is used here.
"""

from __future__ import annotations

import itertools
import re
import time
from typing import Literal

import h11

from graphcontract.wire import Fields, WireRequest

# What a client that never stops sending can cost in memory. They are far above what a conforming one
# sends: the longest drawn token has 8 KiB.
MOST_BUFFERED = 1 << 20  # bytes of a head, chunk line or trailer; more is malformed
MOST_RAW = 1 << 20  # bytes of a request that are recorded; the rest is counted and dropped
MOST_CONTENT = 64 << 10  # bytes of content that are recorded

_LINE_END = re.compile(rb"\r?\n")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_LONE_LINE_FEED = re.compile(rb"(?<!\r)\n")
_FOLDED_LINE = re.compile(rb"\n[ \t]")
_FRAMING = re.compile(rb"\n(Content-Length|Transfer-Encoding):([^\r\n]*)", re.IGNORECASE)
_REQUEST_LINE = re.compile(rb"([-!#$%&'*+.^_`|~0-9A-Za-z]+) (.*?)(?: HTTP/([0-9.]+))?", re.DOTALL)
_BROKEN_OFF = "ended before the request was complete"


class RequestReader:
    """Reads the requests of one connection in order; recorded bytes are bounded, `content_size` is not cut.

    `origin` is the `host:port` that was connected to, `scheme` is http or https, `connection` the number of
    the connection.
    """

    def __init__(self, origin: str, connection: int, scheme: str = "http") -> None:
        self._origin = origin
        self._connection = connection
        self._scheme = scheme
        self._reset()

    def _reset(self, leftover: bytes = b"") -> None:
        self._parser = h11.Connection(h11.SERVER, max_incomplete_event_size=MOST_BUFFERED)
        self._raw = bytearray()
        self._fed = 0
        self._blank = bytearray()
        self._head: h11.Request | None = None
        self._content = bytearray()
        self._content_size = 0
        self._continue_sent = False
        self.feed(leftover)

    @property
    def idle(self) -> bool:
        """Whether no byte of the next request was fed."""
        return not self._fed

    def feed(self, data: bytes) -> None:
        """Add received bytes. Empty lines before a request line are recorded apart, for `_find_violation`."""
        if not self._fed:
            begun = data.lstrip(b"\r\n")
            self._blank += data[: min(len(data) - len(begun), MOST_RAW - len(self._blank))]
            data = begun
        if data:
            self._parser.receive_data(data)
            self._raw += data[: MOST_RAW - len(self._raw)]
            self._fed += len(data)

    def next(self) -> WireRequest | None:
        """Return the next request that is complete or malformed; None until more is fed."""
        if not self._fed:
            return None
        try:
            return self._read_on()
        except h11.RemoteProtocolError as error:
            return self._finish(_describe_error(error))

    def read_incomplete(self) -> WireRequest | None:
        """Return what was fed of a request that will not be completed; None if nothing was.

        Empty lines without a request after them count as such a request.
        """
        return self._finish(_BROKEN_OFF) if self._fed or self._blank else None

    def expects_continue(self) -> bool:
        """Whether the client now waits for `100 Continue`: true once for each request."""
        if self._continue_sent or not self._parser.they_are_waiting_for_100_continue:
            return False
        self._continue_sent = True
        return True

    def _read_on(self) -> WireRequest | None:
        while (event := self._parser.next_event()) is not h11.NEED_DATA:
            if isinstance(event, h11.Request):
                self._head = event
                if not event.http_version.startswith(b"1."):
                    return self._finish(_describe_version(event.http_version))
            elif isinstance(event, h11.Data):
                self._content += event.data[: MOST_CONTENT - len(self._content)]
                self._content_size += len(event.data)
            elif isinstance(event, h11.EndOfMessage):
                return self._finish(None)
        return None

    def _finish(self, malformed: str | None) -> WireRequest:
        """Make the request and start the next, after a complete one with the bytes that followed it."""
        malformed = malformed or self._find_violation()
        leftover = self._parser.trailing_data[0] if malformed is None else b""
        raw = bytes(self._blank + self._raw[: self._fed - len(leftover)])
        if self._head is None:
            method, target, version, fields = _parse_leniently(bytes(self._raw))
        else:
            method, target, version = (
                _decode(part) for part in (self._head.method, self._head.target, self._head.http_version)
            )
            fields = tuple((_decode(name), _decode(value)) for name, value in self._head.headers.raw_items())
        request = WireRequest(
            at=time.monotonic(),
            raw=raw,
            method=method,
            target=target,
            version=version,
            fields=fields,
            content=bytes(self._content),
            content_size=self._content_size,
            framing=_find_framing(fields),
            malformed=malformed,
            origin=self._origin,
            connection=self._connection,
            scheme=self._scheme,
        )
        self._reset(leftover)
        return request

    def _find_violation(self) -> str | None:
        """Describe a violation of RFC 9112 2.2, 5.2, 6.2 or 6.3 that h11 accepts; None if there is no
        violation.
        """
        if self._blank:
            return "an empty line before the request line"
        end = _HEAD_END.search(self._raw)
        head = self._raw[: end.end()] if end else self._raw
        if _LONE_LINE_FEED.search(head):
            return "a line that ends with a line feed alone"
        if _FOLDED_LINE.search(head):
            return "a field value that is folded over two lines"
        framing = [(name.lower(), value) for name, value in _FRAMING.findall(head)]
        lengths = [value for name, value in framing if name == b"content-length"]
        if len(lengths) > 1 or b"," in b"".join(lengths):
            return "more than one Content-Length"
        if lengths and len(framing) > len(lengths):
            return "both Content-Length and Transfer-Encoding"
        return None


def _parse_leniently(raw: bytes) -> tuple[str, str, str, Fields]:
    """Parse what can be parsed of a head that h11 rejects: method, target, version, fields."""
    first, *lines = _LINE_END.split(raw)
    fields = []
    for line in itertools.takewhile(bool, lines):
        name, colon, value = line.partition(b":")
        if colon:
            fields.append((_decode(name), _decode(value.strip(b" \t"))))
    match = _REQUEST_LINE.fullmatch(first)
    method, target, version = match.groups(b"") if match else (b"", b"", b"")
    return _decode(method), _decode(target), _decode(version), tuple(fields)


def _find_framing(fields: Fields) -> Literal["none", "content-length", "chunked"]:
    names = {name.lower() for name, _ in fields}
    if "transfer-encoding" in names:
        return "chunked"
    return "content-length" if "content-length" in names else "none"


def _describe_error(error: h11.RemoteProtocolError) -> str:
    """Give h11's message without the bytes that it quotes: they are unbounded and may contain a token."""
    if error.error_status_hint == 431:
        return f"no end of the head, chunk line or trailer within {MOST_BUFFERED} bytes"
    return str(error).partition(": bytearray(")[0]


def _decode(data: bytes) -> str:
    return data.decode("latin-1")


def _describe_version(version: bytes) -> str:
    """Say what is wrong with a version that is not HTTP/1; the connection preface of HTTP/2 is its own."""
    if version == b"2.0":
        return "HTTP/2 on a connection for which it was not negotiated (ALPN)"
    return f"HTTP/{version.decode()} instead of HTTP/1.1"
