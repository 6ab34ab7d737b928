"""Finds locations in a JSON text: lines of members, excessive nesting, repeated names.

The standard library's `json` reports none of these. All functions run in linear time on hostile texts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

Path = Sequence[str | int]

# Possessive quantifiers do not backtrack, and a string may lack its end: linear time on any text.
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.?[^"\\]*+)*+"?|[\[\]{}:,]|[^\s\[\]{}:,"]++', re.DOTALL)


def format_pointer(path: Path) -> str:
    """Format a path as a JSON Pointer (RFC 6901)."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)


def find_line_at(text: str, offset: int) -> int:
    """Find the line of a character of the text, counted from 1."""
    return text.count("\n", 0, offset) + 1


def find_line_of(text: str, path: Path) -> int:
    """Find the line of the member or element at that path of well-formed JSON; 1 if the path is missing."""
    wanted = list(path)
    return next(
        (find_line_at(text, offset) for found, offset in _iterate_members(text) if found == wanted), 1
    )


def find_line_of_token(text: str, token: str) -> int:
    """Find the line of the first number or literal with exactly that spelling; 1 if it is missing."""
    return next((find_line_at(text, each.start()) for each in _TOKEN.finditer(text) if each[0] == token), 1)


def find_excess_nesting(text: str, limit: int) -> int | None:
    """Find the line of the first bracket nested deeper than `limit`, in any text; None if none is."""
    depth = 0
    for match in _TOKEN.finditer(text):
        if match[0] in ("{", "["):
            depth += 1
            if depth > limit:
                return find_line_at(text, match.start())
        elif match[0] in ("}", "]"):
            depth -= 1
    return None


def iterate_strings(text: str) -> Iterator[tuple[int, str]]:
    """Yield each string of well-formed JSON, names included, with its offset."""
    for match in _TOKEN.finditer(text):
        if match[0].startswith('"'):
            yield match.start(), json.loads(match[0])


def find_repeated_name(text: str) -> tuple[Path, int] | None:
    """Find the first member whose object already has its name, in well-formed JSON: its path and line."""
    names: list[set[str]] = []
    for path, offset in _iterate_members(text):
        del names[len(path) :]
        names.extend(set() for _ in range(len(path) - len(names)))
        name = path[-1] if path else 0
        if isinstance(name, str):
            if name in names[-1]:
                return tuple(path), find_line_at(text, offset)
            names[-1].add(name)
    return None


def _iterate_members(text: str) -> Iterator[tuple[list[str | int], int]]:
    """Yield the path of each value, in order, with the offset of its name, or of the value if it has no name.

    The path is the same list each time, changed in place: copy it to keep it.
    """
    path: list[str | int] = []
    naming = False
    for match in _TOKEN.finditer(text):
        mark = match[0]
        if mark in ("}", "]"):
            path.pop()
            naming = False
        elif mark == ":":
            naming = False
        elif mark == ",":
            if isinstance(path[-1], int):
                path[-1] += 1
            else:
                naming = True
        elif naming:
            path[-1] = json.loads(mark)
            yield path, match.start()
        else:
            if not path or isinstance(path[-1], int):
                yield path, match.start()
            if mark in ("{", "["):
                naming = mark == "{"
                path.append("" if naming else 0)
