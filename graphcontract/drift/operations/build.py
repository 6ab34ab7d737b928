"""Builds a catalogue: the operations that sources list, with the facts that all sources state of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import file_digest
from string import ascii_letters

from graphcontract.catalogue.catalogue import Catalogue
from graphcontract.catalogue.operation import (
    NOTHING,
    UNKNOWN,
    UNKNOWN_2XX,
    CatalogueSource,
    Operation,
    format_header,
    format_line,
)
from graphcontract.contract.jsonfile import ContractError, make_printable
from graphcontract.drift.model import NotASource, Source, SourceError
from graphcontract.drift.operations.csdl_operations import CsdlOperations
from graphcontract.drift.operations.openapi_operations import OpenApiOperations
from graphcontract.drift.operations.permissions_operations import PermissionsOperations
from graphcontract.drift.operations.sdk_routes import FAMILY, ROUTES, SdkRoutes, derive_me
from graphcontract.drift.operations.statement import Key, SourceOfFacts, Statement
from graphcontract.drift.source_kind import detect_kind, read_head

_Describe = Callable[[Key, str], Statement | None]

_READERS: dict[str, Callable[[Source], SourceOfFacts]] = {
    "csdl": CsdlOperations,
    "openapi": OpenApiOperations,
    "permissions": PermissionsOperations,
}
CATALOGUE = re.compile(rb'\A\{\s*"catalogue"\s*:')
"""How a catalogue file begins."""

_CODES = {"routes": "s", "csdl": "c", "openapi": "o", "permissions": "p", "derived": "m"}
_LONGEST_PATH = 1000  # as the schemas of contracts and catalogues have it
_GIVE = "Give routes of an SDK, CSDL, an OpenAPI description or permissions.json."
_FIX = "Fetch the complete file again, or remove what is wrong."


def build_catalogue(sources: Sequence[Source], facts: Sequence[Source] = ()) -> str:
    """Build the text of a catalogue of what `sources` list; `facts` only add facts to these operations.

    Raises `NotASource` for a file of another kind, `SourceError` for one that is broken.
    """
    builder = _Builder()
    for number, source in enumerate((*sources, *facts)):
        builder.add_source(source, open_source(source), lists=number < len(sources))
    if not builder.operations:
        names = ", ".join(each.name for each in sources)
        problem = f"{names}: no POST or DELETE here takes no content and returns nothing"
        raise NotASource(problem, "Give routes of an SDK, CSDL or an OpenAPI description.")
    return builder.format()


def open_catalogue(source: Source) -> Catalogue:
    """Load a catalogue file, or build a catalogue of another source in memory."""
    if CATALOGUE.match(read_head(source)):
        return Catalogue.load(source.path)
    return Catalogue(build_catalogue([source]), source.name)


def open_source(source: Source) -> SourceOfFacts:
    """Read a source of any kind that has facts on many operations."""
    if ROUTES.match(read_head(source)):
        return SdkRoutes(source)
    kind = detect_kind(source)
    if kind not in _READERS:
        raise NotASource(f"{source.name}: a catalogue cannot be made of a source of kind {kind}", _GIVE)
    return _READERS[kind](source)


class _Builder:
    """Collects operations and their facts. An operation has the path that the first source spells."""

    def __init__(self) -> None:
        self.operations: dict[Key, str] = {}
        self._origins: dict[Key, str] = {}
        self._sources: list[tuple[CatalogueSource, _Describe]] = []

    def add_source(self, source: Source, read: SourceOfFacts, *, lists: bool) -> None:
        """Add a source, and what is derived from it; `lists`: its operations belong to the catalogue."""
        with source.path.open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
        family = FAMILY if isinstance(read, SdkRoutes) else None
        self._add(read.kind, read.title, family, digest, read.describe)
        statements = [each for each in read.list_statements() if each.is_bare] if lists or family else []
        derived = [each for each in map(derive_me, statements) if each is not None] if family else []
        if derived:
            by_key = {each.key: each for each in derived}
            title = f"{read.title}: /me, derived from /users/{{user-id}}"
            self._add("derived", title, family, None, lambda key, _: by_key.get(key))
        for each in (*statements, *derived) if lists else ():
            if len(each.path) > _LONGEST_PATH:
                problem = f"{source.name}:{each.line}: the path has more than {_LONGEST_PATH} characters"
                raise SourceError(problem, _FIX)
            key = each.key
            self.operations.setdefault(key, each.path)
            self._origins.setdefault(key, f"{source.name}:{each.line}")

    def format(self) -> str:
        """Format the catalogue, sorted by path; `SourceError` for an operation that it cannot have."""
        spelled = sorted(self.operations, key=lambda key: (self.operations[key], key.method, key.version))
        lines = [format_line(self._collect(key)) for key in spelled]
        header = format_header([source for source, _ in self._sources])
        text = "\n".join([header, *lines, ""])
        try:
            for _ in Catalogue(text, "catalogue").iterate_operations():
                pass
        except ContractError as error:
            key = spelled[max((error.line or 2) - 2, 0)]
            problem = f"{self._origins[key]}: {key.method} {self.operations[key]}: expected {error.expected}"
            raise SourceError(f"{make_printable(problem)}, found {error.found}", _FIX) from None
        return text

    def _add(self, kind: str, title: str, family: str | None, digest: str | None, own: _Describe) -> None:
        used = {source.code for source, _ in self._sources}
        free = ascii_letters[ascii_letters.index(_CODES[kind]) :] + ascii_letters
        code = next((letter for letter in free if letter not in used), None)
        if code is None:
            problem = f"{title}: a catalogue has at most {len(ascii_letters)} sources"
            raise NotASource(problem, "Give fewer sources.")
        self._sources.append((CatalogueSource(code, kind, title, family, digest), own))

    def _collect(self, key: Key) -> Operation:
        path = self.operations[key]
        facts = _Facts()
        for source, describe in self._sources:
            statement = describe(key, path)
            if statement is not None and source.kind == "permissions":
                facts.permissions[source.code] = statement.permissions
            elif statement is not None:
                facts.add(source.code, statement)
        return Operation(
            key.version,
            key.method,
            path,
            route=facts.route,
            content=facts.content,
            success=facts.success,
            types=facts.types,
            query=facts.query,
            namespace=facts.namespace,
            deprecated=facts.deprecated,
            permissions=facts.permissions,
        )


@dataclass(slots=True)
class _Facts:
    """The facts of one operation while they are collected: values with the codes of their sources."""

    route: str = ""
    deprecated: str = ""
    content: dict[str, str] = field(default_factory=dict)
    success: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    namespace: dict[str, str] = field(default_factory=dict)
    permissions: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def add(self, code: str, statement: Statement) -> None:
        """Add what a source states, unless it is what every source of `route` states."""
        self.route += code
        self.deprecated += code if statement.deprecated else ""
        values = [
            (self.content, statement.content, statement.content != NOTHING),
            (self.success, statement.success, statement.success != UNKNOWN_2XX),
            (self.types, ",".join(each or UNKNOWN for each in statement.types), any(statement.types)),
            (self.namespace, statement.namespace or "", bool(statement.namespace)),
            *((self.query, name, True) for name in statement.query),
        ]
        for stated, value, is_stated in values:
            if is_stated:
                stated[value] = stated.get(value, "") + code
