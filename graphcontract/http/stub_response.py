"""Stub responses: response a transport sends next, as data. Suites make them, transports render them.

A stub response may violate HTTP on purpose: stray bytes, wrong framing, faults.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from time import monotonic
from typing import Literal

from graphcontract.wire import Fault, Fields, Split, WireRequest

Concerns = Callable[[WireRequest], bool]
Framing = Literal[
    "content-length",
    "chunked",
    "chunked-in-capitals",
    "chunked-richly",
    "to-the-end",
    "none",
    "chunked-with-zeros",
]
Spelling = Literal["usual", "compact", "indented", "escaped"]


@dataclass(eq=False, slots=True)
class Meeting:
    """Lets responses wait for each other: until `size` requests have arrived, at most `patience` seconds
    after the first of them. `met` is true once they have.
    """

    size: int
    patience: float
    arrivals: int = 0
    met: bool = False
    _until: float = 0.0

    def arrive(self) -> None:
        """Count one more request."""
        self._until = self._until or monotonic() + self.patience
        self.arrivals += 1
        self.met = self.met or (self.arrivals >= self.size and monotonic() < self._until)

    @property
    def waiting(self) -> bool:
        """Whether the responses are still to wait."""
        return not self.met and monotonic() < self._until


@dataclass(frozen=True, slots=True)
class ExtraFrame:
    """A frame beside those of a response (RFC 9113 4.1): its type as a number, its flags, its payload, and
    whether it belongs to the connection instead of the response's stream.
    """

    kind: int
    payload: bytes = b""
    flags: int = 0
    of_connection: bool = True

    def make(self, stream: int) -> bytes:
        """Make the bytes of the frame, beside a response on this stream."""
        number = 0 if self.of_connection else stream
        return (
            len(self.payload).to_bytes(3) + bytes((self.kind, self.flags)) + number.to_bytes(4) + self.payload
        )


@dataclass(frozen=True, slots=True)
class Http2Form:
    """How a response is sent over HTTP/2, and only there: with `empty_data`, END_STREAM comes in a DATA frame
    also if there is no content; `trailers` follow the content; `before` and `after` are frames around those
    of the response. `error` is the error code of RST_STREAM after its HEADERS (RFC 9113 7). `head` are the
    fields of a malformed header, sent as they are, in which {status} is the response's status code.

    `continued` sends each header in HEADERS and CONTINUATION; `padding` pads each header and each DATA frame
    of the response with so many bytes; with `parted`, empty DATA frames come before its content.
    `last_stream` and `debug_data` are those of GOAWAY, None for a stream that fits the fault (RFC 9113 6.8).
    """

    empty_data: bool = False
    trailers: Fields = ()
    before: tuple[ExtraFrame, ...] = ()
    after: tuple[ExtraFrame, ...] = ()
    error: int = 2
    head: Fields = ()
    continued: bool = False
    padding: int = 0
    parted: bool = False
    last_stream: int | None = None
    debug_data: bytes = b""


@dataclass(frozen=True, slots=True)
class StubResponse:
    """One response; `status` None is the contract's success, which the harness fills in with `settle`.

    `framing`: "to-the-end" delimits the content by the end of the connection, "none" sends it without
    announcing it, "chunked-in-capitals" spells field and coding so, "chunked-richly" uses all of RFC 9112
    7.1, extensions and a trailer, "chunked-with-zeros" writes chunk sizes of eight digits. `interim` are the
    status codes of 1xx responses sent before, each with `interim_fields`; `stray` are bytes sent after the
    end; `coded` encodes the content with the `coding`, gzip, deflate or br in any letter case, if the client
    accepts it, and sends `encoded` in place of the result if that is given; `close` closes the connection
    afterwards.

    The head: `version` of HTTP, of which 1.0 closes the connection; the reason `phrase`, None for the
    registered one; `gap` between a field's colon and its value.

    Values of `fields` may contain placeholders for roots and dates that are only known when the response is
    sent: `{self}`, `{date+2}` (transports.response_placeholders). `fault` happens instead of the response
    (transports.faults); `drip` is the seconds between the bytes of a dripped response. A `meeting` makes the
    response wait for others (over loopback). A `split` sends the response in two parts, or each byte by
    itself, `pause` seconds apart. `http2` has what is different over HTTP/2.
    """

    status: int | None
    fields: Fields = ()
    content: bytes = b""
    framing: Framing = "content-length"
    interim: tuple[int, ...] = ()
    stray: bytes = b""
    coded: bool = False
    close: bool = False
    fault: Fault | None = None
    drip: float = 0.2
    interim_fields: Fields = ()
    version: Literal["1.0", "1.1"] = "1.1"
    phrase: str | None = None
    gap: str = " "
    meeting: Meeting | None = None
    coding: str = "gzip"
    encoded: bytes | None = None
    split: Split | None = None
    pause: float = 0.05
    http2: Http2Form = Http2Form()


@dataclass(frozen=True, slots=True)
class ResponseScript:
    """The responses to a call's requests, in order; the last one repeats. Unrelated requests get 404.

    `concerns` distinguishes the call's requests from other traffic of the client. If `elsewhere` is not
    empty, the call also has other origins, which respond to any request with these.
    """

    responses: tuple[StubResponse, ...]
    concerns: Concerns = lambda _request: True
    elsewhere: tuple[StubResponse, ...] = ()


@dataclass(frozen=True, slots=True)
class Rendered:
    """A response as bytes, with their meaning: interim responses, the final response, stray bytes."""

    before: bytes
    final: bytes
    stray: bytes
    status: int
    fields: Fields
    content: bytes
    interim: tuple[int, ...]
    close: bool


_PHRASES: Mapping[int | None, str] = {status.value: status.phrase for status in HTTPStatus}

NOT_FOUND_ELSEWHERE = StubResponse(
    404,
    (("Content-Type", "application/json"),),
    b'{"error":{"code":"notFound","message":"Nothing is here."}}',
)


def success() -> StubResponse:
    """Make the success response of the contract."""
    return StubResponse(None)


def stub(status: int, content: bytes = b"", media_type: str | None = None, **changes: object) -> StubResponse:
    """Make any response; `changes` are members of `StubResponse`."""
    fields: Fields = (("Content-Type", media_type),) if media_type else ()
    made = StubResponse(status, fields, content)
    return replace(made, **changes) if changes else made  # type: ignore[arg-type]


def error(status: int, body: object, *, spelling: Spelling = "usual", **changes: object) -> StubResponse:
    """Make an error response as Graph sends it; `body` is the whole JSON document, `changes` are members of
    `StubResponse`.
    """
    made = at_once(stub(status, serialize(body, spelling), "application/json", **changes))
    request_id = request_id_of(body)
    sendable = request_id is not None and request_id.isascii() and request_id.isprintable()
    return (
        replace(made, fields=(*made.fields, ("request-id", request_id))) if sendable and request_id else made
    )


def serialize(document: object, spelling: Spelling) -> bytes:
    r"""Serialize a document as JSON; `escaped` writes non-ASCII as `\uXXXX`, `indented` ends lines with CR
    LF.
    """
    match spelling:
        case "usual":
            text = json.dumps(document, ensure_ascii=False)
        case "compact":
            text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        case "indented":
            text = json.dumps(document, ensure_ascii=False, indent=2).replace("\n", "\r\n")
        case "escaped":
            text = json.dumps(document)
    return text.encode()


def at_once(response: StubResponse) -> StubResponse:
    """Add `Retry-After: 0` if the status code makes clients wait: without it each picks its own delay."""
    waits = response.status in (408, 425, 429) or (response.status or 0) >= 500
    return retry_after(0, response) if waits else response


def retry_after(seconds: int, response: StubResponse) -> StubResponse:
    """Set Retry-After, replacing any that the response has."""
    return with_fields(response, ("Retry-After", str(seconds)))


def with_fields(response: StubResponse, *fields: tuple[str, str]) -> StubResponse:
    """Add header fields, and remove the Retry-After that the response had."""
    others = tuple((name, value) for name, value in response.fields if name.lower() != "retry-after")
    return replace(response, fields=(*others, *fields))


def faulty(fault: Fault) -> StubResponse:
    """Make a fault in place of a response."""
    return StubResponse(204, fault=fault)


def plain_error(status: int) -> StubResponse:
    """Make an ordinary Graph error: code, message and request id where Graph puts them."""
    inner = {"date": "2025-11-12T09:30:00", "request-id": "6f1c2f64-7c0e-4c39-8a55-6d1f6f5a9b10"}
    body = {"error": {"code": "conflict", "message": "The task is in progress.", "innerError": inner}}
    return error(status, body)


def request_id_of(body: object) -> str | None:
    """Find the request id in an error document; None if it is missing."""
    found: object = body
    for names in (("error",), ("innerError", "innererror"), ("request-id",)):
        if not isinstance(found, dict):
            return None
        found = next((found[name] for name in names if name in found), None)
    return found if isinstance(found, str) else None


def settle(responses: Sequence[StubResponse], status: int, content: bytes) -> tuple[StubResponse, ...]:
    """Fill in the contract's success where `status` is None; the response's own content and fields stay."""
    media: Fields = (("Content-Type", "application/json"),) if content else ()
    return tuple(
        replace(one, status=status, content=one.content or content, fields=one.fields or media)
        if one.status is None
        else one
        for one in responses
    )


def render(response: StubResponse, request: WireRequest) -> Rendered:
    """Render a response to this request: reason phrase, framing, coding, and the echoed client-request-id.

    ValueError if `status` is None.
    """
    if response.status is None:
        raise ValueError("a response without a status cannot be rendered: settle it first")
    fields, content = list(response.fields), response.content
    if response.coded and accepts_coding(request, response.coding):
        encoded = response.encoded
        content = _encode_content(content, response.coding.lower()) if encoded is None else encoded
        fields.append(("Content-Encoding", response.coding))
    for value in request.values("client-request-id")[:1]:
        if value.isprintable() and value.isascii():
            fields.append(("client-request-id", value))
    bodiless = response.status in (204, 304) and not content
    close = response.close or response.framing == "to-the-end" or response.version == "1.0"
    if response.framing in ("chunked", "chunked-in-capitals"):
        capitals = response.framing == "chunked-in-capitals"
        fields.append(("TRANSFER-ENCODING", "CHUNKED") if capitals else ("Transfer-Encoding", "chunked"))
        body = b"%x\r\n%b\r\n" % (len(content), content) if content else b""
        body += b"0\r\n\r\n"
    elif response.framing == "chunked-with-zeros":
        fields.append(("Transfer-Encoding", "chunked"))
        body = (b"%08x\r\n%b\r\n" % (len(content), content) if content else b"") + b"00000000\r\n\r\n"
    elif response.framing == "chunked-richly":
        fields += [("Transfer-Encoding", "chunked"), ("Trailer", "x-checksum")]
        halves = (content[: len(content) // 2], content[len(content) // 2 :])
        body = b"".join(b'%04X;part="1"\r\n%b\r\n' % (len(half), half) for half in halves if half)
        body += b"000;last\r\nx-checksum: 1\r\n\r\n"
    else:
        body = content
        if response.framing == "content-length" and not bodiless:
            fields = [field for field in fields if field[0].lower() != "content-length"]
            fields.append(("Content-Length", str(len(content))))
    if close:
        fields.append(("Connection", "close"))
    interim = (replace(response, status=status, phrase=None) for status in response.interim)
    before = b"".join(_render_head(each, response.interim_fields) for each in interim)
    return Rendered(
        before=before,
        final=_render_head(response, fields) + body,
        stray=response.stray,
        status=response.status,
        fields=tuple(fields),
        content=content,
        interim=response.interim,
        close=close,
    )


def _encode_content(content: bytes, coding: str) -> bytes:
    match coding:
        case "deflate":
            return zlib.compress(content)
        case "br":
            # A brotli stream (RFC 7932, 9): an uncompressed block of at most 64 KiB, and the empty last one.
            return ((len(content) - 1) << 4 | 1 << 20).to_bytes(3, "little") + content + b"\x03"
        case _:
            return gzip.compress(content, mtime=0)


def accepts_coding(request: WireRequest, coding: str) -> bool:
    """Whether the request's Accept-Encoding allows a content coding, in any letter case (RFC 9110 12.5.3)."""
    names = {coding.lower(), f"x-{coding.lower()}"}
    for line in request.values("accept-encoding"):
        for item in line.split(","):
            name, _, weight = item.partition(";")
            excluded = weight.replace(" ", "").lower() in ("q=0", "q=0.0", "q=0.00", "q=0.000")
            if name.strip().lower() in names and not excluded:
                return True
    return False


def _render_head(response: StubResponse, fields: Sequence[tuple[str, str]]) -> bytes:
    phrase = response.phrase if response.phrase is not None else _PHRASES.get(response.status, "")
    lines = [f"HTTP/{response.version} {response.status} {phrase}"]
    lines += [f"{name}:{response.gap}{value}" for name, value in fields]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
