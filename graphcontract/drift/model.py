"""The model of drift: what a source states about one operation, as facts with their locations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from graphcontract.errors import UserError

Kind = Literal["contract", "page", "permissions", "csdl", "openapi", "sdk", "run", "snapshot"]
Stance = Literal["asserts", "silent", "denies"]
Value = None | bool | int | str | tuple["Value", ...]


@dataclass(frozen=True, slots=True)
class FactOrigin:
    """Where a fact stands: the source as it was named, its version or commit where it has one, and the line
    from 1.
    """

    kind: Kind
    source: str
    version: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a source asserts, denies, or is silent on; `value` is None for one that is silent.

    Names, and the shapes of their values:

    - `method`: in capitals. `action`: the name without namespace. `binding`: the type without namespace.
    - `path`: a segment each, below version and root; a literal is its text as spelled, a key is
      `("key", placeholder)`. `version`: `beta` or `v1.0`.
    - `key-type`: `string`, `guid`, … without `Edm.`. `content`: `none`, `optional` or `required`.
    - `query`, `fields`: sorted `(name, "required" | "optional")`; the Authorization field is in no list. A
      contract also says "unconstrained", of a field that a source may call optional or leave out, and
      "implied", of one that goes with the content.
    - `parameters`: sorted `(name, type, "required" | "optional")` but for the binding.
    - `success`: `(status, "none" | "content")`, `2XX` without content is 204; None in place of either
      where it is not told.
    - `errors`: sorted statuses as texts, where `4XX` and `5XX` stand for a range.
    - `permissions.delegated-work`, `permissions.delegated-personal`, `permissions.application`:
      `(least, higher)`, sorted names each; both empty where the scheme is not supported.
    - `clouds`: sorted of `global`, `us-gov-l4`, `us-gov-l5`, `china`. Of a CSDL file: the cloud that it is
      of, where its name or address tells (others by their name, `ussec`); whether that cloud has the
      operation is for `route` to say.
    - `route`: `reachable`, `declared` or `absent`. A source of another version than the wanted one that lacks
      the operation is no `Unknown`: it asserts its `version` and `absent`.
    - `status-enum`: `(name, number or None)` in the order of numbers, else as they stand.
    - `statuses`: of a contract: names that the enum has to have.
    - `properties`: sorted `(name, type, nullable or None)` of the binding's type.
    - `deprecation`: `(announced date, removal date, text)`, each may be None; silent where there is none.
    - `wording`: title, description and the like, each `(name, text)`.
    """

    name: str
    stance: Stance
    value: Value
    origin: FactOrigin


@dataclass(frozen=True, slots=True)
class Problem:
    """A fact that a source was to tell and does not tell clearly: `fact-unreadable` where it cannot be made
    out, `self-contradiction` where the source says two things. Each becomes a finding of that rule.
    """

    rule: Literal["fact-unreadable", "self-contradiction"]
    fact: str
    text: str
    origin: FactOrigin


@dataclass(frozen=True, slots=True)
class Reading:
    """One source, read: a fact for each name that this kind of source can speak of, silence included.

    `slice_sha256` is of the part of the file that speaks of the operation, `notes` what a reader of the
    result has to know (a whole file parsed, say). A fact that a problem says is unreadable is left out.
    """

    origin: FactOrigin
    facts: Mapping[str, Fact]
    slice_sha256: str
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read: where it lies, what messages and findings call it, its version or commit where known.

    `root` is the folder that a page's includes must stay in; None lets the reader look for it. `fetched` is
    True for one that a published address answered with.
    """

    path: Path
    name: str
    version: str | None = None
    root: Path | None = None
    fetched: bool = False


class Reader(Protocol):
    """Reads one kind of source; raises `SourceError` or `Unknown`."""

    def __call__(self, source: Source, wanted: Wanted) -> Reading:
        """Read what a source says of an operation."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """The operation that is looked for in a source.

    `path` is as the fact of that name has it; `binding` and `action` are without namespace.
    """

    method: str
    version: str
    path: tuple[Value, ...]
    binding: str
    action: str


class SourceError(UserError):
    """A source that could not be fetched or read; `str()` names file, location and remedy (exit status 3)."""

    code = "source"
    status = 3


class NotASource(SourceError):
    """A file that a user gave and that is not a source at all: a mistake in use (exit status 2)."""

    code = "not-a-source"
    status = 2


def refuse_source(source: Source, problem: str) -> SourceError:
    """The error of a file that is not a source: the user's mistake, unless an address answered with it."""
    return (SourceError if source.fetched else NotASource)(f"{source.name}: {problem}")


class Unknown(Exception):
    """A source that was read, but in which the operation is not where it was, or not as it can be understood.

    Never "no drift": it becomes a finding of class `unknown`, at `origin`; `str()` says what was looked for.
    """

    def __init__(self, problem: str, origin: FactOrigin) -> None:
        super().__init__(problem)
        self.origin = origin
