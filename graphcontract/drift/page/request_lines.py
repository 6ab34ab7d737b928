"""Parses HTTP messages on documentation pages: request lines, with placeholders or ids, and responses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

from graphcontract.drift.model import Value

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_PROTOCOL = re.compile(r"HTTP/[\d.]+")
_LONGEST = 4000  # characters of a line that are read; bounds the work on a hostile line
_RESPONSE = re.compile(r"\s*HTTP/[\d.]+[ \t]+(\d{3})\b[^\n]*(?:\n|\Z)")
_ROOT = re.compile(r"https?://[^/?#\s]+", re.IGNORECASE)
_VERSION = re.compile(r"beta|v\d+\.\d+", re.IGNORECASE)
_KEY = re.compile(r"\{+([^{}]*)\}+|<([^<>]*)>")
_IN_PARENTHESES = re.compile(r"([A-Za-z][\w.]*)\('?(\{[^{}=]*\}|<[^<>=]*>)'?\)")
_VALUE_IN_PARENTHESES = re.compile(r"([A-Za-z][\w.]*)\((?:'((?:[^']|'')+)'|([\w.!~-]+))\)")
_CUT = re.compile(rf"\s*(?:HTTP\b|(?:{'|'.join(_METHODS)})[ \t]*(?:HTTP/[\d.]*[ \t]*)?(?:\n|\Z)|\Z)")
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]*):[ \t]*(.*)")


@dataclass(frozen=True, slots=True)
class RequestLine:
    """A request line on a page; `version` is None if the target begins below the version."""

    method: str
    version: str | None
    path: tuple[Value, ...]
    query: tuple[str, ...]
    line: int
    has_body: bool = False


@dataclass(frozen=True, slots=True)
class ShownResponse:
    """A sample response on a page."""

    status: int
    content: Literal["none", "content"]
    line: int


def find_request_lines(text: str, line: int) -> list[RequestLine]:
    """List the request lines of a code block; each may be another path of the operation."""
    found = []
    for number, each in enumerate(text.split("\n"), line):
        words = each[:_LONGEST].split()
        if (
            len(words) > 1
            and words[0].upper() in _METHODS
            and (words[1][0] in "/{<" or _ROOT.match(words[1]))
        ):
            requested = " ".join(words[1:-1] if _PROTOCOL.fullmatch(words[-1]) else words[1:])
            found.append(RequestLine(words[0].upper(), *parse_target(requested), number))
    return found


def parse_sample_request(text: str, line: int) -> RequestLine | None:
    """Parse a code block that is one complete request, with header fields and body; None if it is not."""
    lines = find_request_lines(text, line)
    if not lines:
        return None
    first = lines[0]
    rest = text.split("\n")[first.line - line + 1 :]
    body = _find_body(rest)
    return RequestLine(first.method, first.version, first.path, first.query, first.line, bool(body))


def parse_sample_response(text: str, line: int) -> ShownResponse | None:
    """Parse a code block that is a response with a status line; None if it is not."""
    status = _RESPONSE.match(text)
    if status is None:
        return None
    rest = text[status.end() :].split("\n")
    typed = any(field[1].casefold() == "content-type" for each in rest if (field := _FIELD.match(each)))
    return ShownResponse(int(status[1]), "content" if typed or _find_body(rest) else "none", line)


def is_cut_short(text: str) -> bool:
    """Whether a code block that is not a request or response begins like one, or is empty."""
    return _CUT.match(text) is not None


def parse_target(text: str) -> tuple[str | None, tuple[Value, ...], tuple[str, ...]]:
    """Split a request target: version or None, path segments, and the names of its query parameters."""
    root = _ROOT.match(text)
    path, _, query = text[root.end() if root else 0 :].partition("#")[0].partition("?")
    parts = [part.strip() for part in path.strip().strip("/").split("/")]
    version = parts.pop(0).casefold() if parts and _VERSION.fullmatch(parts[0]) else None
    names = tuple(sorted(name for each in query.split("&") if (name := each.partition("=")[0].strip())))
    return version, tuple(segment for part in parts for segment in _split_segment(part)), names


def _split_segment(part: str) -> tuple[Value, ...]:
    """Split a part of a path, usually into one segment. `tasks('{id}')` and `tasks({id})` are a literal and a
    key, `tasks('5f0c')` is two literals.
    """
    key = _KEY.fullmatch(part)
    if key:
        return (("key", (key[1] or key[2] or "").strip()),)
    called = _IN_PARENTHESES.fullmatch(part)
    if called:
        return (called[1], ("key", called[2][1:-1].strip()))
    part = unquote(part)
    valued = _VALUE_IN_PARENTHESES.fullmatch(part)
    return (valued[1], (valued[2] or valued[3]).replace("''", "'")) if valued else (part,)


def _find_body(lines: list[str]) -> str:
    """Find the body below the header fields, with or without the empty line that HTTP requires."""
    for index, each in enumerate(lines):
        if not _FIELD.fullmatch(each.strip()):
            return "\n".join(lines[index:]).strip()
    return ""
