"""What arrives where a Graph error should: nothing, markup, broken or misplaced JSON, other people's errors.

Knows JSON and what gateways, proxies and token services send; no transport and no clause.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from graphcontract.contract.model import Contract
from graphcontract.inputs.partitions import Partitions, constants
from graphcontract.inputs.statuses import any_status
from graphcontract.inputs.strings import repeated, word

MEGABYTE = 2**20

_JSON = "application/json"
_HTML = "text/html; charset=utf-8"
_DEPTH = 2500

# Content and media type.
_Answer = tuple[bytes, str | None]
_Answers = dict[str, SearchStrategy[_Answer]]


@dataclass(frozen=True, slots=True)
class MalformedError:
    """An error answer that is not as Graph's are; `media_type` None sends no Content-Type."""

    status: int
    content: bytes
    media_type: str | None


def malformed(contract: Contract) -> Partitions[MalformedError]:
    """Answers of 4xx and 5xx of which the status alone is sure, a class a shape.

    Where one is a Graph error that was spoilt, its code is one of the contract's.
    """
    codes = [code for codes in contract.error_codes.values() for code in codes] or ["conflict"]
    graph = st.tuples(st.sampled_from(codes), word()).map(lambda drawn: _graph_error(*drawn))
    answers = {**_no_json(), **_other_json(), **_spoilt(graph), **_extreme(graph)}
    drawn = Partitions({name: _with_status(answer) for name, answer in answers.items()})
    return drawn | constants(_megabytes())


def _with_status(answers: SearchStrategy[_Answer]) -> SearchStrategy[MalformedError]:
    return st.tuples(any_status(), answers).map(lambda drawn: MalformedError(drawn[0], *drawn[1]))


def _graph_error(code: str, message: str) -> bytes:
    return _encoded({"error": {"code": code, "message": f"é {message}"}})


def _encoded(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def _typed(contents: SearchStrategy[bytes], *media_types: str | None) -> SearchStrategy[_Answer]:
    return st.tuples(contents, st.sampled_from(media_types or (_JSON,)))


def _filled(templates: Sequence[bytes]) -> SearchStrategy[bytes]:
    """Templates with a word where they have `%b`."""
    words = st.tuples(st.sampled_from(templates), word().map(str.encode))
    return words.map(lambda drawn: drawn[0] % drawn[1])


def _documents(*makers: Callable[[str], object]) -> SearchStrategy[bytes]:
    """JSON of documents that a word is put into."""
    return st.tuples(st.sampled_from(makers), word()).map(lambda drawn: _encoded(drawn[0](drawn[1])))


def _no_json() -> _Answers:
    pages = (
        b"<html><head><title>%b</title></head><body><h1>Service Unavailable</h1></body></html>",
        b'\n<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body>%b</body></html>',
    )
    doctype = b"<!DOCTYPE html>\r\n<html><body><p>Try again later: %b &amp; more.</p></body></html>\r\n"
    texts = (
        b"upstream connect error: %b",
        b"{'error': {'code': '%b'}}",
        b'{"error": {"code": "%b",}}',
        b'{"error": {"code": "%b"}} trailing',
        b')]}\',\n{"error": {"code": "%b"}}',
        b"error=%b&error_description=x",
        b"<error><code>%b</code></error>",
    )
    magic = st.sampled_from((b"\x89PNG\r\n\x1a\n", b"PK\x03\x04", b"\xff\xd8\xff\xe0"))
    rest = st.binary(max_size=64)
    undeclared_gzip = rest.map(b"\x1f\x8b\x08\x00".__add__)
    return {
        "empty": _typed(st.just(b""), _JSON, None),
        "html": _typed(_filled(pages), "text/html", _HTML),
        "doctype": _typed(_filled([doctype]), "text/html", _HTML),
        "not-json": _typed(_filled(texts)),
        "binary": _typed(st.tuples(magic, rest).map(b"".join), "application/octet-stream", _JSON, None),
        "gzip-undeclared": _typed(undeclared_gzip, "application/octet-stream", _JSON, None),
    }


_CHARSETS = ("x-unknown", "utf8mb4", '""', "undefined", "idna")
_HUGE = (b"1e999", b"-1e999", b"1%b" % (b"0" * 400))


def _other_json() -> _Answers:
    """Documents that are no Graph error."""
    numbers = st.sampled_from((404, True, -1.5))
    not_texts = st.sampled_from((None, [], ["x"], {}, {"value": "x"}))
    return {
        "not-an-object": _typed(
            _documents(list, str, lambda text: f"error: {text}", lambda text: [{"error": {"code": text}}])
        ),
        "scalar": _typed(_documents(len, lambda _: None, lambda _: True)),
        "no-error-member": _typed(
            _documents(
                lambda _: {},
                lambda text: {"message": text},
                lambda text: {"code": text, "message": text},
                lambda text: {"errors": [{"code": text}]},
                lambda text: {"Error": {"code": text}},
            )
        ),
        "error-not-object": _typed(
            _documents(
                lambda text: {"error": text},
                lambda _: {"error": None},
                lambda text: {"error": [{"code": text}]},
                lambda text: {"error": len(text)},
                lambda _: {"error": False},
            )
        ),
        "code-number": _typed(_saying(numbers)),
        "code-not-text": _typed(_saying(not_texts)),
        "code-huge": _typed(_filled([b'{"error": {"code": %b, "message": "%%b"}}' % each for each in _HUGE])),
        "oauth": _typed(
            _documents(
                lambda text: {"error": "invalid_token", "error_description": text},
                lambda text: {"error": "invalid_client", "error_codes": [7000215], "correlation_id": text},
            )
        ),
        "problem-json": _typed(
            _documents(
                lambda text: {"type": "about:blank", "title": text, "status": 409},
                lambda text: {"type": f"https://example.com/{text}", "title": text, "detail": text},
            ),
            "application/problem+json",
        ),
    }


def _saying(texts: SearchStrategy[object]) -> SearchStrategy[bytes]:
    """Graph errors with these for code and message."""
    said = st.tuples(texts, texts)
    return said.map(lambda drawn: _encoded({"error": {"code": drawn[0], "message": drawn[1]}}))


def _spoilt(graph: SearchStrategy[bytes]) -> _Answers:
    """Graph errors that were cut, miscoded or mislabelled, that say things twice, or what is no text."""
    cuts = st.tuples(graph, st.integers(0, 255))
    marked = st.tuples(graph, st.sampled_from(("utf-8-sig", "utf-16", "utf-16-be")))
    invalid = st.tuples(graph, st.sampled_from((b"\xff", b"\xc3(", b"\xed\xa0\x80", b"\xe9")))
    twice = (
        b'{"error": {"code": "first", "code": "%b", "message": "x"}}',
        b'{"error": {"code": "first", "message": "x"}, "error": {"code": "%b", "message": "y"}}',
        b'{"error": {"code": "%b", "message": "x"}, "error": null}',
    )
    return {
        "truncated": _typed(cuts.map(lambda drawn: drawn[0][: 1 + drawn[1] % (len(drawn[0]) - 1)])),
        "invalid-utf8": _typed(invalid.map(lambda drawn: drawn[0].replace("é".encode(), drawn[1]))),
        "bom": _typed(marked.map(lambda drawn: _recoded(*drawn))),
        "wrong-media-type": _typed(graph, "text/plain", "text/html", None),
        "garbled-media-type": _typed(graph, "json", ";", "application/json; charset", "*/*"),
        "unknown-charset": _typed(
            graph,
            *(f"{_JSON}; charset={name}" for name in ("x-unknown", "utf8mb4", '""', "undefined", "idna")),
        ),
        "lone-surrogate": _typed(_spoilt_by(graph, "\\ud800", "\\udc00\\ud83d")),
        "nul-character": _typed(_spoilt_by(graph, "\\u0000")),
        "duplicate-keys": _typed(_filled(twice)),
    }


def _spoilt_by(graph: SearchStrategy[bytes], *escapes: str) -> SearchStrategy[bytes]:
    """Put an escape into the message, which JSON's grammar admits and few texts hold."""
    parts = st.tuples(graph, st.sampled_from(escapes))
    return parts.map(lambda drawn: drawn[0].replace("é".encode(), drawn[1].encode()))


def _recoded(content: bytes, encoding: str) -> bytes:
    mark = codecs.BOM_UTF16_BE if encoding == "utf-16-be" else b""
    return mark + content.decode().encode(encoding)


def _extreme(graph: SearchStrategy[bytes]) -> _Answers:
    """Sizes, depths and numbers at which parsers give up."""
    numbers = (b"1e999", b"-1e999", b"9" * 4000, b"9" * 5000, b"0." + b"0" * 4000 + b"1")
    with_number = st.tuples(graph, st.sampled_from(numbers)).map(
        lambda drawn: drawn[0].replace(b'{"code"', b'{"retries": ' + drawn[1] + b', "code"')
    )
    brackets = {
        "deep-array": (b"[", b"", b"]"),
        "deep-error": (b'{"error":', b"{}", b"}"),
        "deep-inner": (b'{"error":{"innerError":', b"null", b"}}"),
    }
    deep = {name: begin * _DEPTH + core + end * _DEPTH for name, (begin, core, end) in brackets.items()}
    return {
        "huge-number": _typed(with_number),
        **{name: _typed(st.just(content)) for name, content in deep.items()},
    }


def _megabytes() -> dict[str, MalformedError]:
    """One answer a kind of content, each a little above a megabyte."""
    error = {"error": {"code": "conflict", "message": repeated("The task is in progress. ", MEGABYTE)}}
    page = f"<html><body>{repeated('Try again later. ', MEGABYTE)}</body></html>"
    return {
        "megabyte-error": MalformedError(409, _encoded(error), _JSON),
        "megabyte-list": MalformedError(500, _encoded(["task"] * (MEGABYTE // len(b'"task", ') + 1)), _JSON),
        "megabyte-page": MalformedError(502, page.encode(), _HTML),
    }
