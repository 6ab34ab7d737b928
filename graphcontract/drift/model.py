"""The model of drift: what a source states about one operation, as facts with their locations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from graphcontract.errors import UserError

Kind = Literal["contract", "page", "permissions", "csdl", "openapi", "sdk", "run", "snapshot", "unknown"]
Stance = Literal["asserts", "silent", "denies"]
Value = None | bool | int | str | tuple["Value", ...]


@dataclass(frozen=True, slots=True)
class FactOrigin:
    """The location of a fact: the name of the source, its version or commit if it has one, and the line
    from 1.
    """

    kind: Kind
    source: str
    version: str | None = None
    line: int | None = None


Parts = tuple[tuple[str, FactOrigin], ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """One statement of a source: it asserts a value, denies the fact, or is silent (then `value` is None).

    Names, and the shapes of their values:

    - `method`: in capitals. `action`: the name without namespace. `binding`: the type without namespace.
    - `path`: a segment each, below version and root; a literal is its text as spelled, a key is
      `("key", placeholder)`. `version`: `beta` or `v1.0`.
    - `key-type`: `string`, `guid`, … without `Edm.`. `content`: `none`, `optional` or `required`.
    - `query`, `fields`: sorted `(name, "required" | "optional")`; the Authorization field is in no list. A
      contract also says "unconstrained", of a field that a source may call optional or leave out, and
      "implied", of one that goes with the content.
    - `parameters`: sorted `(name, type, "required" | "optional")` but for the binding.
    - `success`: `(status, "none" | "content")`, `2XX` with content is 200; None in place of either
      if it is not stated.
    - `errors`: sorted statuses as texts, where `4XX` and `5XX` stand for a range.
    - `permissions.delegated-work`, `permissions.delegated-personal`, `permissions.application`:
      `(least, higher)`, sorted names each; both empty where the scheme is not supported.
    - `clouds`: sorted of `global`, `us-gov-l4`, `us-gov-l5`, `china`. Of a CSDL file: the cloud that it is
      of, if its name or URL has it (others by their name, `ussec`); `route` says whether that cloud has
      the operation.
    - `route`: `reachable`, `declared` or `absent`. A source of another version than the wanted one that lacks
      the operation does not raise `Unknown`: it asserts its `version` and `absent`.
    - `status-enum`: `(name, number or None)` in the order of numbers, else as they stand.
    - `statuses`: of a contract: names that the enum has to have.
    - `properties`: sorted `(name, type, nullable or None)` of the binding's type.
    - `deprecation`: `(announced date, removal date, text)`, each may be None; silent without a deprecation.
    - `deprecation.inherited`: the same of a node above it on the path, and the path of that node.
    - `operation-id`: the operationId of an OpenAPI description, as spelled.
    - `wording`: title, description and the like, each `(name, text)`.

    `inferred` says from what a value follows that the source does not state itself. `parts` has the
    paragraphs of each text of `wording`, with their locations.
    """

    name: str
    stance: Stance
    value: Value
    origin: FactOrigin
    inferred: str | None = None
    parts: Mapping[str, Parts] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Problem:
    """A fact that a source does not state clearly: `fact-unreadable` if it cannot be read,
    `self-contradiction` if the source states two values. Each becomes a finding of that rule.
    """

    rule: Literal["fact-unreadable", "self-contradiction"]
    fact: str
    text: str
    origin: FactOrigin


@dataclass(frozen=True, slots=True)
class Reading:
    """What one source states: a fact for each name that its kind of source can state, silence included.

    `slice_sha256` is of the part of the file that describes the operation; `notes` are sentences for the
    report, for example that the whole file was parsed. A fact with a problem `fact-unreadable` is left out.
    """

    origin: FactOrigin
    facts: Mapping[str, Fact]
    slice_sha256: str
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read: its path, its name in messages and findings, its version or commit if known.

    `root` is the folder that a page's includes must stay in; if it is None, the reader looks for it.
    `fetched` is True for the response of a published URL.
    """

    path: Path
    name: str
    version: str | None = None
    root: Path | None = None
    fetched: bool = False


class Reader(Protocol):
    """Reads one kind of source; raises `SourceError` or `Unknown`."""

    def __call__(self, source: Source, wanted: Wanted) -> Reading:
        """Read what a source states about an operation."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """The operation to look for in a source.

    `path` has the shape of the fact `path`; `binding` and `action` are without namespace.
    """

    method: str
    version: str
    path: tuple[Value, ...]
    binding: str
    action: str


class SourceError(UserError):
    """A source that could not be fetched or read; `message` names file and location (exit status 3)."""

    code = "source"
    status = 3


class NotASource(SourceError):
    """A file of a user that is not a source: a usage error (exit status 2)."""

    code = "not-a-source"
    status = 2


def reject_source(source: Source, problem: str, hint: str) -> SourceError:
    """Make the error for a file that is not a source: a usage error, unless it was fetched."""
    return (SourceError if source.fetched else NotASource)(f"{source.name}: {problem}", hint)


class Unknown(Exception):
    """The source was read, but the operation was not found in it, or its description is not understood.

    Never "no drift": it becomes a finding of class `unknown`, at `origin`; `str()` says what is missing.
    """

    def __init__(self, problem: str, origin: FactOrigin) -> None:
        super().__init__(problem)
        self.origin = origin
