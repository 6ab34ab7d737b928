"""Which parts of a token are found in other text, and which are too short or too repetitive."""

from __future__ import annotations

import pytest

from graphcontract.clauses.secrets import contains_any_token, contains_token

DIGITS = "0123456789abcdefghijABCDEFGHIJ-._~klmnopqrstKLMNOPQRST"
FIRST = DIGITS[:20]


@pytest.mark.parametrize("at", range(len(DIGITS) - 19))
def test_any_twenty_characters_are_found(at: int) -> None:
    tokens = frozenset({DIGITS})
    assert contains_any_token(tokens, DIGITS[at : at + 20])
    assert contains_any_token(tokens, f"in ({DIGITS[at : at + 20].upper()})")
    assert not contains_any_token(tokens, DIGITS[at : at + 19])
    assert not contains_any_token(tokens, f"{DIGITS[at : at + 19]} {DIGITS[at + 19]}")


def test_nineteen_characters_at_either_end_are_not_found() -> None:
    assert not contains_any_token(frozenset({DIGITS}), f"token={DIGITS[-19:]}")
    assert not contains_any_token(frozenset({DIGITS}), f"{DIGITS[:19]}=token")


@pytest.mark.parametrize("size", [20, 21, 40])
def test_shortest_token_that_is_looked_for(size: int) -> None:
    assert contains_any_token(frozenset({DIGITS[:size]}), f"token={DIGITS[:size]}")
    assert contains_token(f"token={DIGITS[:size]}".encode(), DIGITS[:size])


def test_token_of_nineteen_characters_is_part_of_other_text() -> None:
    assert not contains_any_token(frozenset({DIGITS[:19]}), f"token={DIGITS}")
    assert not contains_token(DIGITS.encode(), DIGITS[:19])
    assert contains_any_token(frozenset({DIGITS[:19], DIGITS}), f"token={DIGITS}")


@pytest.mark.parametrize("token", ["one two three four five six", "é0123456789abcdefghij", "a\n" * 12])
def test_token_of_unusual_characters_is_found(token: str) -> None:
    assert contains_any_token(frozenset({token}), f"sent {token} to the service")
    assert not contains_any_token(frozenset({token}), "sent another one to the service")


@pytest.mark.parametrize(("part", "found"), [("abcd" * 5, False), ("abcde" * 4, True), ("0" * 20, False)])
def test_later_part_counts_with_five_different_characters(part: str, found: bool) -> None:
    assert contains_token(f"x={part}".encode(), FIRST + part) is found
    assert contains_token(f"x={part}".encode(), FIRST + FIRST + part) is found
    assert contains_token(f"x={part}".encode(), part + FIRST), "the first part always counts"
