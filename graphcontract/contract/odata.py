"""Parses OData's path segments: the namespace of an operation, the alias in a type cast, the arguments of a
function.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

_IDENTIFIER = r"[A-Za-z_]\w*"
_QUALIFIED = re.compile(rf"({_IDENTIFIER}(?:\.{_IDENTIFIER})*)\.({_IDENTIFIER})", re.ASCII)
# A string literal doubles its quotes; every other literal ends at the next comma.
_ARGUMENT = re.compile(rf"({_IDENTIFIER})=('(?:[^']|'')*'|[^',()]*)(,|$)", re.ASCII)
_ALIAS = re.compile(rf"graph\.({_IDENTIFIER})", re.ASCII | re.IGNORECASE)


@lru_cache(maxsize=256)  # each request of a run is compared with the same few names
def strip_namespace(segment: str) -> str:
    """Remove the namespace of an action or function: `microsoft.graph.security.close` becomes `close`.

    A segment without a well-formed namespace is returned unchanged. That includes a namespace written twice
    (`microsoft.graph.microsoft.graph.security.close`): no namespace of Graph repeats one of its parts.
    """
    head, parenthesis, arguments = segment.partition("(")
    qualified = _QUALIFIED.fullmatch(head)
    if qualified is None:
        return segment
    parts = qualified[1].lower().split(".")
    return segment if len(set(parts)) < len(parts) else f"{qualified[2]}{parenthesis}{arguments}"


def is_composite_key(segment: str) -> bool:
    """Whether a segment of a path template is a key with a name for each of its parts: `a='{x}',b={y}`."""
    name, equals, value = segment.partition("=")
    return bool(equals) and "(" not in name and "{" in value and not name.startswith("{")


def format_call(segment: str, text: str) -> str:
    """Write a text that has the place of this segment of a path template for `split_call`: a composite key is
    the call of a function without a name.
    """
    return f"({text})" if is_composite_key(segment) else text


@lru_cache(maxsize=256)
def split_call(segment: str) -> tuple[str, Mapping[str, str] | None]:
    """Split `name(a='x',b=1)` into the name and the literals by argument, with their quotes.

    The arguments are None for a segment without parentheses, and where they cannot be read.
    """
    name, parenthesis, rest = segment.partition("(")
    if not parenthesis or not rest.endswith(")"):
        return name, None
    rest, at = rest[:-1], 0
    found: dict[str, str] = {}
    while at < len(rest):
        argument = _ARGUMENT.match(rest, at)
        if argument is None or argument[1] in found:
            return name, None
        found[argument[1]], at = argument[2], argument.end()
    return name, None if rest.endswith(",") else found


def strip_alias(segment: str) -> str:
    """Expand the alias of a type cast: `graph.user` becomes `microsoft.graph.user`.

    Graph's metadata declares the alias for the namespace `microsoft.graph` only, and released SDKs use it.
    """
    cast = _ALIAS.fullmatch(segment)
    return f"microsoft.graph.{cast[1]}" if cast else segment
