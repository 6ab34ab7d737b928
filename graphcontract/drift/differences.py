"""Shortens two versions of a text to what differs between them."""

from __future__ import annotations

from collections.abc import Sequence

_CONTEXT = 4  # words on either side of a difference
_SHORT = 100  # characters up to which a text is shown as a whole


def shorten(before: str, now: str) -> tuple[str, str]:
    """Leave out what two texts have in common at their ends, except a few words around the difference.

    The name of the text, up to the first colon, stays.
    """
    if max(len(before), len(now)) <= _SHORT:
        return before, now
    was, own = before.split(" "), now.split(" ")
    first = _count_common(was, own)
    last = _count_common(was[first:][::-1], own[first:][::-1])
    return _cut(was, first, last), _cut(own, first, last)


def _count_common(one: Sequence[str], other: Sequence[str]) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(one), len(other)))


def _cut(words: Sequence[str], first: int, last: int) -> str:
    begin, end = max(first - _CONTEXT, 0), min(len(words) - last + _CONTEXT, len(words))
    name = [words[0]] if begin > 0 and words[0].endswith(":") else []
    head = [*name, "…"] if begin > len(name) else name
    return " ".join([*head, *words[begin:end], *(["…"] if end < len(words) else [])])
