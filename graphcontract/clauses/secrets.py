"""Whether a text tells tokens, however it is written down. Knows nothing of where the text stood."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from graphcontract.clauses.queries import TELLING, spellings

_HALF = TELLING // 2


def shows(tokens: frozenset[str], text: str) -> bool:
    """Whether 20 characters in a row of a token stand in the text, in either letter case, or in base64. A
    shorter token cannot be told from other words.
    """
    words = text.lower()
    if len(words) < TELLING or _halves(tokens).isdisjoint(_pieces(words, _HALF)):
        return False
    telling = {piece for spelled in _spelled(tokens) for piece in _pieces(spelled, TELLING)}
    return not telling.isdisjoint(_pieces(words, TELLING))


@lru_cache(maxsize=64)
def _halves(tokens: frozenset[str]) -> frozenset[str]:
    """Every tenth piece of ten characters: one of them stands in any 20 in a row."""
    return frozenset(piece for spelled in _spelled(tokens) for piece in _pieces(spelled, _HALF, _HALF))


def _spelled(tokens: frozenset[str]) -> Iterator[str]:
    return (spelled.lower() for token in tokens if len(token) >= TELLING for spelled in spellings(token))


def _pieces(words: str, length: int, step: int = 1) -> Iterator[str]:
    return (words[at : at + length] for at in range(0, len(words) - length + 1, step))
