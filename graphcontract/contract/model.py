"""A contract in memory: the facts of one operation, and the clauses that client and service must satisfy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from graphcontract.contract.odata import is_composite_key, strip_namespace
from graphcontract.exchange import Presence, RequestRule

Level = Literal["MUST", "SHOULD", "MAY"]
Basis = Literal["documented", "standard", "convention", "house"]
Party = Literal["client", "service"]
Scheme = Literal["DelegatedWork", "DelegatedPersonal", "Application"]
Cloud = Literal["global", "usGovernmentL4", "usGovernmentL5", "china"]

DEFAULT_CONTRACT = "sharepointmigrationtask-cancel"
"""The id of the shipped contract that commands use by default."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to violate a clause: its name, and the text that reports show."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Citation:
    """A source and optionally its section; `url` is None for a source that is not on the web."""

    title: str
    url: str | None = None
    section: str | None = None

    def __str__(self) -> str:
        text = self.title if self.section is None else f"{self.title}, {self.section}"
        return text if self.url is None else f"{text}: {self.url}"


@dataclass(frozen=True, slots=True)
class Clause:
    """One requirement: `by` is the side that it binds, `basis` who requires it, `sources` where.

    Evidence ids are hashes of `evidence_key`, the clause's first id, so that they survive a change of `id`.
    """

    id: str
    group: str
    level: Level
    statement: str
    basis: tuple[Basis, ...]
    sources: tuple[Citation, ...]
    kinds: Mapping[str, Kind]
    sample: str
    fix: str
    evidence_key: str
    why: str = ""
    disputed: bool = False
    aliases: tuple[str, ...] = ()
    by: Party = "client"

    @property
    def counted_level(self) -> Level:
        """The level that decides the exit status: a disputed clause counts as SHOULD."""
        return "SHOULD" if self.disputed and self.level == "MUST" else self.level


@dataclass(frozen=True, slots=True)
class SuccessRule:
    """The response that means success. `alternatives` are further statuses that may mean it: if there are
    any, no source states which of them the service sends.
    """

    status: int
    content: Presence
    alternatives: tuple[int, ...] = ()

    @property
    def statuses(self) -> tuple[int, ...]:
        """The statuses that may mean success: one that is known, or several."""
        return (self.status, *self.alternatives)

    @property
    def statuses_text(self) -> str:
        """The statuses as texts have them: `204`, `204 or 200`, `204, 200 or 202`."""
        *others, last = map(str, self.statuses)
        return f"{', '.join(others)} or {last}" if others else last

    def prefer(self, status: int) -> SuccessRule:
        """Give the rule with another of its statuses as the one that responses have by default."""
        others = tuple(each for each in self.statuses if each != status)
        return SuccessRule(status, self.content, others)


@dataclass(frozen=True, slots=True)
class Permission:
    """The permissions of one sign-in scheme: any one of `least` or `higher` is enough."""

    scheme: Scheme
    least: tuple[str, ...]
    higher: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Precondition:
    """When the service grants the operation: in a sentence, and as values of the resource's `status`."""

    statement: str
    statuses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a contract was written from. `date` is YYYY-MM-DD, `sha256` is of the source's bytes, in hex."""

    source: str
    url: str | None = None
    repository: str | None = None
    path: str | None = None
    commit: str | None = None
    date: str | None = None
    sha256: str | None = None
    licence: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Base:
    """A contract file without a request: its clauses, with placeholders not filled."""

    id: str
    title: str
    clauses: Mapping[str, Clause]
    provenance: Provenance | None


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract file with what it extends, validated, with placeholders filled.

    `sha256` is of the file's bytes. `clauses` are those that apply to the operation. `permissions` is None if
    the file does not state any, `clouds` is empty then. `example` has a value for each parameter, or is
    empty.
    """

    id: str
    title: str
    sha256: str
    request: RequestRule
    success: SuccessRule
    clauses: Mapping[str, Clause]
    error_codes: Mapping[int, tuple[str, ...]]
    permissions: tuple[Permission, ...] | None = None
    precondition: Precondition | None = None
    clouds: tuple[Cloud, ...] = ()
    example: Mapping[str, str] = field(default_factory=dict)
    provenance: Provenance | None = None

    @property
    def bound_operation(self) -> str | None:
        """The action or function that the last path segment calls, without its namespace; None if that
        segment is a property, a key or a type cast.

        A POST calls an action. For another method the title decides, as in `drive: recent`.
        """
        return _find_operation(self.request.method, self.request.path, self.title)

    def current_ids(self) -> dict[str, str]:
        """Map each id that a clause has or had to the id that it has now."""
        return list_current_ids(self.clauses)


def list_current_ids(clauses: Mapping[str, Clause]) -> dict[str, str]:
    """Map each id that a clause has or had to the id that it has now."""
    return {name: id for id, clause in clauses.items() for name in (id, *clause.aliases)}


@lru_cache(maxsize=64)  # clauses compute it many times for each request
def _find_operation(method: str, path: str, title: str) -> str | None:
    last = path.rpartition("/")[2]
    name = strip_namespace(last).partition("(")[0]
    is_titled = title.partition(": ")[2] == name
    is_key = last.startswith("{") or is_composite_key(last)
    return name if (method == "POST" or is_titled) and not is_key else None
