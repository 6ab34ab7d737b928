"""What the service does next: answers as data, made by the suites and sent by a transport.

Knows HTTP's and Graph's shapes, not who asks nor what is judged. An answer may be wrong on purpose.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Literal

from graphcontract.exchange import Fault, Fields, WireRequest

Concerns = Callable[[WireRequest], bool]
Framing = Literal["content-length", "chunked", "chunked-richly", "to-the-end", "none"]
Spelling = Literal["usual", "compact", "indented", "escaped"]


@dataclass(frozen=True, slots=True)
class StubResponse:
    """One answer: `status` None stands for the contract's success, settled by the gate.

    `framing` "to-the-end" lets the end of the connection end the content, "none" sends it with
    nothing that announces it, "chunked-richly" uses all of RFC 9112 7.1: extensions and a trailer;
    `interim` are 1xx statuses sent before, each with `interim_fields`; `stray` are bytes sent after
    the end; `coded` gzips the content for a client that asked for gzip; `close` ends the connection
    after it.

    How the head is spelled: `version` of HTTP, 1.0 closes; `phrase`, None for the registered one;
    `gap` between a field's colon and its value.

    Values of `fields` may hold places and dates that are known only when it is sent: `{self}`,
    `{date+2}`. `fault` is what happens instead of the answer (transports.faults says what each one
    is); `drip` is the seconds between the bytes of a dripped one.
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


@dataclass(frozen=True, slots=True)
class ResponseScript:
    """The answers to a call's requests in order, the last repeated; others are told 404.

    `concerns` tells a request of the call from a client's other traffic. Where `elsewhere` is not
    empty there are other origins beside the call's own, and these are their answers to any request.
    """

    answers: tuple[StubResponse, ...]
    concerns: Concerns = lambda _request: True
    elsewhere: tuple[StubResponse, ...] = ()


@dataclass(frozen=True, slots=True)
class Rendered:
    """An answer in bytes, and what they say: informational heads, the final answer, stray bytes."""

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
    """The answer that the contract promises."""
    return StubResponse(None)


def stub(status: int, content: bytes = b"", media_type: str | None = None, **changes: object) -> StubResponse:
    """Any answer; `changes` are members of `Answer`."""
    fields: Fields = (("Content-Type", media_type),) if media_type else ()
    made = StubResponse(status, fields, content)
    return replace(made, **changes) if changes else made  # type: ignore[arg-type]


def error(status: int, body: object, *, spelling: Spelling = "usual", **changes: object) -> StubResponse:
    """A JSON error as Graph sends it; `body` is the whole document, `changes` are members of `Answer`."""
    made = at_once(stub(status, spelled(body, spelling), "application/json", **changes))
    request_id = request_id_of(body)
    sendable = request_id is not None and request_id.isascii() and request_id.isprintable()
    return (
        replace(made, fields=(*made.fields, ("request-id", request_id))) if sendable and request_id else made
    )


def spelled(document: object, spelling: Spelling) -> bytes:
    r"""JSON of a document; `escaped` writes what is not ASCII as `\uXXXX`, `indented` ends lines in CR LF."""
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


def at_once(what: StubResponse) -> StubResponse:
    """The answer with `Retry-After: 0` where its status makes clients wait by a clock of their own."""
    waits = what.status in (408, 425, 429) or (what.status or 0) >= 500
    return retry_after(0, what) if waits else what


def retry_after(seconds: int, what: StubResponse) -> StubResponse:
    """The answer with this Retry-After and no other."""
    return with_fields(what, ("Retry-After", str(seconds)))


def with_fields(what: StubResponse, *fields: tuple[str, str]) -> StubResponse:
    """The answer with these fields; a Retry-After that it had is gone."""
    others = tuple((name, value) for name, value in what.fields if name.lower() != "retry-after")
    return replace(what, fields=(*others, *fields))


def faulty(fault: Fault) -> StubResponse:
    """Something other than an answer."""
    return StubResponse(204, fault=fault)


def plain_error(status: int) -> StubResponse:
    """The error of an ordinary day: code, message and request id where Graph puts them."""
    inner = {"date": "2025-11-12T09:30:00", "request-id": "6f1c2f64-7c0e-4c39-8a55-6d1f6f5a9b10"}
    body = {"error": {"code": "conflict", "message": "The task is in progress.", "innerError": inner}}
    return error(status, body)


def request_id_of(body: object) -> str | None:
    """The request id inside an error document, or None."""
    found: object = body
    for names in (("error",), ("innerError", "innererror"), ("request-id",)):
        if not isinstance(found, dict):
            return None
        found = next((found[name] for name in names if name in found), None)
    return found if isinstance(found, str) else None


def settle(answers: Sequence[StubResponse], status: int, content: bytes) -> tuple[StubResponse, ...]:
    """Put the contract's success in where an answer stands for it."""
    media: Fields = (("Content-Type", "application/json"),) if content else ()
    return tuple(
        replace(one, status=status, content=one.content or content, fields=one.fields or media)
        if one.status is None
        else one
        for one in answers
    )


def render(what: StubResponse, request: WireRequest) -> Rendered:
    """The bytes of an answer to this request: reason phrase, framing, coding and echo of ids."""
    if what.status is None:
        raise ValueError("an answer must be settled before it is rendered")
    fields, content = list(what.fields), what.content
    if what.coded and asks_for_gzip(request):
        content = gzip.compress(content, mtime=0)
        fields.append(("Content-Encoding", "gzip"))
    for value in request.values("client-request-id")[:1]:
        if value.isprintable() and value.isascii():
            fields.append(("client-request-id", value))
    bodiless = what.status in (204, 304) and not content
    close = what.close or what.framing == "to-the-end" or what.version == "1.0"
    if what.framing == "chunked":
        fields.append(("Transfer-Encoding", "chunked"))
        body = b"%x\r\n%b\r\n" % (len(content), content) if content else b""
        body += b"0\r\n\r\n"
    elif what.framing == "chunked-richly":
        fields += [("Transfer-Encoding", "chunked"), ("Trailer", "x-checksum")]
        halves = (content[: len(content) // 2], content[len(content) // 2 :])
        body = b"".join(b'%04X;part="1"\r\n%b\r\n' % (len(half), half) for half in halves if half)
        body += b"000;last\r\nx-checksum: 1\r\n\r\n"
    else:
        body = content
        if what.framing == "content-length" and not bodiless:
            fields = [field for field in fields if field[0].lower() != "content-length"]
            fields.append(("Content-Length", str(len(content))))
    if close:
        fields.append(("Connection", "close"))
    interim = (replace(what, status=status, phrase=None) for status in what.interim)
    before = b"".join(_head(each, what.interim_fields) for each in interim)
    return Rendered(
        before=before,
        final=_head(what, fields) + body,
        stray=what.stray,
        status=what.status,
        fields=tuple(fields),
        content=content,
        interim=what.interim,
        close=close,
    )


def asks_for_gzip(request: WireRequest) -> bool:
    """Whether the request's Accept-Encoding admits gzip (RFC 9110 12.5.3)."""
    for line in request.values("accept-encoding"):
        for item in line.split(","):
            name, _, weight = item.partition(";")
            refused = weight.replace(" ", "").lower() in ("q=0", "q=0.0", "q=0.00", "q=0.000")
            if name.strip().lower() in ("gzip", "x-gzip") and not refused:
                return True
    return False


def _head(what: StubResponse, fields: Sequence[tuple[str, str]]) -> bytes:
    phrase = what.phrase if what.phrase is not None else _PHRASES.get(what.status, "")
    lines = [f"HTTP/{what.version} {what.status} {phrase}"]
    lines += [f"{name}:{what.gap}{value}" for name, value in fields]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
