"""Finds tokens in text that a client reports or prints, in any of their encodings."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from graphcontract.clauses.queries import DISTINCTIVE_LENGTH, spellings

_HALF = DISTINCTIVE_LENGTH // 2


def contains_any_token(tokens: frozenset[str], text: str) -> bool:
    """Whether a text contains 20 consecutive characters of a token, in any letter case or encoding. False
    for a token of fewer than 20 characters, which could be part of other text.
    """
    lower = text.lower()
    if len(lower) < DISTINCTIVE_LENGTH or _index_halves(tokens).isdisjoint(_pieces(lower, _HALF)):
        return False
    parts = {piece for spelling in _encode(tokens) for piece in _pieces(spelling, DISTINCTIVE_LENGTH)}
    return not parts.isdisjoint(_pieces(lower, DISTINCTIVE_LENGTH))


@lru_cache(maxsize=64)
def _index_halves(tokens: frozenset[str]) -> frozenset[str]:
    """Every tenth piece of ten characters. Any 20 consecutive characters contain one of them, so that a text
    without any needs no closer look.
    """
    return frozenset(piece for spelling in _encode(tokens) for piece in _pieces(spelling, _HALF, _HALF))


def _encode(tokens: frozenset[str]) -> Iterator[str]:
    long = (token for token in tokens if len(token) >= DISTINCTIVE_LENGTH)
    return (spelling.lower() for token in long for spelling in spellings(token))


def _pieces(text: str, length: int, step: int = 1) -> Iterator[str]:
    return (text[at : at + length] for at in range(0, len(text) - length + 1, step))
