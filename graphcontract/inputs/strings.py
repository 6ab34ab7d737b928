"""Building blocks of drawn texts: words, mixtures, repetitions, control characters."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from graphcontract.inputs.partitions import Partitions

T = TypeVar("T")

LETTERS = string.ascii_lowercase
ALPHANUMERIC = string.ascii_letters + string.digits

# Weights of an item are 0 to 19: 0 omits it, so that 19 of 20 items are in; above 10 a letter precedes it.
_WEIGHTS = 20
_HALF = _WEIGHTS // 2


def word(least: int = 1, most: int = 8) -> SearchStrategy[str]:
    """Draw words of lower-case ASCII letters."""
    return st.text(LETTERS, min_size=least, max_size=most)


def most_of(items: Sequence[T]) -> SearchStrategy[tuple[T, ...]]:
    """Draw nearly all of the items, in order; shrinks to those that matter, and to the first if none does."""
    return _weights(items).map(lambda weights: tuple(item for item, weight in weights if weight))


def mixture(pieces: Sequence[str]) -> SearchStrategy[str]:
    """Draw texts of nearly all of the pieces, starting with any of them, with plain letters before some.

    So a few draws cover every piece, and a text still shrinks to the one piece that matters.
    """
    turns = st.integers(0, len(pieces) - 1)
    return st.tuples(_weights(pieces), turns).map(lambda drawn: _join(*drawn))


def _weights(items: Sequence[T]) -> SearchStrategy[list[tuple[T, int]]]:
    weights = st.tuples(*[st.integers(0, _WEIGHTS - 1)] * len(items))
    return weights.map(lambda drawn: list(zip(items, drawn if any(drawn) else (1, *drawn[1:]), strict=True)))


def _join(weights: list[tuple[str, int]], turn: int) -> str:
    parts: list[str] = []
    for piece, weight in weights[turn:] + weights[:turn]:
        if weight > _HALF:
            parts.append(LETTERS[weight - _HALF - 1])
        if weight:
            parts.append(piece)
    return "".join(parts)


def repeat_to_length(unit: str, length: int) -> str:
    """Repeat the unit up to a length in characters; "" if the unit is empty or the length 0."""
    return (unit * (length // len(unit) + 1))[:length] if unit else ""


def between(first: int, last: int) -> str:
    """Give the letters (Unicode's L categories) from one code point to another, both included."""
    return "".join(character for character in map(chr, range(first, last + 1)) if character.isalpha())


def controls() -> Partitions[str]:
    """Draw texts with control characters (Unicode category Cc), a class for each kind, between letters.

    A line feed or a carriage return may also be at the very end, where many checks miss it.
    """
    other = "".join(chr(code) for code in range(1, 0x20) if chr(code) not in "\t\n\r")
    upper = "".join(map(chr, range(0x80, 0xA0)))
    end = word(least=0, most=4)
    return Partitions(
        {
            "line-feed": _around(st.just("\n"), end),
            "carriage-return": _around(st.just("\r"), end),
            "crlf-field": _around(st.just("\r\nX-Injected: "), word()),
            "nul": _around(st.just("\0"), word()),
            "tab": _around(st.just("\t"), word()),
            "other-c0": _around(st.text(other, min_size=1, max_size=4), word()),
            "delete": _around(st.just("\x7f"), word()),
            "c1": _around(st.text(upper, min_size=1, max_size=4), word()),
        }
    )


def _around(middle: SearchStrategy[str], end: SearchStrategy[str]) -> SearchStrategy[str]:
    return st.tuples(word(), middle, end).map("".join)
