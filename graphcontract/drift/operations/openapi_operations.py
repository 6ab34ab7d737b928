"""Reads every POST and DELETE of an OpenAPI description, without parsing the rest of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from graphcontract.drift.fact_collector import FactCollector
from graphcontract.drift.model import FactOrigin, Source, SourceError, Unknown
from graphcontract.drift.openapi.openapi_reader import read_version
from graphcontract.drift.openapi.schemas import name_scalar_type
from graphcontract.drift.openapi.slices import OpenApiFile, open_description
from graphcontract.drift.openapi.yaml_values import Node
from graphcontract.drift.operations.statement import METHODS, Key, Statement, index, read_day

_GENERATOR = "Microsoft.OpenApi.OData"
_PARAMETER = re.compile(r"\{([^{}]*)\}")
_OF_ANY_REQUEST = ("accept", "authorization", "content-type")  # OpenAPI ignores such parameters
_NAMESPACE = re.compile(r"((?:\w+\.)+)\w+", re.ASCII)


class OpenApiOperations:
    """The operations of a description.

    A description that is generated from CSDL has 204 for each operation without a return type, whatever the
    service sends: there, 204 is read as an unknown status.
    """

    kind = "openapi"
    family = None

    def __init__(self, source: Source) -> None:
        with open_description(source) as file:
            try:
                self._read(file, source)
            except Unknown as unknown:
                place = f"{source.name}:{unknown.origin.line}" if unknown.origin.line else source.name
                raise SourceError(f"{place}: {unknown}", "Fetch the complete file again.") from None

    def _read(self, file: OpenApiFile, source: Source) -> None:
        version = read_version(file, source, FactCollector(FactOrigin("openapi", source.name)))
        if version not in ("beta", "v1.0"):
            problem = f"{source.name}: it does not state the version of Graph"
            raise SourceError(problem, "Add a server whose URL ends with /beta or /v1.0, or rename the file.")
        info = file.read_member("info")
        tool = info.get("x-ms-generated-by") if info else None
        generated = tool is not None and tool.get_text("toolName") == _GENERATOR
        self.version = version
        self.title = f"OpenAPI description of Microsoft Graph, {version} ({source.path.name})"
        self._stated = index(_iterate_statements(file, version, generated=generated), source.name)

    def list_statements(self) -> list[Statement]:
        """List the operations, those with content included."""
        return list(self._stated.values())

    def describe(self, key: Key, _path: str) -> Statement | None:
        """Describe an operation."""
        return self._stated.get(key)


def _iterate_statements(file: OpenApiFile, version: str, *, generated: bool) -> Iterator[Statement]:
    wanted = {*(method.lower() for method in METHODS), "parameters", "$ref"}
    for item in file.iterate_items(wanted):
        node = file.follow(item.node)
        for method in METHODS:
            operation = node.get(method.lower())
            if operation is not None:
                yield _read_statement(
                    file, version, (method, item.path), node, operation, generated=generated
                )


def _read_statement(
    file: OpenApiFile, version: str, named: tuple[str, str], item: Node, operation: Node, *, generated: bool
) -> Statement:
    method, path = named
    parameters = _list_parameters(file, item, operation)
    types = (parameters.get(("path", name)) for name in _PARAMETER.findall(path))
    query, fields = (_list_inputs(parameters, place) for place in ("query", "header"))
    notice = operation.get("x-ms-deprecation")
    success, statuses = _read_success(file, operation)
    namespace = _NAMESPACE.fullmatch(path.rpartition("/")[2].partition("(")[0])
    return Statement(
        version,
        method,
        path,
        content=_read_content(file, operation),
        success="2XX" if generated and success == "204" else success,
        types=tuple(_name_type(file, each) for each in types),
        query=tuple(name for name, required in query.items() if required),
        fields=tuple(name for name, required in fields.items() if required),
        optional=frozenset(name for name, required in (*query.items(), *fields.items()) if not required),
        namespace=namespace[1].rstrip(".") if namespace and method == "POST" else None,
        deprecated=operation.is_true("deprecated") or notice is not None,
        removal=read_day(notice.get_text("removalDate") if notice else None),
        line=operation.line,
        statuses=statuses,
    )


def _list_parameters(file: OpenApiFile, item: Node, operation: Node) -> dict[tuple[str, str], Node]:
    """List parameters by location and name; those of an operation override those of its path."""
    found: dict[tuple[str, str], Node] = {}
    for owner in (item, operation):
        listed = owner.get("parameters")
        for each in listed.elements() if listed else ():
            parameter = file.follow(each)
            found[parameter.get_text("in") or "", parameter.get_text("name") or ""] = parameter
    return found


def _list_inputs(parameters: Mapping[tuple[str, str], Node], place: str) -> dict[str, bool]:
    """List the names of parameters in the query or the header, and whether each is required."""
    return {
        name: each.is_true("required")
        for (own, name), each in parameters.items()
        if own == place and (place != "header" or name.casefold() not in _OF_ANY_REQUEST)
    }


def _name_type(file: OpenApiFile, parameter: Node | None) -> str | None:
    schema = parameter.get("schema") if parameter else None
    if schema is None:
        return None
    type = name_scalar_type(file, file.follow(schema))
    return type[:1].lower() + type[1:] if type else None


def _read_content(file: OpenApiFile, operation: Node) -> str:
    body = operation.get("requestBody")
    if body is None:
        return "none"
    return "required" if file.follow(body).is_true("required") else "optional"


def _read_success(file: OpenApiFile, operation: Node) -> tuple[str, tuple[str, ...]]:
    """Read the status of success: the only one, else `2XX`, and which there are; with content if any of them
    has content.
    """
    responses = operation.get("responses")
    found: list[str] = []
    content = False
    for status, node in responses.members() if responses else ():
        if re.fullmatch(r"2[0-9X]{2}", status.upper()):
            found.append(status.upper())
            members = file.follow(node).get("content")
            content = content or (members is not None and any(True for _ in members.members()))
    status = found[0] if len(found) == 1 else "2XX"
    several = tuple(sorted(found)) if len(found) > 1 else ()
    return (f"{status} content" if content else status), several
