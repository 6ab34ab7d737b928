"""The bytes of one connection read into requests, whatever they are.

Knows HTTP/1.1 through h11; it touches no socket and decides no answer. What h11 refuses, or overlooks
and RFC 9112 forbids, is a request all the same: with its bytes, the reason, and as much of its head as can
be read by hand.
"""

from __future__ import annotations

import itertools
import re
import time
from typing import Literal

import h11

from graphcontract.exchange import Fields, WireRequest

MOST_BUFFERED = 1 << 20
MOST_RAW = 1 << 20
MOST_CONTENT = 64 << 10

_LINE_END = re.compile(rb"\r?\n")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_LONE_LINE_FEED = re.compile(rb"(?<!\r)\n")
_FRAMING = re.compile(rb"\n(Content-Length|Transfer-Encoding):([^\r\n]*)", re.IGNORECASE)
_REQUEST_LINE = re.compile(rb"([-!#$%&'*+.^_`|~0-9A-Za-z]+) (.*?)(?: HTTP/([0-9.]+))?", re.DOTALL)
_BROKEN_OFF = "ended before the request was complete"


class RequestReader:
    """Reads the requests of one connection in order; sizes are bounded, `content_size` is not cut.

    `origin` is the `host:port` that was connected to, `scheme` what was spoken there, `connection` the
    connection's number.
    """

    def __init__(self, origin: str, connection: int, scheme: str = "http") -> None:
        self._origin = origin
        self._connection = connection
        self._scheme = scheme
        self._begin()

    def _begin(self, leftover: bytes = b"") -> None:
        self._parser = h11.Connection(h11.SERVER, max_incomplete_event_size=MOST_BUFFERED)
        self._raw = bytearray()
        self._fed = 0
        self._blank = bytearray()
        self._head: h11.Request | None = None
        self._content = bytearray()
        self._content_size = 0
        self._told_to_continue = False
        self.feed(leftover)

    @property
    def idle(self) -> bool:
        """Whether nothing was fed of a request that has not been given."""
        return not self._fed

    def feed(self, data: bytes) -> None:
        """Take bytes as they came."""
        if not self._fed:
            begun = data.lstrip(b"\r\n")
            self._blank += data[: min(len(data) - len(begun), MOST_RAW - len(self._blank))]
            data = begun
        if data:
            self._parser.receive_data(data)
            self._raw += data[: MOST_RAW - len(self._raw)]
            self._fed += len(data)

    def next(self) -> WireRequest | None:
        """Give the next request that is complete or cannot be read further; None until more is fed."""
        if not self._fed:
            return None
        try:
            return self._read_on()
        except h11.RemoteProtocolError as error:
            return self._give(_reason(error))

    def broken_off(self) -> WireRequest | None:
        """Give what was fed of a request that will not be completed; None where that is nothing.

        Empty lines that no request follows are such a request too.
        """
        return self._give(_BROKEN_OFF) if self._fed or self._blank else None

    def expects_continue(self) -> bool:
        """Tell whether the client now waits for `100 Continue`: true once a request."""
        if self._told_to_continue or not self._parser.they_are_waiting_for_100_continue:
            return False
        self._told_to_continue = True
        return True

    def _read_on(self) -> WireRequest | None:
        while (event := self._parser.next_event()) is not h11.NEED_DATA:
            if isinstance(event, h11.Request):
                self._head = event
                if not event.http_version.startswith(b"1."):
                    return self._give(f"HTTP/{event.http_version.decode()} where HTTP/1.1 is spoken")
            elif isinstance(event, h11.Data):
                self._content += event.data[: MOST_CONTENT - len(self._content)]
                self._content_size += len(event.data)
            elif isinstance(event, h11.EndOfMessage):
                return self._give(None)
        return None

    def _give(self, malformed: str | None) -> WireRequest:
        """Make the request of what was read and begin anew, after a complete one with what followed it."""
        malformed = malformed or self._overlooked()
        leftover = self._parser.trailing_data[0] if malformed is None else b""
        raw = bytes(self._blank + self._raw[: self._fed - len(leftover)])
        if self._head is None:
            method, target, version, fields = _read_by_hand(bytes(self._raw))
        else:
            method, target, version = (
                _text(part) for part in (self._head.method, self._head.target, self._head.http_version)
            )
            fields = tuple((_text(name), _text(value)) for name, value in self._head.headers.raw_items())
        request = WireRequest(
            at=time.monotonic(),
            raw=raw,
            method=method,
            target=target,
            version=version,
            fields=fields,
            content=bytes(self._content),
            content_size=self._content_size,
            framing=_framing(fields),
            malformed=malformed,
            origin=self._origin,
            connection=self._connection,
            scheme=self._scheme,
        )
        self._begin(leftover)
        return request

    def _overlooked(self) -> str | None:
        """Say what a client must not send, though h11 reads it: RFC 9112 2.2, 6.2 and 6.3."""
        if self._blank:
            return "an empty line before the request line"
        end = _HEAD_END.search(self._raw)
        head = self._raw[: end.end()] if end else self._raw
        if _LONE_LINE_FEED.search(head):
            return "a line that ends with a line feed alone"
        framing = [(name.lower(), value) for name, value in _FRAMING.findall(head)]
        lengths = [value for name, value in framing if name == b"content-length"]
        if len(lengths) > 1 or b"," in b"".join(lengths):
            return "more than one Content-Length"
        if lengths and len(framing) > len(lengths):
            return "both Content-Length and Transfer-Encoding"
        return None


def _read_by_hand(raw: bytes) -> tuple[str, str, str, Fields]:
    """Read what can be read of a head that h11 does not take: method, target, version, fields."""
    first, *lines = _LINE_END.split(raw)
    fields = []
    for line in itertools.takewhile(bool, lines):
        name, colon, value = line.partition(b":")
        if colon:
            fields.append((_text(name), _text(value.strip(b" \t"))))
    match = _REQUEST_LINE.fullmatch(first)
    method, target, version = match.groups(b"") if match else (b"", b"", b"")
    return _text(method), _text(target), _text(version), tuple(fields)


def _framing(fields: Fields) -> Literal["none", "content-length", "chunked"]:
    names = {name.lower() for name, _ in fields}
    if "transfer-encoding" in names:
        return "chunked"
    return "content-length" if "content-length" in names else "none"


def _reason(error: h11.RemoteProtocolError) -> str:
    """Say what h11 says, without the bytes that it quotes: they are unbounded and may hold a token."""
    if error.error_status_hint == 431:
        return f"no end of the head, chunk line or trailer within {MOST_BUFFERED} bytes"
    return str(error).partition(": bytearray(")[0]


def _text(data: bytes) -> str:
    return data.decode("latin-1")
