"""What arrives where a Graph error should: each class spoils it in its own way."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from graphcontract.inputs import MalformedError, errors

from . import CODES, contract, draws, smallest

MEGABYTE = 2**20


def parsed(answer: MalformedError) -> Any:
    return json.loads(answer.content.decode())


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


def is_a_megabyte(answer: MalformedError) -> bool:
    return MEGABYTE < len(answer.content) <= MEGABYTE + 100


def known_charset(answer: MalformedError) -> bool:
    try:
        return bool(answer.content.decode((answer.media_type or "").partition("charset=")[2]))
    except (LookupError, UnicodeError):
        return False


def message(answer: MalformedError) -> str:
    return str(parsed(answer)["error"]["message"])


def has_a_huge_number(content: bytes) -> bool:
    return b"e999" in content or len(content) > 4000


MEMBERS: dict[str, Callable[[MalformedError], bool]] = {
    "empty": lambda answer: answer.content == b"",
    "doctype": lambda answer: answer.content.startswith(b"<!DOCTYPE html>"),
    "html": lambda answer: b"<html" in answer.content and (answer.media_type or "").startswith("text/html"),
    "not-json": lambda answer: is_utf8(answer.content) and not parses(answer.content),
    "binary": lambda answer: not parses(answer.content) and answer.content[:1] in b"\x89P\xff",
    "gzip-undeclared": lambda answer: answer.content.startswith(b"\x1f\x8b"),
    "not-an-object": lambda answer: isinstance(parsed(answer), list | str),
    "scalar": lambda answer: parsed(answer) is None or isinstance(parsed(answer), int),
    "no-error-member": lambda answer: isinstance(parsed(answer), dict) and "error" not in parsed(answer),
    "error-not-object": lambda answer: not isinstance(parsed(answer)["error"], dict),
    "code-number": lambda answer: isinstance(parsed(answer)["error"]["code"], int | float),
    "code-huge": lambda answer: abs(parsed(answer)["error"]["code"]) > 10**300,
    "code-not-text": lambda answer: not {str} & {type(value) for value in parsed(answer)["error"].values()},
    "oauth": lambda answer: parsed(answer)["error"].startswith("invalid_"),
    "problem-json": lambda answer: (
        answer.media_type == "application/problem+json" and "type" in parsed(answer)
    ),
    "truncated": lambda answer: answer.content[:1] == b"{" and not parses(answer.content),
    "invalid-utf8": lambda answer: not is_utf8(answer.content),
    "bom": lambda answer: is_marked(answer.content),
    "wrong-media-type": lambda answer: (
        is_graph_error(parsed(answer)) and answer.media_type != "application/json"
    ),
    "garbled-media-type": lambda answer: is_graph_error(parsed(answer)),
    "unknown-charset": lambda answer: is_graph_error(parsed(answer)) and not known_charset(answer),
    "lone-surrogate": lambda answer: any("\ud800" <= each < "\ue000" for each in message(answer)),
    "nul-character": lambda answer: "\0" in message(answer),
    "duplicate-keys": lambda answer: repeats_a_name(answer.content),
    "huge-number": lambda answer: has_a_huge_number(answer.content),
    "deep-array": lambda answer: is_deep(answer.content),
    "deep-error": lambda answer: is_deep(answer.content),
    "deep-inner": lambda answer: is_deep(answer.content),
    "megabyte-error": lambda answer: is_a_megabyte(answer) and is_graph_error(parsed(answer)),
    "megabyte-list": lambda answer: is_a_megabyte(answer) and isinstance(parsed(answer), list),
    "megabyte-page": lambda answer: is_a_megabyte(answer) and not parses(answer.content),
}


def test_the_classes_are_these() -> None:
    assert set(errors.malformed(contract())) == set(MEMBERS)


@pytest.mark.parametrize("name", MEMBERS)
def test_a_class_draws_its_members_alone(name: str) -> None:
    for answer in draws(errors.malformed(contract())[name], 30):
        assert MEMBERS[name](answer), (answer.content[:200], answer.media_type)
        assert 400 <= answer.status <= 599


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
    assert {answer.media_type for answer in draws(errors.malformed(contract())[name], 40)} == media_types


def test_errors_are_cut_anywhere_and_shrink_to_the_first_byte() -> None:
    strategy = errors.malformed(contract())["truncated"]
    assert len({len(answer.content) for answer in draws(strategy, 60)}) > 20
    assert smallest(strategy, lambda _: True).content == b"{"


def test_what_was_spoilt_had_a_code_of_the_contract() -> None:
    drawn = draws(errors.malformed(contract())["wrong-media-type"], 60)
    assert {parsed(answer)["error"]["code"] for answer in drawn} == {
        code for codes in CODES.values() for code in codes
    }


def test_a_contract_may_document_no_codes() -> None:
    drawn = draws(errors.malformed(contract(error_codes={}))["wrong-media-type"], 5)
    assert all(is_graph_error(parsed(answer)) for answer in drawn)


def test_a_parser_gives_up_on_some_of_it() -> None:
    with pytest.raises(ValueError, match="digits"):
        parsed(
            smallest(errors.malformed(contract())["huge-number"], lambda answer: len(answer.content) > 5000)
        )
