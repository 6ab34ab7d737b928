"""Tokens: usable ones of every class, ones with control characters, and recipes that make them again."""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from graphcontract.inputs import tokens
from graphcontract.inputs.tokens import CANARY
from tests.examples import count_examples

from . import draws, smallest, token_of

B64TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")
JWT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


def is_about(length: int) -> Callable[[str], bool]:
    return lambda token: 0.95 * length < len(token) <= length + 1


MEMBERS: dict[str, Callable[[str], bool]] = {
    "jwt-like": lambda token: JWT.fullmatch(token) is not None,
    "alphabet": lambda token: bool(set(token) & set("-._~+/")) and "=" not in token,
    "symbols-last": lambda token: token[-1] in "-._~+/",
    "jwe-like": lambda token: token.count(".") == 4,
    "padded": lambda token: re.search("[^=]={1,3}$", token) is not None,
    "length-2k": is_about(2048),
    "length-4k": is_about(4096),
    "length-8k": lambda token: 7800 < len(token) <= 8192,
    "short": lambda token: 1 <= len(token) <= 19,
    "scheme-like": lambda token: re.match("(?i)bearer|basic", token) is not None,
}


def test_the_canary_reads_as_the_head_of_a_jwt() -> None:
    assert len(CANARY) == 20
    assert base64.b64decode(CANARY) == b'{"typ":"CANARY"'


def test_the_classes_are_these() -> None:
    assert list(tokens.tokens()) == list(MEMBERS)


@pytest.mark.parametrize("name", MEMBERS)
def test_a_class_draws_usable_members_alone(name: str) -> None:
    for token in draws(tokens.tokens()[name], count_examples(50)):
        assert MEMBERS[name](token)
        assert B64TOKEN.fullmatch(token)
        assert token.startswith(CANARY) is (name not in ("short", "scheme-like"))


def test_a_few_draws_show_the_whole_alphabet() -> None:
    assert set("-._~+/") <= set("".join(draws(tokens.tokens()["alphabet"], 5)))


@pytest.mark.parametrize(("name", "lengths"), [("2k", {2048}), ("4k", {4096}), ("8k", {8191, 8192})])
def test_long_tokens_reach_the_bounds(name: str, lengths: set[int]) -> None:
    assert lengths <= {len(token) for token in draws(tokens.tokens()[f"length-{name}"], 40)}


def test_shrinks_to_a_readable_token() -> None:
    assert smallest(tokens.tokens()["alphabet"], lambda token: "+" in token) == f"{CANARY}+"
    assert smallest(tokens.tokens()["short"], lambda _: True) == "0"
    assert smallest(tokens.tokens()["length-8k"], lambda _: True) == tokens.make("0", 8172)


def test_plain_tokens_are_long_enough_to_be_reported_apart() -> None:
    drawn = draws(tokens.plain(), 50)
    assert all(B64TOKEN.fullmatch(token) and token.startswith(CANARY) and len(token) > 20 for token in drawn)


def test_control_tokens_hold_a_control_after_the_canary() -> None:
    partitions = tokens.control_tokens()
    for name in partitions:
        for token in draws(partitions[name], 20):
            assert token.startswith(CANARY)
            assert any(unicodedata.category(character) == "Cc" for character in token)
            assert not token.endswith("\r\n")


def test_a_line_feed_stands_at_the_end_of_a_token_too() -> None:
    assert any(token.endswith("\n") for token in draws(tokens.control_tokens()["line-feed"], 20))


ANY_TOKEN = st.one_of(
    tokens.tokens().any(), tokens.control_tokens().any(), st.text(), st.text().map(CANARY.__add__)
)


@given(token=ANY_TOKEN)
@example(token="")
@example(token=CANARY)
@example(token=CANARY[:-1])
@example(token=CANARY * 2)
@settings(database=None, deadline=None)
def test_a_recipe_makes_the_same_token(token: str) -> None:
    written = json.loads(json.dumps(tokens.recipe(token)))
    assert token_of(written) == token


@given(unit=st.text(min_size=1, max_size=8), length=st.integers(0, 300))
@settings(database=None, deadline=None)
def test_a_recipe_is_no_longer_than_its_unit(unit: str, length: int) -> None:
    token = tokens.make(unit, length)
    written = tokens.recipe(token)
    assert len(token) == len(CANARY) + length
    assert written["canary"] is True
    assert written["length"] == length
    assert len(written["unit"]) <= len(unit)
    assert tokens.make(written["unit"], length) == token


@pytest.mark.parametrize(
    ("part", "unit"), [("ababa", "ab"), ("aaaa", "a"), ("abcd", "abcd"), ("aab", "aab"), ("", "")]
)
def test_the_smallest_period_is_found(part: str, unit: str) -> None:
    assert tokens.recipe(CANARY + part) == {"canary": True, "unit": unit, "length": len(part)}


def test_a_token_without_the_canary_is_written_out() -> None:
    assert tokens.recipe("short") == {"canary": False, "text": "short"}
