"""What one source states of one operation, and how statements of the same operation find each other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from graphcontract.drift.model import SourceError
from graphcontract.drift.operation_paths import fold_path, split_path

METHODS = ("POST", "DELETE")
"""The methods that a catalogue covers."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?=T|\Z)", re.ASCII)
_ARGUMENT = re.compile(r"'?\{[^{}]*\}'?")


@dataclass(frozen=True, slots=True)
class Key:
    """An operation without what is only spelling: names of parameters, letter case, namespaces."""

    version: str
    method: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """What a source states of an operation. `success` is `2XX` or a status, with ` content` behind it if
    something is returned. `types` are in the order of the path, None where unknown. `query` and `fields` name
    the required query parameters and header fields, `optional` the others of both kinds; `fields` is None if
    the source cannot state them, and so is `deprecated`. `removal` is the day of the removal, in ISO format,
    and `line` is from 1. `statuses` are those of success if there are several. `is_spelled` is False if the
    source does not spell the path, nor its query, and names it in its own way.
    """

    version: str
    method: str
    path: str
    content: str = "none"
    success: str = "2XX"
    types: tuple[str | None, ...] = ()
    query: tuple[str, ...] = ()
    fields: tuple[str, ...] | None = None
    optional: frozenset[str] = frozenset()
    namespace: str | None = None
    deprecated: bool | None = False
    removal: str | None = None
    line: int = 1
    statuses: tuple[str, ...] = ()
    is_spelled: bool = True
    permissions: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        """What the operation is found by."""
        return Key(self.version, self.method, fold(self.path))

    @property
    def is_bare(self) -> bool:
        """Whether the operation takes no content and returns nothing, as those of a catalogue do."""
        return self.content == "none" and not self.success.endswith(" content")


class SourceOfFacts(Protocol):
    """A source that has been read: it lists its operations, and describes those of others."""

    @property
    def kind(self) -> str:
        """The kind of a catalogue's source."""
        ...

    @property
    def title(self) -> str:
        """The source as one would cite it."""
        ...

    @property
    def version(self) -> str | None:
        """The version of Graph that it is of; None if it is of all."""
        ...

    @property
    def family(self) -> str | None:
        """The SDKs that are generated from the same description as this source; None for another source."""
        ...

    def list_statements(self) -> Iterable[Statement]:
        """List what the source states of each of its operations, in its order; `SourceError` if it is
        broken. Some sources describe operations, and list none.
        """
        ...

    def describe(self, key: Key, path: str) -> Statement | None:
        """Describe an operation that another source spells `path`; None if this source lacks it."""
        ...


def read_day(text: str | None) -> str | None:
    """Read a day in ISO format, with or without a time; None for any other text."""
    found = _DAY.match(text or "")
    return found[0] if found else None


def fold(path: str) -> tuple[str, ...]:
    """Fold a path for comparison: `fold_path`, and arguments of functions as parameters are folded."""
    folded = (each if isinstance(each, str) else "{}" for each in fold_path(split_path(path)))
    return tuple(_ARGUMENT.sub("{}", each) for each in folded)


def index(statements: Iterable[Statement], name: str) -> dict[Key, Statement]:
    """Index statements; `SourceError` if the source states an operation twice."""
    found: dict[Key, Statement] = {}
    for each in statements:
        key = each.key
        if key in found:
            problem = f"{each.method} {each.path} is stated twice, first in line {found[key].line}"
            raise SourceError(f"{name}:{each.line}: {problem}", "Remove one of the two.")
        found[key] = each
    return found
