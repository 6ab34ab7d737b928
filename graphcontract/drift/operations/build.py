"""Builds a catalogue: the operations that sources list, with the facts that all sources state of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import file_digest
from itertools import chain
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
from graphcontract.drift.operations.sdk_export_operations import SdkExportOperations
from graphcontract.drift.operations.sdk_routes import ROUTES, SdkRoutes
from graphcontract.drift.operations.signed_in_user import SignedInUser
from graphcontract.drift.operations.statement import Key, SourceOfFacts, Statement
from graphcontract.drift.source_kind import detect_kind, is_generated_code, read_head

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
_GIVE_ONE = "Compare it with one contract: leave out --operations."
_FIX = "Fetch the complete file again, or remove what is wrong."


def build_catalogue(sources: Sequence[Source], facts: Sequence[Source] = ()) -> str:
    """Build the text of a catalogue of what `sources` list; `facts` only add facts to these operations.

    Raises `NotASource` for a file of another kind, `SourceError` for one that is broken.
    """
    builder = CatalogueBuilder()
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


def open_source(source: Source, *, with_exports: bool = False) -> SourceOfFacts:
    """Read a source of any kind that has facts on many operations. `with_exports`: also the API export of an
    SDK, which has facts on operations whose paths another source spells.
    """
    if ROUTES.match(read_head(source)):
        return SdkRoutes(source)
    kind = detect_kind(source)
    if kind in _READERS:
        return _READERS[kind](source)
    is_export = kind == "sdk" and not is_generated_code(source)
    if is_export and with_exports:
        return SdkExportOperations(source)
    problem, remedy = "a catalogue cannot be made of a source of kind {kind}", _GIVE
    if with_exports:
        problem, remedy = "a source of kind {kind} is of one operation", _GIVE_ONE
    if kind == "sdk":
        problem = "it has no paths" if is_export else "the code of an SDK is compared with one contract"
        remedy = _GIVE if not with_exports else "Give kiota-dom-export.txt, which is in the wheel."
    raise NotASource(f"{source.name}: {problem.format(kind=kind)}", remedy)


def list_statements(parts: Iterable[SourceOfFacts]) -> Iterator[Statement]:
    """List what sources state of operations without content and without a result."""
    statements = chain.from_iterable(part.list_statements() for part in parts)
    return (each for each in statements if each.is_bare)


class CatalogueBuilder:
    """Collects operations and their facts. An operation has the path that the first source spells."""

    def __init__(self) -> None:
        self.operations: dict[Key, str] = {}
        self._origins: dict[Key, str] = {}
        self._sources: list[tuple[CatalogueSource, _Describe]] = []

    def add_source(self, source: Source, read: SourceOfFacts, *, lists: bool) -> None:
        """Add a source, and what is derived from it; `lists`: its operations belong to the catalogue."""
        with source.path.open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
        parts = self.add_facts(read, digest)
        for each in list_statements(parts) if lists else ():
            self.add_operation(each, f"{source.name}:{each.line}")

    def add_facts(self, read: SourceOfFacts, digest: str | None) -> list[SourceOfFacts]:
        """Add a source of facts, and what is derived from it; returns both."""
        parts: list[SourceOfFacts] = [read]
        if read.family is not None and (derived := SignedInUser(read)).list_statements():
            parts.append(derived)
        for part in parts:
            self._add(part, digest if part is read else None)
        return parts

    def add_operation(self, statement: Statement, place: str) -> None:
        """Add an operation, spelled as in a statement, unless it is known; `place` is FILE:LINE."""
        if len(statement.path) > _LONGEST_PATH:
            problem = f"{place}: the path has more than {_LONGEST_PATH} characters"
            raise SourceError(problem, _FIX)
        self.operations.setdefault(statement.key, statement.path)
        self._origins.setdefault(statement.key, place)

    def format(self, patterns: Sequence[str] = ()) -> str:
        """Format the catalogue, sorted by path; `SourceError` for an operation that it cannot have.

        `patterns` chose the operations of a snapshot.
        """
        spelled = sorted(self.operations, key=lambda key: (self.operations[key], key.method, key.version))
        lines = [format_line(self._collect(key)) for key in spelled]
        header = format_header([source for source, _ in self._sources], patterns)
        text = "\n".join([header, *lines, ""])
        try:
            for _ in Catalogue(text, "catalogue").iterate_operations():
                pass
        except ContractError as error:
            key = spelled[max((error.line or 2) - 2, 0)]
            problem = f"{self._origins[key]}: {key.method} {self.operations[key]}: expected {error.expected}"
            raise SourceError(f"{make_printable(problem)}, found {error.found}", _FIX) from None
        return text

    def _add(self, read: SourceOfFacts, digest: str | None) -> None:
        used = {source.code for source, _ in self._sources}
        free = ascii_letters[ascii_letters.index(_CODES[read.kind]) :] + ascii_letters
        code = next((letter for letter in free if letter not in used), None)
        if code is None:
            problem = f"{read.title}: a catalogue has at most {len(ascii_letters)} sources"
            raise NotASource(problem, "Give fewer sources.")
        self._sources.append(
            (CatalogueSource(code, read.kind, read.title, read.family, digest), read.describe)
        )

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
            fields=facts.fields,
            namespace=facts.namespace,
            deprecated=facts.deprecated,
            removal=facts.removal,
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
    fields: dict[str, str] = field(default_factory=dict)
    namespace: dict[str, str] = field(default_factory=dict)
    removal: dict[str, str] = field(default_factory=dict)
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
            (self.removal, statement.removal or "", bool(statement.removal)),
            *((self.query, name, True) for name in statement.query),
            *((self.fields, name, True) for name in statement.fields or ()),
        ]
        for stated, value, is_stated in values:
            if is_stated:
                stated[value] = stated.get(value, "") + code
