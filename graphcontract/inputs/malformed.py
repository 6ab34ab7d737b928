"""Draws error responses without a valid Graph error, by input class: empty, markup, invalid JSON, other
errors.

They are modelled on what gateways, proxies and token services send.
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
from graphcontract.inputs.strings import repeat_to_length, word

MEGABYTE = 2**20

_JSON = "application/json"
_HTML = "text/html; charset=utf-8"
_DEPTH = 2500  # levels of nesting, above the recursion limit of 1,000 in CPython

# Content and media type.
_Content = tuple[bytes, str | None]
_Contents = dict[str, SearchStrategy[_Content]]


@dataclass(frozen=True, slots=True)
class MalformedError:
    """An error response without a valid Graph error; `media_type` None sends no Content-Type."""

    status: int
    content: bytes
    media_type: str | None


def malformed_errors(contract: Contract) -> Partitions[MalformedError]:
    """Draw 4xx and 5xx responses of which only the status code is usable, a class for each shape.

    If one is a corrupted Graph error, its code is one of the contract's.
    """
    codes = [code for codes in contract.error_codes.values() for code in codes] or ["conflict"]
    graph = st.tuples(st.sampled_from(codes), word()).map(lambda drawn: _make_graph_error(*drawn))
    contents = {**_not_json(), **_other_json(), **_corrupt(graph), **_extreme(graph), **_odd_messages()}
    drawn = Partitions({name: _with_status(content) for name, content in contents.items()})
    return drawn | constants(_megabytes()) | Partitions({"success-members": _with_status(_successes())})


def _with_status(contents: SearchStrategy[_Content]) -> SearchStrategy[MalformedError]:
    return st.tuples(any_status(), contents).map(lambda drawn: MalformedError(drawn[0], *drawn[1]))


def _make_graph_error(code: str, message: str) -> bytes:
    return _encode({"error": {"code": code, "message": f"é {message}"}})


def _encode(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def _with_media_type(contents: SearchStrategy[bytes], *media_types: str | None) -> SearchStrategy[_Content]:
    return st.tuples(contents, st.sampled_from(media_types or (_JSON,)))


def _fill_templates(templates: Sequence[bytes]) -> SearchStrategy[bytes]:
    """Draw templates with a word in place of `%b`."""
    words = st.tuples(st.sampled_from(templates), word().map(str.encode))
    return words.map(lambda drawn: drawn[0] % drawn[1])


def _documents(*makers: Callable[[str], object]) -> SearchStrategy[bytes]:
    """Draw JSON documents that contain a drawn word."""
    return st.tuples(st.sampled_from(makers), word()).map(lambda drawn: _encode(drawn[0](drawn[1])))


def _not_json() -> _Contents:
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
        "empty": _with_media_type(st.just(b""), _JSON, None),
        "html": _with_media_type(_fill_templates(pages), "text/html", _HTML),
        "doctype": _with_media_type(_fill_templates([doctype]), "text/html", _HTML),
        "not-json": _with_media_type(_fill_templates(texts)),
        "binary": _with_media_type(
            st.tuples(magic, rest).map(b"".join), "application/octet-stream", _JSON, None
        ),
        "gzip-undeclared": _with_media_type(undeclared_gzip, "application/octet-stream", _JSON, None),
    }


_HUGE = (b"1e999", b"-1e999", b"1%b" % (b"0" * 400))


def _other_json() -> _Contents:
    """JSON documents that are not a Graph error."""
    numbers = st.sampled_from((404, True, -1.5))
    not_texts = st.sampled_from((None, [], ["x"], {}, {"value": "x"}))
    return {
        "not-an-object": _with_media_type(
            _documents(list, str, lambda text: f"error: {text}", lambda text: [{"error": {"code": text}}])
        ),
        "scalar": _with_media_type(_documents(len, lambda _: None, lambda _: True)),
        "no-error-member": _with_media_type(
            _documents(
                lambda _: {},
                lambda text: {"message": text},
                lambda text: {"code": text, "message": text},
                lambda text: {"errors": [{"code": text}]},
                lambda text: {"Error": {"code": text}},
            )
        ),
        "error-not-object": _with_media_type(
            _documents(
                lambda text: {"error": text},
                lambda _: {"error": None},
                lambda text: {"error": [{"code": text}]},
                lambda text: {"error": len(text)},
                lambda _: {"error": False},
            )
        ),
        "code-number": _with_media_type(_with_code_and_message(numbers)),
        "code-not-text": _with_media_type(_with_code_and_message(not_texts)),
        "inner-not-object": _with_media_type(_with_member("innerError", "conflict", ["x"], 0, True)),
        "details-not-list": _with_media_type(_with_member("details", "conflict", {"code": "x"}, ["x"], 1)),
        "request-id-number": _with_media_type(_with_member("innerError", {"request-id": 7, "date": 1})),
        "code-huge": _with_media_type(
            _fill_templates([b'{"error": {"code": %b, "message": "%%b"}}' % each for each in _HUGE])
        ),
        "oauth": _with_media_type(
            _documents(
                lambda text: {"error": "invalid_token", "error_description": text},
                lambda text: {"error": "invalid_client", "error_codes": [7000215], "correlation_id": text},
            )
        ),
        "problem-json": _with_media_type(
            _documents(
                lambda text: {"type": "about:blank", "title": text, "status": 409},
                lambda text: {"type": f"https://example.com/{text}", "title": text, "detail": text},
            ),
            "application/problem+json",
        ),
    }


def _with_code_and_message(texts: SearchStrategy[object]) -> SearchStrategy[bytes]:
    """Draw Graph errors with these values for code and message."""
    pairs = st.tuples(texts, texts)
    return pairs.map(lambda drawn: _encode({"error": {"code": drawn[0], "message": drawn[1]}}))


def _odd_messages() -> _Contents:
    return {
        "message-not-text": _with_media_type(_with_member("message", {}, {"lang": "en-us"}, [], 1)),
        "empty-list": _with_media_type(st.sampled_from((b"[]", b'{"error": []}'))),
    }


def _successes() -> SearchStrategy[_Content]:
    """Draw documents whose members say success, as the envelopes of other services do at any status."""
    states = st.sampled_from(("success", "ok", "canceled", 204))
    envelope = {"success": True, "ok": True, "succeeded": True, "errorCode": 0, "errors": None, "message": ""}
    documents = st.tuples(states, word()).map(
        lambda drawn: {**envelope, "status": drawn[0], "result": "success", "data": {"id": drawn[1]}}
    )
    return _with_media_type(documents.map(_encode))


def _with_member(name: str, *values: object) -> SearchStrategy[bytes]:
    """Draw Graph errors with a member of another type than documented."""
    texts = {"code": "conflict", "message": "The task is in progress."}
    return st.sampled_from(values).map(lambda value: _encode({"error": {**texts, name: value}}))


def _corrupt(graph: SearchStrategy[bytes]) -> _Contents:
    """Graph errors that are cut, wrongly encoded or labelled, with duplicate names, or with invalid text."""
    cuts = st.tuples(graph, st.integers(0, 255))
    marked = st.tuples(graph, st.sampled_from(("utf-8-sig", "utf-16", "utf-16-be")))
    invalid = st.tuples(graph, st.sampled_from((b"\xff", b"\xc3(", b"\xed\xa0\x80", b"\xe9")))
    twice = (
        b'{"error": {"code": "first", "code": "%b", "message": "x"}}',
        b'{"error": {"code": "first", "message": "x"}, "error": {"code": "%b", "message": "y"}}',
        b'{"error": {"code": "%b", "message": "x"}, "error": null}',
    )
    return {
        "truncated": _with_media_type(cuts.map(lambda drawn: drawn[0][: 1 + drawn[1] % (len(drawn[0]) - 1)])),
        "invalid-utf8": _with_media_type(invalid.map(lambda drawn: drawn[0].replace("é".encode(), drawn[1]))),
        "bom": _with_media_type(marked.map(lambda drawn: _recode(*drawn))),
        "wrong-media-type": _with_media_type(graph, "text/plain", "text/html", None),
        "garbled-media-type": _with_media_type(graph, "json", ";", "application/json; charset", "*/*"),
        "unknown-charset": _with_media_type(
            graph,
            *(f"{_JSON}; charset={name}" for name in ("x-unknown", "utf8mb4", '""', "undefined", "idna")),
        ),
        "lone-surrogate": _with_media_type(_insert_escape(graph, "\\ud800", "\\udc00\\ud83d")),
        "nul-character": _with_media_type(_insert_escape(graph, "\\u0000")),
        "duplicate-keys": _with_media_type(_fill_templates(twice)),
    }


def _insert_escape(graph: SearchStrategy[bytes], *escapes: str) -> SearchStrategy[bytes]:
    """Put an escape into the message that JSON's grammar allows and many string types do not."""
    parts = st.tuples(graph, st.sampled_from(escapes))
    return parts.map(lambda drawn: drawn[0].replace("é".encode(), drawn[1].encode()))


def _recode(content: bytes, encoding: str) -> bytes:
    mark = codecs.BOM_UTF16_BE if encoding == "utf-16-be" else b""
    return mark + content.decode().encode(encoding)


def _extreme(graph: SearchStrategy[bytes]) -> _Contents:
    """Depths and numbers at which parsers raise errors."""
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
        "huge-number": _with_media_type(with_number),
        **{name: _with_media_type(st.just(content)) for name, content in deep.items()},
    }


def _megabytes() -> dict[str, MalformedError]:
    """Make one response of each kind of content, a little above a megabyte."""
    error = {
        "error": {"code": "conflict", "message": repeat_to_length("The task is in progress. ", MEGABYTE)}
    }
    page = f"<html><body>{repeat_to_length('Try again later. ', MEGABYTE)}</body></html>"
    return {
        "megabyte-error": MalformedError(409, _encode(error), _JSON),
        "megabyte-list": MalformedError(500, _encode(["task"] * (MEGABYTE // len(b'"task", ') + 1)), _JSON),
        "megabyte-page": MalformedError(502, page.encode(), _HTML),
    }
