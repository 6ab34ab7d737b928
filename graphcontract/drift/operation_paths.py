"""Parses, compares and formats paths of operations."""

from __future__ import annotations

import re

from graphcontract.contract.odata import strip_alias, strip_namespace
from graphcontract.drift.model import Value

Path = tuple[Value, ...]

_KEY = re.compile(r"\{([^{}]+)\}")
_ARGUMENT = re.compile(r"'?\{[^{}]+\}'?")  # permissions.json has no quotes


def split_path(path: str) -> Path:
    """Split a path below its version into segments: literals as spelled, `("key", name)` for `{name}`."""
    parts = path.strip("/").split("/")
    keys = (_KEY.fullmatch(part) for part in parts)
    return tuple(("key", key[1]) if key else part for part, key in zip(parts, keys, strict=True))


def normalize_path(path: Path) -> Path:
    """Remove what is only spelling from a path: the namespace of the operation that it ends with, or of a
    function in parentheses; the alias in a type cast; the names of keys, and quotes
    around the arguments of a function.
    """
    return tuple(
        _normalize_segment(segment, last=index == len(path)) for index, segment in enumerate(path, 1)
    )


def _normalize_segment(segment: Value, *, last: bool) -> Value:
    if not isinstance(segment, str):
        return ("key", "")
    if last or "(" in segment:
        return _ARGUMENT.sub("{}", strip_namespace(segment))
    return strip_alias(segment)


def name_operation(path: Path) -> str:
    """Name the operation that a path ends with, without its namespace and the arguments of a function."""
    return strip_namespace(format_path(path[-1:])).partition("(")[0]


def name_action(method: str, path: Path) -> str:
    """Name what a request does: `delete`, or the operation that the path of another method ends with."""
    return "delete" if method == "DELETE" else name_operation(path)


def find_cast(path: Path) -> str | None:
    """Find the type, without namespace, of a cast between the key and the operation."""
    above = path[-2] if len(path) > 1 else None
    is_cast = isinstance(above, str) and "." in above and "(" not in above
    return strip_namespace(str(above)) if is_cast else None


def find_last_key(path: Path) -> str | None:
    """Find the name of the key that a path ends with, as `{id}` or as an alternate key in parentheses."""
    last = path[-1]
    names = [str(last[1])] if isinstance(last, tuple) else _KEY.findall(str(last))
    return names[0] if len(names) == 1 else None


def fold_path(path: Path) -> Path:
    """Fold a path for comparison: normalized, and in lower case."""
    return tuple(each.casefold() if isinstance(each, str) else each for each in normalize_path(path))


def format_path(path: Path) -> str:
    """A path as people write it, without its first slash."""
    return "/".join(segment if isinstance(segment, str) else f"{{{segment[1]}}}" for segment in path)  # type: ignore[index]


def matches(sample: Path, template: Path) -> bool:
    """Whether a request path matches a template: literals compare folded, and a key matches anything, as an
    argument of a function does.
    """
    own, expected = fold_path(sample), fold_path(template)
    return len(own) == len(expected) and all(
        a == b or isinstance(b, tuple) or _fills_arguments(a, b) for a, b in zip(own, expected, strict=True)
    )


def _fills_arguments(sample: Value, template: Value) -> bool:
    """Whether `loans(code='5f0c')` is `loans(code='{}')` with a value."""
    if not isinstance(sample, str) or not isinstance(template, str) or "{}" not in template:
        return False
    return re.fullmatch(re.escape(template).replace(r"\{\}", r"[^/]*"), sample) is not None
