"""Parses, compares and formats paths of operations."""

from __future__ import annotations

import re

from graphcontract.contract.odata import unqualified, without_alias
from graphcontract.drift.model import Value

Path = tuple[Value, ...]

_KEY = re.compile(r"\{([^{}]+)\}")


def segments(path: str) -> Path:
    """Take a path below its version apart: literals as spelled, `("key", name)` for `{name}`."""
    parts = path.strip("/").split("/")
    keys = (_KEY.fullmatch(part) for part in parts)
    return tuple(("key", key[1]) if key else part for part, key in zip(parts, keys, strict=True))


def normalized(path: Path) -> Path:
    """A path without what is only spelling: the namespace of the operation that it ends with, or of a
    function in parentheses; the alias in a type cast; the names of keys.
    """
    return tuple(_normalized(segment, last=index == len(path)) for index, segment in enumerate(path, 1))


def _normalized(segment: Value, *, last: bool) -> Value:
    if not isinstance(segment, str):
        return ("key", "")
    return unqualified(segment) if last or "(" in segment else without_alias(segment)


def folded(path: Path) -> Path:
    """A path as it compares: normalized, and in small letters."""
    return tuple(each.casefold() if isinstance(each, str) else each for each in normalized(path))


def shown(path: Path) -> str:
    """A path as people write it, without its first slash."""
    return "/".join(segment if isinstance(segment, str) else f"{{{segment[1]}}}" for segment in path)  # type: ignore[index]


def fits(sample: Path, template: Path) -> bool:
    """Whether a request path matches a template: literals compare as in `folded`, a key matches anything."""
    own, expected = folded(sample), folded(template)
    return len(own) == len(expected) and all(
        a == b or isinstance(b, tuple) for a, b in zip(own, expected, strict=True)
    )
