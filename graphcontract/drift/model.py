"""What a source says of one operation: facts with provenance, the same model for every kind of source.

Knows names and shapes of facts; it knows no file format, and compares nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from graphcontract.errors import UserError

Kind = Literal["contract", "page", "permissions", "csdl", "openapi", "sdk", "run", "snapshot"]
Stance = Literal["asserts", "silent", "denies"]
Value = None | bool | int | str | tuple["Value", ...]


@dataclass(frozen=True, slots=True)
class Origin:
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
    - `query`, `fields`: sorted `(name, "required" | "optional")`; the Authorization field is in no list.
    - `parameters`: sorted `(name, type, "required" | "optional")` but for the binding.
    - `success`: `(status, "none" | "content")`, `2XX` without content is 204.
    - `errors`: sorted statuses as texts, where `4XX` and `5XX` stand for a range.
    - `permissions.delegated-work`, `permissions.delegated-personal`, `permissions.application`:
      `(least, higher)`, sorted names each; both empty where the scheme is not supported.
    - `clouds`: sorted of `global`, `us-gov-l4`, `us-gov-l5`, `china`.
    - `route`: `reachable`, `declared` or `absent`.
    - `status-enum`: `(name, number or None)` in the order of numbers, else as they stand.
    - `properties`: sorted `(name, type, nullable or None)` of the binding's type.
    - `deprecation`: `(announced date, removal date, text)`, each may be None; silent where there is none.
    - `wording`: title, description and the like, each `(name, text)`.
    """

    name: str
    stance: Stance
    value: Value
    origin: Origin


@dataclass(frozen=True, slots=True)
class Reading:
    """One source, read: a fact for each name that this kind of source can speak of, silence included.

    `slice_sha256` is of the part of the file that speaks of the operation, `notes` what a reader of the
    result has to know (a whole file parsed, say).
    """

    origin: Origin
    facts: Mapping[str, Fact]
    slice_sha256: str
    notes: tuple[str, ...] = ()


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
    """A source that could not be had or read at all; `str()` names file, place and remedy (exit status 3)."""

    status = 3


class Unknown(Exception):
    """A source that was read, but in which the operation is not where it was, or not as it can be understood.

    Never "no drift": it becomes a finding of class `unknown`, at `origin`; `str()` says what was looked for.
    """

    def __init__(self, problem: str, origin: Origin) -> None:
        super().__init__(problem)
        self.origin = origin
