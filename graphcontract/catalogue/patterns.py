"""Finds operations by patterns over names and ids, and suggests ids where a pattern matches none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from graphcontract.errors import UserError

ALL = "all"
"""The pattern that matches every operation."""

_MOST_NEAR = 5
_PART = re.compile(r"\*+|\?|\{[^{}]*\}|.", re.DOTALL)
_GLOB = re.compile(r"[*?{} ]|\A/|\Aall\Z")
_WORD = re.compile(r"[a-z0-9]+")


class NoOperation(UserError):
    """A pattern or id that matches no operation; the hint has the nearest ids."""

    code = "no-operation"


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile a glob: `*` is any text, slashes included, `?` is a character, and braces with any name are a
    parameter. Letter case is ignored, as Graph ignores it in paths.
    """
    parts = map(_compile_part, _PART.findall(pattern.strip()))
    return re.compile("".join(parts), re.IGNORECASE)


def _compile_part(part: str) -> str:
    if part[0] == "*":
        return ".*"
    if part == "?":
        return "."
    return r"\{[^{}]*\}" if part[0] == "{" and part[1:] else re.escape(part)


def complete_pattern(pattern: str) -> str:
    """Complete a pattern over names: one without version, or without method, is for all of them."""
    pattern = pattern.strip()
    if pattern.startswith("/"):
        return f"* {pattern}"
    method, _, path = pattern.partition(" ")
    is_method = method.isalpha() and method.casefold() != "beta" and path.startswith(("/", "*"))
    return f"* {pattern}" if is_method else pattern


class OperationPattern:
    """A glob over ids of operations and over their names, which are version, method and path; or `all`."""

    def __init__(self, text: str) -> None:
        self.is_exact = _GLOB.search(text) is None
        self._every = text.strip() == ALL
        self._ids = compile_pattern(text)
        self._names = compile_pattern(complete_pattern(text))

    def matches(self, name: str, *ids: str) -> bool:
        """Whether it matches an operation by its name or one of its ids."""
        if self._every or self._names.fullmatch(name) is not None:
            return True
        return any(self._ids.fullmatch(id) is not None for id in ids)


def suggest_ids(pattern: str, ids: Sequence[str]) -> list[str]:
    """Suggest ids that have most of the words of a pattern, misspelled words included; the shortest first."""
    from difflib import get_close_matches  # needed for errors only

    words = [set(_WORD.findall(id)) for id in ids]
    known = frozenset[str]().union(*words)
    sought: set[str] = set()
    for word in _WORD.findall(re.sub(r"\{[^{}]*\}", " ", pattern.lower())):
        sought.update([word] if word in known else get_close_matches(word, known, 1))
    rated = ((-len(sought & has), len(has), id) for has, id in zip(words, ids, strict=True) if sought & has)
    return [id for _, _, id in sorted(rated)[:_MOST_NEAR]]


def reject_pattern(kind: str, pattern: str, name: str, ids: Iterable[str]) -> NoOperation:
    """Make the error for a pattern or id without a match."""
    near = suggest_ids(pattern, list(ids))
    hint = "".join(f"\n  {id}" for id in near)
    every = "`graphcontract contracts list --operations all` lists every operation."
    remedy = f"The nearest ids:{hint}" if near else every
    return NoOperation(f"{kind} {pattern!r} matches no operation of {name}", remedy)
