"""Paths of operations: taken apart, compared, and written for people. Knows no file that they stand in."""

from __future__ import annotations

import re

from graphcontract.drift.model import Value

Path = tuple[Value, ...]

_KEY = re.compile(r"\{([^{}]+)\}")
_PREFIX = re.compile(r"^(?:microsoft\.)?graph\.", re.IGNORECASE)


def segments(path: str) -> Path:
    """Take a path below its version apart: literals as spelled, `("key", name)` for `{name}`."""
    parts = path.strip("/").split("/")
    keys = (_KEY.fullmatch(part) for part in parts)
    return tuple(("key", key[1]) if key else part for part, key in zip(parts, keys, strict=True))


def folded(path: Path) -> Path:
    """A path as it compares: letter case, namespaces and names of keys do not count."""
    return tuple(
        _PREFIX.sub("", segment).casefold() if isinstance(segment, str) else ("key", "") for segment in path
    )


def shown(path: Path) -> str:
    """A path as people write it, without its first slash."""
    return "/".join(segment if isinstance(segment, str) else f"{{{segment[1]}}}" for segment in path)  # type: ignore[index]


def fits(sample: Path, template: Path) -> bool:
    """Whether a request asks for a template: its literals as they compare, anything where it has a key."""
    own, owed = folded(sample), folded(template)
    return len(own) == len(owed) and all(
        a == b or isinstance(b, tuple) for a, b in zip(own, owed, strict=True)
    )
