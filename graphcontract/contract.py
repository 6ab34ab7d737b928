"""A contract in memory: what a client owes, clause by clause. Data; it knows no wire and no test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from graphcontract.odata import unqualified

Level = Literal["MUST", "SHOULD", "MAY"]
Presence = Literal["absent", "required", "unconstrained"]
FieldRule = Literal["require", "forbid", "unconstrained"]
Party = Literal["client", "service"]

DEFAULT_CONTRACT = "sharepointmigrationtask-cancel"
"""The id of the shipped contract that is meant where none is named."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to break a clause: what was owed there, and how a report puts it."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Clause:
    """One requirement: `by` says who owes it, `basis` who demands it, `sources` where they do."""

    id: str
    group: str
    level: Level
    statement: str
    basis: tuple[str, ...]
    sources: tuple[str, ...]
    kinds: Mapping[str, Kind]
    sample: str
    mend: str
    why: str = ""
    disputed: bool = False
    aliases: tuple[str, ...] = ()
    by: Party = "client"

    @property
    def counted_level(self) -> Level:
        """The level that decides the exit status: a disputed clause counts as SHOULD."""
        return "SHOULD" if self.disputed and self.level == "MUST" else self.level


@dataclass(frozen=True, slots=True)
class RequestRule:
    """The request that is owed; `path` is the template below the service root and version."""

    method: str
    root: str
    version: str
    path: str
    parameters: Mapping[str, Mapping[str, Any]]
    query: Presence
    fields: Mapping[str, FieldRule]
    content: Presence
    media_type: str | None = None

    @property
    def action(self) -> str:
        """Method, version and path template in one line."""
        return f"{self.method} /{self.version}{self.path}"


@dataclass(frozen=True, slots=True)
class SuccessRule:
    """The answer that means success."""

    status: int
    content: Presence


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract file with what it extends, validated. `sha256` is of the file's bytes."""

    id: str
    title: str
    sha256: str
    request: RequestRule
    success: SuccessRule
    clauses: Mapping[str, Clause]
    error_codes: Mapping[int, tuple[str, ...]]
    document: Mapping[str, Any]

    @property
    def bound_operation(self) -> str | None:
        """The action or function that the last path segment calls, without its namespace; None where that
        segment is a property, a key or a type cast.

        A POST calls an action. For another method the title tells, as in `drive: recent`.
        """
        last = self.request.path.rpartition("/")[2]
        name = unqualified(last)
        titled = self.title.partition(": ")[2] == name
        return name if (self.request.method == "POST" or titled) and not last.startswith("{") else None
