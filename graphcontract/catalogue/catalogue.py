"""A catalogue in memory: it finds operations by pattern, and makes their contracts.

Lines are parsed when they are needed: the shipped catalogue has thousands, and a command needs some of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any, NoReturn

from graphcontract.catalogue.contract_document import make_document
from graphcontract.catalogue.operation import CatalogueSource, Operation, parse_members, parse_sources
from graphcontract.catalogue.operation_ids import make_ids
from graphcontract.catalogue.patterns import OperationPattern, reject_pattern
from graphcontract.contract import loader
from graphcontract.contract.jsonfile import ContractError, ContractFile, decode, parse, read_bytes
from graphcontract.contract.model import Contract
from graphcontract.contract.odata import strip_alias, strip_namespace
from graphcontract.contract.schema import check_schema
from graphcontract.contract.validation import Known

SHIPPED = "operations.jsonl"

_PACKAGE = "graphcontract.catalogue"
_MOST_BYTES = 32 * 1024 * 1024  # many times the shipped catalogue
_OPERATION = re.compile(r'\{\s*"operation"\s*:\s*"([^"\\]*)"')
_KEY = re.compile(r"\{[^{}]*\}")
_REBUILD = "Fix the line, or make the catalogue again with `graphcontract contracts catalogue build`."


class Catalogue:
    """The operations of a catalogue, in the order of its lines. `curated` are the ids of shipped contract
    files by the operation that they override; only the shipped catalogue has them.
    """

    def __init__(self, text: str, name: str, curated: Mapping[str, str] | None = None) -> None:
        self.name = name
        self._is_shipped = curated is not None
        self._lines = text.split("\n")
        if self._lines[-1] == "":
            self._lines.pop()
        self._curated = curated or {}
        if not self._lines or '"catalogue"' not in self._lines[0]:
            self._fail(1, 'the header, an object with "catalogue" and "sources"', "none")
        self._names = self._index_names()

    @classmethod
    def load(cls, path: Path | None = None) -> Catalogue:
        """Load a catalogue file, or the shipped one; `ContractError` if it is not one, with its line."""
        if path is None:
            return load_shipped()
        missing = "Make one with `graphcontract contracts catalogue build`."
        data = read_bytes(path, missing, "a catalogue of operations", _MOST_BYTES)
        return cls(decode(data, str(path), _MOST_BYTES), str(path))

    def __len__(self) -> int:
        return len(self._names)

    @cached_property
    def sources(self) -> dict[str, CatalogueSource]:
        """The sources by their codes; `ContractError` if the header is broken."""
        return parse_sources(self._read(1).document)

    @cached_property
    def patterns(self) -> tuple[str, ...]:
        """The patterns that chose the operations of a snapshot; none for another catalogue."""
        return tuple(self._read(1).document.get("operations", ()))

    @cached_property
    def later_facts(self) -> frozenset[str]:
        """The facts that a snapshot has, of those that the first snapshots did not have."""
        return frozenset(self._read(1).document.get("facts", ()))

    @property
    def names(self) -> Sequence[str]:
        """Version, method and path of each operation, in the order of `ids`."""
        return self._names

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The id of each operation. An operation of a shipped contract file has the id of that contract; the
        id that it would have otherwise is accepted, too.
        """
        if not self._curated:
            return self._own_ids
        folded = (_fold_name(name) for name in self._names)
        return tuple(self._curated.get(name, id) for name, id in zip(folded, self._own_ids, strict=True))

    def find(self, pattern: str) -> list[str]:
        """Find the ids of the operations whose name or id matches a glob; `NoOperation` without a match.

        A pattern may leave out the version, or version and method. `all` matches every operation.
        """
        sought = OperationPattern(pattern)
        found = [
            id
            for id, own, name in zip(self.ids, self._own_ids, self._names, strict=True)
            if sought.matches(name, id, own)
        ]
        if not found:
            raise reject_pattern("the pattern", pattern, self.name, self.ids)
        return found

    def __contains__(self, id: object) -> bool:
        return id in self._positions

    def name_of(self, id: str) -> str:
        """Give version, method and path of an operation; `NoOperation` without it."""
        return self._names[self._locate(id)]

    def line_of(self, id: str) -> int:
        """Give the line of an operation, from 1; `NoOperation` without it."""
        return self._locate(id) + 2

    def is_curated(self, id: str) -> bool:
        """Whether a shipped contract file overrides the line of an operation."""
        return self._find_override(id) is not None

    def operation(self, id: str) -> Operation:
        """Give the facts of an operation; `NoOperation` without it, `ContractError` if its line is broken."""
        return self._parse_line(self._locate(id))

    def contract(self, id: str, known: Known | None = None) -> Contract:
        """Make the contract of an operation, or load the contract file that overrides it.

        `known` is as for `loader.load`. Raises as `operation` does, and `ContractError` if a contract cannot
        have the operation's path.
        """
        if (override := self._find_override(id)) is not None:
            return loader.load(override, known)
        file = self._make_file(id)
        try:
            return loader.load_file(file, known)
        except ContractError as error:
            self._fail(self.line_of(id), error.expected, error.found, error.hint)

    def document(self, id: str, known: Known | None = None) -> dict[str, Any]:
        """Give the contract of an operation as one document, as `loader.document` does."""
        if (override := self._find_override(id)) is not None:
            return loader.document(override, known)
        file = self._make_file(id)
        try:
            return loader.document_file(file, known)
        except ContractError as error:
            self._fail(self.line_of(id), error.expected, error.found, error.hint)

    def _find_override(self, id: str) -> str | None:
        """Find the shipped contract file of an operation."""
        current = self.ids[self._locate(id)]
        return current if current in self._overriding else None

    def _make_file(self, id: str) -> ContractFile:
        position = self._locate(id)
        document = make_document(id, self._parse_line(position), self.sources)
        digest = sha256(self._lines[position + 1].encode()).hexdigest()
        return ContractFile(self.name, None, digest, document, "{}")

    def find_family(self, operation: Operation) -> str | None:
        """Find the SDK family for whose clients an operation is self-derived: no other source has it."""
        families = {self.sources[code].family for code in (*operation.route, *operation.permissions)}
        return families.pop() if len(families) == 1 else None

    def find_family_of(self, id: str) -> str | None:
        """Find the SDK family for whose clients an operation is self-derived; None for one with a contract
        file, which was read from its page. Raises as `operation` does.
        """
        return None if self.is_curated(id) else self.find_family(self.operation(id))

    def iterate_operations(self) -> Iterator[tuple[str, Operation]]:
        """Yield each operation with its id; `ContractError` at the first broken line."""
        return ((id, self._parse_line(position)) for position, id in enumerate(self.ids))

    @cached_property
    def _overriding(self) -> frozenset[str]:
        return frozenset(self._curated.values())

    @cached_property
    def _own_ids(self) -> tuple[str, ...]:
        return tuple(make_ids(self._names))

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {id: position for ids in (self._own_ids, self.ids) for position, id in enumerate(ids)}

    def _locate(self, id: str) -> int:
        position = self._positions.get(id)
        if position is None:
            raise reject_pattern("the id", id, self.name, self.ids)
        return position

    def _index_names(self) -> list[str]:
        names: list[str] = []
        for number, line in enumerate(self._lines[1:], 2):
            found = _OPERATION.match(line)
            if found is None or found[1].count(" ") != 2:
                expected = 'an object whose first member is "operation", with version, method and path'
                self._fail(number, expected, "another line" if line.strip() else "an empty line")
            names.append(found[1])
        seen: set[str] = set()
        for number, name in enumerate(names, 2):
            if name in seen:
                self._fail(number, "each operation once", f"{name} a second time")
            seen.add(name)
        return names

    def _parse_line(self, position: int) -> Operation:
        number = position + 2
        operation = parse_members(self._read(number).document)
        stated = [operation.route, operation.deprecated, *operation.permissions]
        stated += [codes for each in operation.list_statements().values() for codes in each.values()]
        unknown = sorted({code for codes in stated for code in codes} - self.sources.keys())
        if unknown:
            self._fail(number, f"codes of the header ({', '.join(self.sources)})", unknown[0])
        if not operation.route and not operation.permissions:
            self._fail(number, "a source in route, or permissions", "neither")
        count = len(operation.parameters)
        if any(len(types.split(",")) != count for types in operation.types):
            self._fail(number, f"{count} types, one for each parameter", " or ".join(operation.types))
        return operation

    def _read(self, number: int) -> ContractFile:
        """Parse a line, and check it against the schema: that of the shipped catalogue is checked by a test,
        and takes most of the time that its 7,572 lines need.
        """
        line = self._lines[number - 1]
        if self._is_shipped:
            return ContractFile(self.name, None, "", json.loads(line), line)
        try:
            file = parse(line.encode(), self.name, None)
            check_schema(file, _PACKAGE, "catalogue.schema.json")
        except ContractError as error:
            self._fail(number, error.expected, error.found, error.hint, error.pointer)
        return file

    def _fail(
        self, line: int, expected: str, found: str, remedy: str = _REBUILD, pointer: str | None = None
    ) -> NoReturn:
        raise ContractError(self.name, expected, found, remedy, pointer, line) from None


@cache
def load_shipped() -> Catalogue:
    """Load the shipped catalogue, whose operations the shipped contract files override."""
    curated = {
        _fold_name(f"{request['version']} {request['method']} {request['path']}"): id
        for id, request in loader.list_shipped_requests().items()
    }
    text = files(_PACKAGE).joinpath(SHIPPED).read_text(encoding="utf-8")
    return Catalogue(text, f"{SHIPPED} (shipped)", curated)


def _fold_name(name: str) -> str:
    """Fold a name for comparison: lower case, no names of parameters, no namespace of an action or function,
    the full namespace of a type cast.
    """
    name = _KEY.sub("{}", name).casefold()
    operation, slash, path = name.partition("/")
    if "." not in path:
        return name
    *above, last = path.split("/")
    folded = (strip_namespace(each) if "(" in each else strip_alias(each) for each in above)
    return f"{operation}{slash}{'/'.join((*folded, strip_namespace(last)))}"
