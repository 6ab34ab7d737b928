"""Where things stand in a JSON text: lines of members, nesting, names that occur twice.

Knows JSON's grammar alone. `json` parses; this tells what `json` does not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

Path = Sequence[str | int]

# Quantifiers are possessive and a string may lack its end: linear time on any text, JSON or not.
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.?[^"\\]*+)*+"?|[\[\]{}:,]|[^\s\[\]{}:,"]++', re.DOTALL)


def pointer(path: Path) -> str:
    """Write a path as a JSON pointer (RFC 6901)."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)


def line_at(text: str, offset: int) -> int:
    """Tell the line, from 1, of a character of the text."""
    return text.count("\n", 0, offset) + 1


def line_of(text: str, path: Path) -> int:
    """Tell the line of the member or element at that path of well-formed JSON; 1 where there is none."""
    wanted = list(path)
    return next((line_at(text, offset) for found, offset in _members(text) if found == wanted), 1)


def line_of_token(text: str, token: str) -> int:
    """Tell the line of the first number or literal that is spelled so; 1 where there is none."""
    return next((line_at(text, each.start()) for each in _TOKEN.finditer(text) if each[0] == token), 1)


def nested_deeper(text: str, limit: int) -> int | None:
    """Tell the line of the first bracket nested deeper than `limit`, in any text; None without one."""
    depth = 0
    for match in _TOKEN.finditer(text):
        if match[0] in ("{", "["):
            depth += 1
            if depth > limit:
                return line_at(text, match.start())
        elif match[0] in ("}", "]"):
            depth -= 1
    return None


def strings(text: str) -> Iterator[tuple[int, str]]:
    """Yield each string of well-formed JSON, names included, with its offset."""
    for match in _TOKEN.finditer(text):
        if match[0].startswith('"'):
            yield match.start(), json.loads(match[0])


def repeated_name(text: str) -> tuple[Path, int] | None:
    """Find the first name that its object has already, in well-formed JSON: its path and line."""
    names: list[set[str]] = []
    for path, offset in _members(text):
        del names[len(path) :]
        names.extend(set() for _ in range(len(path) - len(names)))
        name = path[-1] if path else 0
        if isinstance(name, str):
            if name in names[-1]:
                return tuple(path), line_at(text, offset)
            names[-1].add(name)
    return None


def _members(text: str) -> Iterator[tuple[list[str | int], int]]:
    """Yield the path of each value, in order, with the offset of its name, or of itself without one.

    It is one list, changed from value to value.
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
