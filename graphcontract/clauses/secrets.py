"""Whether a text tells a token, however it is written down. Knows nothing of where the text stood."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from graphcontract.clauses.reading import TELLING, spellings


def shows(token: str, text: str) -> bool:
    """Whether 20 characters in a row of the token stand in the text, in either letter case, or in base64. A
    shorter token cannot be told from other words.
    """
    return not _telling(token).isdisjoint(_pieces(text))


@lru_cache(maxsize=64)
def _telling(token: str) -> frozenset[str]:
    written = spellings(token) if len(token) >= TELLING else ()
    return frozenset(piece for text in written for piece in _pieces(text))


def _pieces(text: str) -> Iterator[str]:
    lower = text.lower()
    return (lower[at : at + TELLING] for at in range(len(lower) - TELLING + 1))
