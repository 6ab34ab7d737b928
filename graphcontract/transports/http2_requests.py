"""Requests of an HTTP/2 connection, as they arrive on its streams, and what makes them malformed."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence

from graphcontract.transports import http2_frames
from graphcontract.transports.request_reader import MOST_CONTENT
from graphcontract.wire import Fields, WireRequest

MOST_STREAM = 256 << 10  # recorded bytes of a stream: with 100 of them at once, 25 MiB
MOST_FRAMES = 200  # described frames of a stream; more are counted
CONNECTION_FIELDS = ("connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade")
"""Fields that have no meaning in HTTP/2 (RFC 9113 8.2.2): `http2.connection-fields` is about them."""

_REQUIRED = (":method", ":scheme", ":path")
_PSEUDO = (*_REQUIRED, ":authority")
# RFC 9113 8.2.1 forbids these in a name, and control characters that end a line, or white space around it,
# in a value.
_NOT_IN_NAME = re.compile(r"[\x00-\x20\x7f-\xff:]")
_NOT_IN_VALUE = re.compile(r"[\x00\n\r]|\A[ \t]|[ \t]\Z")


class IncomingRequest:
    """One stream's request so far. `fields` are those of its header in order, pseudo fields included."""

    def __init__(self, stream: int) -> None:
        self.stream = stream
        self.frames: list[str] = []
        self.fields: Fields = ()
        self.content_size = 0
        self._raw = bytearray()
        self._content = bytearray()
        self._left_out = 0

    def add_frame(self, data: bytes, description: str) -> None:
        """Record a received frame; of one that is too much, only that it came."""
        room = MOST_STREAM - len(self._raw)
        self._raw += data[:room]
        if len(data) > room:  # the description of DATA has its content
            description = description.partition("\n")[0]
        if len(self.frames) < MOST_FRAMES:
            self.frames.append(description)
        else:
            self._left_out += 1

    def add_content(self, data: bytes) -> None:
        """Record content."""
        self._content += data[: MOST_CONTENT - len(self._content)]
        self.content_size += len(data)

    @property
    def expects_continue(self) -> bool:
        """Whether the client waits for an interim response before it sends its content."""
        return any(each == ("expect", "100-continue") for each in self.fields)

    def make(
        self,
        malformed: str | None,
        *,
        origin: str,
        connection: int,
        server_name: str | None,
    ) -> WireRequest:
        """Make the record of the request; without a reason why it is `malformed`, it is checked."""
        pseudo = tuple(each for each in self.fields if each[0].startswith(":"))
        fields = tuple(each for each in self.fields if not each[0].startswith(":"))
        named = dict(reversed(pseudo))
        content = bytes(self._content)
        more = [f"{self._left_out} more frames"] if self._left_out else []
        counted = any(name.lower() == "content-length" for name, _ in fields)
        return WireRequest(
            at=time.monotonic(),
            raw=bytes(self._raw),
            method=named.get(":method", ""),
            target=named.get(":path", ""),
            version="2",
            fields=fields,
            content=content,
            content_size=self.content_size,
            framing="content-length" if counted else "none",
            malformed=malformed or next(_find_violations(self.fields, self.content_size), None),
            origin=origin,
            connection=connection,
            scheme="https",
            server_name=server_name,
            stream=self.stream,
            pseudo=pseudo,
            frames=(*self.frames, *more),
            decoded=http2_frames.render_message(pseudo, fields, content),
        )


def _find_violations(fields: Sequence[tuple[str, str]], content_size: int) -> Iterator[str]:
    """Describe what makes a header malformed (RFC 9113 8.2 and 8.3), or a content of another size (8.1.1)."""
    yield from _find_pseudo_violations([name for name, _ in fields])
    yield from _find_target_violations(fields)
    for name, value in fields:
        if name.lower() != name:
            yield f"the field name {name[:40]!r} in upper case (RFC 9113 8.2)"
        elif _NOT_IN_NAME.search(name.removeprefix(":")) or not name:
            yield "a field name with a character that is not allowed (RFC 9113 8.2.1)"
        if name == "content-length" and value.isdecimal() and value.lstrip("0") != str(content_size or ""):
            yield "a content-length that differs from the content (RFC 9113 8.1.1)"
        if _NOT_IN_VALUE.search(value):
            yield f"a value of {name[:40]!r} with a line end, NUL, or white space around it (RFC 9113 8.2.1)"


def _find_pseudo_violations(names: Sequence[str]) -> Iterator[str]:
    pseudo = [name for name in names if name.startswith(":")]
    for name in _REQUIRED:
        if name not in pseudo:
            yield f"no {name} (RFC 9113 8.3.1)"
    for name in dict.fromkeys(pseudo):
        if name not in _PSEUDO:
            yield f"the unknown pseudo-header field {name[:40]!r} (RFC 9113 8.3)"
        elif pseudo.count(name) > 1:
            yield f"more than one {name} (RFC 9113 8.3)"
    if any(not name.startswith(":") for name in names[: len(pseudo)]):
        yield "a pseudo-header field after a regular one (RFC 9113 8.3)"


def _find_target_violations(fields: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Describe values of pseudo-header fields that name no target behind TLS."""
    named = dict(reversed(fields))
    if named[":path"] == "":
        yield "an empty :path, which must begin with a slash (RFC 9113 8.3.1)"
    if named[":scheme"] != "https":
        yield f"the :scheme {named[':scheme'][:40]!r} over TLS, where it must be https (RFC 9113 8.3.1)"
    if not named.get(":authority") and not named.get("host"):
        yield "neither :authority nor Host, so that no server is named (RFC 9113 8.3.1)"
