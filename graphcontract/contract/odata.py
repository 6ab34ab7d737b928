"""Normalizes OData names in path segments: the namespace of an operation, the alias in a type cast."""

from __future__ import annotations

import re
from functools import lru_cache

_IDENTIFIER = r"[A-Za-z_]\w*"
_QUALIFIED = re.compile(rf"({_IDENTIFIER}(?:\.{_IDENTIFIER})*)\.({_IDENTIFIER})", re.ASCII)
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


def strip_alias(segment: str) -> str:
    """Expand the alias of a type cast: `graph.user` becomes `microsoft.graph.user`.

    Graph's metadata declares the alias for the namespace `microsoft.graph` only, and released SDKs use it.
    """
    cast = _ALIAS.fullmatch(segment)
    return f"microsoft.graph.{cast[1]}" if cast else segment
