"""What a line of a catalogue expects of a source, and the facts of a statement for the comparison."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from graphcontract.catalogue.catalogue import Catalogue
from graphcontract.catalogue.contract_document import choose_permissions, choose_status, choose_value
from graphcontract.catalogue.operation import (
    UNKNOWN,
    UNKNOWN_2XX,
    CatalogueSource,
    Operation,
    Stated,
    split_permissions,
)
from graphcontract.contract.model import Contract
from graphcontract.drift.contract_facts import SCHEMES
from graphcontract.drift.model import Fact, FactOrigin, Value
from graphcontract.drift.operation_paths import split_path
from graphcontract.drift.operations.statement import Key, Statement, fold
from graphcontract.drift.waivers import KnownSkew, read_drift_sources

_CONTENT = {"absent": "none", "required": "required", "unconstrained": "optional"}


@dataclass(frozen=True, slots=True)
class Line:
    """An operation of a catalogue with the line that states it; `contract` is the file that overrides it. An
    operation of a folder of contracts has the contract alone, and no line.
    """

    operation: Operation
    number: int | None
    contract: Contract | None = None
    known: tuple[KnownSkew, ...] = ()
    key: Key = field(init=False)

    def __post_init__(self) -> None:
        operation = self.operation
        object.__setattr__(self, "key", Key(operation.version, operation.method, fold(operation.path)))

    def has_source(self, codes: frozenset[str]) -> bool:
        """Whether one of these sources has the operation; a contract without a line expects it of each."""
        if self.number is None:
            return True
        return not codes.isdisjoint((*self.operation.route, *self.operation.permissions))


def read_line(catalogue: Catalogue, id: str) -> Line:
    """Read an operation of a catalogue, with the shipped contract file that overrides it."""
    operation, number = catalogue.operation(id), catalogue.line_of(id)
    if not catalogue.is_curated(id):
        return Line(operation, number)
    contract = catalogue.contract(id)
    return Line(operation, number, contract, read_drift_sources(contract.id, None).known)


def read_contract(contract: Contract) -> Line:
    """Read an operation that a contract file alone describes."""
    request = contract.request
    query = dict.fromkeys(request.query_parameters, "")
    operation = Operation(request.version, request.method, request.path, route="", query=query)
    return Line(operation, None, contract, read_drift_sources(contract.id, None).known)


def expect_contract(line: Line, sources: Mapping[str, CatalogueSource]) -> Statement:
    """Make the statement that a source has to agree with: the facts of the operation's contract."""
    operation, contract = line.operation, line.contract
    types: Sequence[str] = choose_value(operation.types, sources).split(",") if operation.types else ()
    if contract is not None and line.number is None:
        parameters = contract.request.parameters
        types = [_name_type(parameters[name]) for name in operation.parameters]
    expected = Statement(
        operation.version,
        operation.method,
        operation.path,
        success=str(choose_status(operation, sources) or UNKNOWN_2XX),
        types=_read_types(types),
        query=tuple(operation.query),
        fields=tuple(operation.fields),
        deprecated=bool(operation.deprecated),
        permissions=choose_permissions(operation, sources) if operation.permissions else {},
        line=line.number or 1,
    )
    if contract is None:
        return expected
    status = UNKNOWN_2XX if contract.success.alternatives else str(contract.success.status)
    success = f"{status}{' content' if contract.success.content == 'required' else ''}"
    expected = replace(expected, content=_CONTENT[contract.request.content], success=success)
    if contract.permissions is None:
        return expected
    listed: dict[str, str] = {
        each.scheme: " ".join([*each.least, *([">", *each.higher] if each.higher else [])])
        for each in contract.permissions
    }
    return replace(expected, permissions=listed)


def expect_statement(line: Line, codes: frozenset[str]) -> Statement:
    """Make the statement that these sources made when the catalogue was built."""
    operation = line.operation
    stated = operation.list_statements()
    own = next((operation.permissions[code] for code in sorted(codes & operation.permissions.keys())), {})
    types = find_value(operation.types, codes)
    return Statement(
        operation.version,
        operation.method,
        operation.path,
        content=find_value(stated.get("content", {}), codes) or "none",
        success=find_value(stated.get("success", {}), codes) or UNKNOWN_2XX,
        types=_read_types(types.split(",") if types else ()),
        query=tuple(name for name, by in operation.query.items() if not codes.isdisjoint(by)),
        fields=tuple(name for name, by in operation.fields.items() if not codes.isdisjoint(by)),
        deprecated=not codes.isdisjoint(operation.deprecated),
        removal=find_value(operation.removal, codes),
        permissions=own,
        line=line.number or 1,
    )


def read_facts(statement: Statement, origin: FactOrigin, before: Statement | None = None) -> dict[str, Fact]:
    """Read a statement as facts; what it does not state is left out, and so are optional queries and header
    fields, but for those that were required before.
    """
    place = replace(origin, line=statement.line)
    values = dict(_collect_values(statement, before))
    facts = {name: Fact(name, "asserts", value, place) for name, value in values.items()}
    if statement.deprecated is not None:
        facts["deprecation"] = (
            Fact("deprecation", "asserts", (None, statement.removal, "deprecated"), place)
            if statement.deprecated
            else Fact("deprecation", "silent", None, place)
        )
    return facts


def _collect_values(statement: Statement, before: Statement | None) -> Iterator[tuple[str, Value]]:
    status, _, content = statement.success.partition(" ")
    was = before or statement
    if statement.is_spelled:
        yield "path", split_path(statement.path)
        yield "query", _list_inputs(statement.query, statement, was.query)
    if statement.fields is not None:
        yield "fields", _list_inputs(statement.fields, statement, was.fields or ())
    yield "content", statement.content
    yield "success", (int(status) if status.isdigit() else None, content or "none")
    for number, type in enumerate(statement.types, 1):
        if type is not None:
            yield f"key-type.{number}", type
    for scheme, fact in SCHEMES.items() if statement.permissions else ():
        yield fact, split_permissions(statement.permissions.get(scheme, ""))


def _list_inputs(required: Iterable[str], statement: Statement, before: Iterable[str]) -> Value:
    names = {name.casefold() for name in before}
    relaxed = (name for name in statement.optional if name.casefold() in names)
    return tuple(
        sorted([*((name, "required") for name in required), *((name, "optional") for name in relaxed)])
    )


def is_listed(line: Line, fact: str, statement: Statement) -> bool:
    """Whether a source of the catalogue states of a fact what this statement does: sources disagree on it,
    and the contract has the other value.
    """
    stated = line.operation.list_statements()
    name, _, number = fact.partition(".")
    if name == "key-type":
        index = int(number) - 1
        return any(statement.types[index] == each.split(",")[index] for each in stated.get("types", {}))
    if name == "permissions":
        scheme = next(scheme for scheme, own in SCHEMES.items() if own == fact)
        by_source = line.operation.permissions.values()
        return any(each.get(scheme) == statement.permissions.get(scheme) for each in by_source)
    value = {"content": statement.content, "success": statement.success}.get(name)
    return value is not None and value in stated.get(name, {})


def find_value(stated: Stated, codes: frozenset[str]) -> str | None:
    """Find the value of a fact that one of these sources states; None without one."""
    return next((value for value, by in stated.items() if not codes.isdisjoint(by)), None)


def _name_type(schema: Mapping[str, Any]) -> str:
    """Name the type of a contract's parameter, if its schema says no more than a type."""
    if schema.get("format") == "uuid":
        return "guid"
    return UNKNOWN if schema.keys() & {"pattern", "enum", "format"} else str(schema["type"])


def _read_types(types: Sequence[str]) -> tuple[str | None, ...]:
    return tuple(None if each == UNKNOWN else each for each in types)
