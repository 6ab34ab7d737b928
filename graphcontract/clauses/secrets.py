"""Whether a text tells tokens, however it is written down. Knows nothing of where the text stood."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from graphcontract.clauses.reading import TELLING, spellings


def shows(tokens: frozenset[str], text: str) -> bool:
    """Whether 20 characters in a row of a token stand in the text, in either letter case, or in base64. A
    shorter token cannot be told from other words.
    """
    return not _telling(tokens).isdisjoint(_pieces(text))


@lru_cache(maxsize=64)
def _telling(tokens: frozenset[str]) -> frozenset[str]:
    written = (text for token in tokens if len(token) >= TELLING for text in spellings(token))
    return frozenset(piece for text in written for piece in _pieces(text))


def _pieces(text: str) -> Iterator[str]:
    lower = text.lower()
    return (lower[at : at + TELLING] for at in range(len(lower) - TELLING + 1))
