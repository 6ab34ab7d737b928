"""What arrives where a Graph error should: each class spoils it in its own way."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from graphcontract.inputs import MalformedError, errors
from tests.examples import count_examples

from . import CODES, contract, draws, smallest

MEGABYTE = 2**20


def parsed(error: MalformedError) -> Any:
    return json.loads(error.content.decode())


def parses(content: bytes) -> bool:
    try:
        json.loads(content.decode())
    except ValueError:
        return False
    return True


def is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def is_graph_error(document: object) -> bool:
    error = document.get("error") if isinstance(document, dict) else None
    return isinstance(error, dict) and all(isinstance(error.get(name), str) for name in ("code", "message"))


def repeats_a_name(content: bytes) -> bool:
    repeated = []

    def read(pairs: list[tuple[str, object]]) -> None:
        repeated.append(len(dict(pairs)) < len(pairs))

    json.loads(content, object_pairs_hook=read)
    return any(repeated)


def is_marked(content: bytes) -> bool:
    if content.startswith(b"\xef\xbb\xbf"):
        return is_graph_error(json.loads(content.decode("utf-8-sig")))
    return content[:2] in (b"\xff\xfe", b"\xfe\xff") and is_graph_error(json.loads(content.decode("utf-16")))


def is_deep(content: bytes) -> bool:
    return content.count(b"[") + content.count(b"{") >= 2500 and len(content) < 100_000


def is_a_megabyte(error: MalformedError) -> bool:
    return MEGABYTE < len(error.content) <= MEGABYTE + 100


def known_charset(error: MalformedError) -> bool:
    try:
        return bool(error.content.decode((error.media_type or "").partition("charset=")[2]))
    except (LookupError, UnicodeError):
        return False


def message(error: MalformedError) -> str:
    return str(parsed(error)["error"]["message"])


def has_a_huge_number(content: bytes) -> bool:
    return b"e999" in content or len(content) > 4000


def as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value, None]


MEMBERS: dict[str, Callable[[MalformedError], bool]] = {
    "empty": lambda error: error.content == b"",
    "doctype": lambda error: error.content.startswith(b"<!DOCTYPE html>"),
    "html": lambda error: b"<html" in error.content and (error.media_type or "").startswith("text/html"),
    "not-json": lambda error: is_utf8(error.content) and not parses(error.content),
    "binary": lambda error: not parses(error.content) and error.content[:1] in b"\x89P\xff",
    "gzip-undeclared": lambda error: error.content.startswith(b"\x1f\x8b"),
    "not-an-object": lambda error: isinstance(parsed(error), list | str),
    "scalar": lambda error: parsed(error) is None or isinstance(parsed(error), int),
    "success-members": lambda error: parsed(error)["success"] is True and "error" not in parsed(error),
    "no-error-member": lambda error: isinstance(parsed(error), dict) and "error" not in parsed(error),
    "error-not-object": lambda error: not isinstance(parsed(error)["error"], dict),
    "code-number": lambda error: isinstance(parsed(error)["error"]["code"], int | float),
    "code-huge": lambda error: abs(parsed(error)["error"]["code"]) > 10**300,
    "code-not-text": lambda error: not {str} & {type(value) for value in parsed(error)["error"].values()},
    "inner-not-object": lambda error: not isinstance(parsed(error)["error"]["innerError"], dict),
    "details-not-list": lambda error: (
        not all(isinstance(detail, dict) for detail in as_list(parsed(error)["error"]["details"]))
    ),
    "empty-list": lambda error: parsed(error) in ([], {"error": []}),
    "message-not-text": lambda error: not isinstance(parsed(error)["error"]["message"], str),
    "request-id-number": lambda error: isinstance(parsed(error)["error"]["innerError"]["request-id"], int),
    "oauth": lambda error: parsed(error)["error"].startswith("invalid_"),
    "problem-json": lambda error: error.media_type == "application/problem+json" and "type" in parsed(error),
    "truncated": lambda error: error.content[:1] == b"{" and not parses(error.content),
    "invalid-utf8": lambda error: not is_utf8(error.content),
    "bom": lambda error: is_marked(error.content),
    "wrong-media-type": lambda error: (
        is_graph_error(parsed(error)) and error.media_type != "application/json"
    ),
    "garbled-media-type": lambda error: is_graph_error(parsed(error)),
    "unknown-charset": lambda error: is_graph_error(parsed(error)) and not known_charset(error),
    "lone-surrogate": lambda error: any("\ud800" <= each < "\ue000" for each in message(error)),
    "nul-character": lambda error: "\0" in message(error),
    "duplicate-keys": lambda error: repeats_a_name(error.content),
    "huge-number": lambda error: has_a_huge_number(error.content),
    "deep-array": lambda error: is_deep(error.content),
    "deep-error": lambda error: is_deep(error.content),
    "deep-inner": lambda error: is_deep(error.content),
    "megabyte-error": lambda error: is_a_megabyte(error) and is_graph_error(parsed(error)),
    "megabyte-list": lambda error: is_a_megabyte(error) and isinstance(parsed(error), list),
    "megabyte-page": lambda error: is_a_megabyte(error) and not parses(error.content),
}


def test_the_classes_are_these() -> None:
    assert set(errors.malformed_errors(contract())) == set(MEMBERS)


@pytest.mark.parametrize("name", MEMBERS)
def test_a_class_draws_its_members_alone(name: str) -> None:
    for error in draws(errors.malformed_errors(contract())[name], count_examples(30)):
        assert MEMBERS[name](error), (error.content[:200], error.media_type)
        assert 400 <= error.status <= 599


@pytest.mark.parametrize(
    ("name", "media_types"),
    [
        ("empty", {"application/json", None}),
        ("not-json", {"application/json"}),
        ("binary", {"application/octet-stream", "application/json", None}),
        ("truncated", {"application/json"}),
        ("wrong-media-type", {"text/plain", "text/html", None}),
        ("garbled-media-type", {"json", ";", "application/json; charset", "*/*"}),
    ],
)
def test_media_types(name: str, media_types: set[str | None]) -> None:
    assert {error.media_type for error in draws(errors.malformed_errors(contract())[name], 40)} == media_types


def test_errors_are_cut_anywhere_and_shrink_to_the_first_byte() -> None:
    strategy = errors.malformed_errors(contract())["truncated"]
    assert len({len(error.content) for error in draws(strategy, 60)}) > 20
    assert smallest(strategy, lambda _: True).content == b"{"


def test_corrupted_errors_have_a_code_of_the_contract() -> None:
    drawn = draws(errors.malformed_errors(contract())["wrong-media-type"], 60)
    assert {parsed(error)["error"]["code"] for error in drawn} == {
        code for codes in CODES.values() for code in codes
    }


def test_a_contract_may_document_no_codes() -> None:
    drawn = draws(errors.malformed_errors(contract(error_codes={}))["wrong-media-type"], 5)
    assert all(is_graph_error(parsed(error)) for error in drawn)


def test_a_parser_gives_up_on_some_of_it() -> None:
    with pytest.raises(ValueError, match="digits"):
        parsed(
            smallest(
                errors.malformed_errors(contract())["huge-number"], lambda error: len(error.content) > 5000
            )
        )
