"""Reads an OpenAPI description in YAML or JSON into facts about an operation.

`slices` finds the path item in a file of up to 60 MB; this module reads the facts from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from graphcontract.contract.jsonfile import printable
from graphcontract.contract.odata import unqualified
from graphcontract.drift.fact_collector import Notes
from graphcontract.drift.model import FactOrigin, Reading, Source, Unknown, Value, Wanted
from graphcontract.drift.openapi.schemas import enum_of, listed, properties, type_of
from graphcontract.drift.openapi.slices import OpenApiFile, PathItem, opened
from graphcontract.drift.openapi.yaml_values import Node
from graphcontract.drift.operation_paths import folded, segments, shown
from graphcontract.drift.versions import version_in

SPEAKS_OF = (
    *(
        "method",
        "version",
        "path",
        "binding",
        "action",
        "key-type",
        "content",
        "query",
        "fields",
        "parameters",
    ),
    *("success", "errors", "route", "status-enum", "properties", "deprecation", "wording"),
)
_METHODS = ("post", "get", "patch", "put", "delete", "head", "options", "trace")
_MOST_ROUTES = 1000
_PLACEHOLDER = re.compile(r"(.+?)(?:-id\d*|Id)")
_SCHEMA = "#/components/schemas/microsoft.graph."


def read(source: Source, wanted: Wanted) -> Reading:
    """Read what a description states about an operation.

    Raises `SourceError` if it is not a description, and `Unknown` if it lacks the operation and may be
    incomplete.
    """
    with opened(source) as file:
        notes = Notes(FactOrigin("openapi", source.name, source.version))
        version = _version(file, source, notes)
        item = _wanted(file, wanted) or _moved(file, wanted)
        if item is None:
            _absent(file, notes, version, wanted)
        else:
            _OperationFacts(file, notes, item, wanted).collect()
        notes.silent(SPEAKS_OF)
        said = (
            ("the whole file was parsed, because its layout is not one key per line",) if file.whole else ()
        )
        return notes.reading(file.sha256, said)


def path_of(source: Source, binding: str, action: str) -> tuple[Value, ...] | None:
    """Find a path to an action that is given by names without namespace; None where there is none."""
    with opened(source) as file:
        item = file.path_item_ending(_ending(binding, action), lambda _: True)
        return segments(item.path) if item else None


def routes(source: Source, action: str) -> list[tuple[Value, ...]]:
    """List the paths that end with an action, given without its namespace, whatever it is bound to."""
    with opened(source) as file:
        found = file.paths_ending(rf"/(?:[\w.]+\.)?{re.escape(action)}")
        return [segments(path) for path in islice(found, _MOST_ROUTES)]


def _wanted(file: OpenApiFile, wanted: Wanted) -> PathItem | None:
    expected, literal = folded(wanted.path), "/" + "/".join(_certain(wanted.path))
    return file.path_item(literal, lambda path: folded(segments(path)) == expected)


def _certain(path: tuple[Value, ...]) -> Iterator[str]:
    """What stands at the beginning of the path for sure: a key has any name, and a namespace may differ."""
    for segment in path:
        if not isinstance(segment, str) or "." in segment:
            yield "" if isinstance(segment, str) else "{"
            return
        yield segment


def _moved(file: OpenApiFile, wanted: Wanted) -> PathItem | None:
    """Find the same action of the same type on another path; the last placeholder names the type."""
    keys = sum(isinstance(each, tuple) for each in wanted.path)
    return file.path_item_ending(
        _ending(wanted.binding, wanted.action), lambda path: path.count("{") == keys
    ) or file.path_item_ending(_ending(wanted.binding, wanted.action), lambda _: True)


def _ending(binding: str, action: str) -> str:
    """Match a key of the type, or a cast to it, and the action below."""
    type = re.escape(binding)
    return rf"/(?:\{{{type}(?:-id\d*|Id)\}}|[\w.]+\.{type})/(?:[\w.]+\.)?{re.escape(action)}"


def _cast(path: tuple[Value, ...]) -> str | None:
    """The type, without its namespace, of a cast between the key and the action."""
    above = path[-2] if len(path) > 1 else None
    return above.rpartition(".")[2] if isinstance(above, str) and "." in above else None


def _version(file: OpenApiFile, source: Source, notes: Notes) -> str | None:
    """The version that a server's address ends with, else the one that `info` or the file's name tells."""
    _versions(notes, file.member("servers"))
    if "version" not in notes.facts:
        info = file.member("info")
        told = info.text("version") if info else None
        version = told if told in ("beta", "v1.0") else version_in(source.name)
        if version:
            notes.asserts("version", version, notes.at(info.line) if info and told else None)
    fact = notes.facts.get("version")
    return str(fact.value) if fact else None


def _versions(notes: Notes, servers: Node | None) -> None:
    for server in servers.elements() if servers else ():
        version = version_in(server.text("url") or "")
        if version:
            notes.asserts("version", version, notes.at(server.line))


def _absent(file: OpenApiFile, notes: Notes, version: str | None, wanted: Wanted) -> None:
    sought = f"{wanted.method} /{shown(wanted.path)}"
    if file.is_cut_off():
        raise Unknown(f"it has no {sought}, and it ends within `paths`: it may be truncated", notes.origin)
    if version is None:
        raise Unknown(f"it has no {sought}, and does not state its API version", notes.origin)
    notes.asserts("route", "absent", None)


class _OperationFacts:
    """Collects the facts of an operation from its path item."""

    def __init__(self, file: OpenApiFile, notes: Notes, item: PathItem, wanted: Wanted) -> None:
        self._file, self._notes, self._item, self._wanted = file, notes, item, wanted
        node = file.resolved(item.node)
        self._node = item.node if node is None else node

    def collect(self) -> None:
        """Add every fact of the path item to the notes."""
        method, operation = self._operation()
        self._version(operation)
        place = self._notes.at(self._item.node.line)
        self._notes.asserts("method", method.upper(), self._notes.at(operation.line))
        self._notes.asserts("path", segments(self._item.path), place)
        self._notes.asserts("route", "reachable", place)
        action = unqualified(str(segments(self._item.path)[-1]))
        self._notes.asserts("action", action, place)
        parameters = self._parameters(operation)
        self._key(parameters)
        self._inputs(parameters)
        self._content(operation)
        self._responses(operation)
        self._deprecation(operation)
        texts = ((name, operation.text(name)) for name in ("description", "summary"))
        wording = tuple((name, text) for name, text in texts if text)
        if wording:
            self._notes.asserts("wording", wording, self._notes.at(operation.line))

    def _version(self, operation: Node) -> None:
        """Read the version from servers of the path or operation, which override those of the description."""
        for owner in (self._node, operation):
            own = Notes(self._notes.origin)
            _versions(own, owner.get("servers"))
            self._notes.facts.update(own.facts)
            self._notes.problems.extend(own.problems)

    def _operation(self) -> tuple[str, Node]:
        found = {method: self._node.get(method) for method in _METHODS}
        there = {method: node for method, node in found.items() if node is not None}
        if not there:
            problem = f"{printable(self._item.path, 200)} has no operation"
            raise Unknown(problem, self._notes.at(self._item.node.line))
        wanted = self._wanted.method.lower()
        method = wanted if wanted in there else next(iter(there))
        return method, there[method]

    def _parameters(self, operation: Node) -> dict[tuple[str, str], Node]:
        """List parameters by location and name; those of an operation override those of its path."""
        found: dict[tuple[str, str], Node] = {}
        for owner in (self._node, operation):
            listed = owner.get("parameters")
            for each in listed.elements() if listed else ():
                parameter = self._file.resolved(each)
                if parameter is None:
                    self._unreadable(
                        "query", f"a parameter refers to {each.text('$ref')}, which does not exist", each
                    )
                else:
                    found[parameter.text("in") or "", parameter.text("name") or ""] = Node(
                        parameter.data, each.line
                    )
        return found

    def _key(self, parameters: dict[tuple[str, str], Node]) -> None:
        path = segments(self._item.path)
        keys = [segment[1] for segment in path if isinstance(segment, tuple)]
        if not keys:
            return
        placeholder = str(keys[-1])
        parameter = parameters.get(("path", placeholder))
        named = _PLACEHOLDER.fullmatch(placeholder)
        told = parameter.text("x-ms-docs-key-type") if parameter else None
        # In /users/{id}/messages/markAllRead the key is that of a user, and the action of messages.
        owns_action = isinstance(path[-2:][0], tuple)
        binding = _cast(path) or ((told or (named[1] if named else None)) if owns_action else None)
        place = self._notes.at(parameter.line if parameter else self._item.node.line)
        if binding:
            self._notes.asserts("binding", binding, place)
            self._type(binding)
        schema = self._file.resolved(parameter.get("schema")) if parameter else None
        if schema is None:
            self._notes.unreadable(
                "key-type", f"there is no schema for the key {{{printable(placeholder, 200)}}}", place
            )
        else:
            type = type_of(schema)
            self._notes.asserts("key-type", type[:1].lower() + type[1:], place)

    def _inputs(self, parameters: dict[tuple[str, str], Node]) -> None:
        for fact, where in (("query", ("query",)), ("fields", ("header", "cookie"))):
            rows = {
                name: (name, "required" if node.true("required") else "optional")
                for (place, name), node in parameters.items()
                if place in where and name.casefold() != "authorization"
            }
            lines = [
                node.line for (place, name), node in parameters.items() if place in where and name in rows
            ]
            line = lines[0] if lines else self._item.node.line
            if not self._notes.knows(fact):
                self._notes.asserts(fact, tuple(rows[name] for name in sorted(rows)), self._notes.at(line))

    def _content(self, operation: Node) -> None:
        given = operation.get("requestBody")
        if given is None:
            self._notes.asserts("content", "none", self._notes.at(operation.line))
            self._notes.asserts("parameters", (), self._notes.at(operation.line))
            return
        body = self._file.resolved(given)
        if body is None:
            self._unreadable(
                "content", f"its request body refers to {given.text('$ref')}, which does not exist", given
            )
            return
        presence = "required" if body.true("required") else "optional"
        self._notes.asserts("content", presence, self._notes.at(given.line))
        media = body.get("content", "application/json", "schema")
        schema = self._file.resolved(media)
        if schema is not None and any(schema.get(name) is not None for name in ("properties", "allOf")):
            required = {each.data for each in listed(schema, "required")}
            rows = [
                (name, type, "required" if name in required else "optional")
                for name, type, _ in properties(self._file, schema)
            ]
            self._notes.asserts("parameters", tuple(sorted(rows)), self._notes.at(given.line))

    def _responses(self, operation: Node) -> None:
        responses = operation.get("responses")
        place = self._notes.at(responses.line if responses else operation.line)
        success: dict[int, tuple[str, Node]] = {}
        errors: set[str] = set()
        for status, node in responses.members() if responses else ():
            spelled = status.upper()
            if re.fullmatch(r"2[0-9X]{2}", spelled):
                content = self._response_content(node)
                number = int(spelled) if spelled.isdigit() else (204 if content == "none" else 200)
                success[number] = (content, node)
            elif re.fullmatch(r"[45][0-9X]{2}", spelled) or spelled == "DEFAULT":
                self._file.named(node)
                errors |= {"4XX", "5XX"} if spelled == "DEFAULT" else {spelled}
        if len(success) == 1:
            ((number, (content, node)),) = success.items()
            self._notes.asserts("success", (number, content), self._notes.at(node.line))
        else:
            text = (
                f"there are {len(success)} success responses" if success else "there is no success response"
            )
            self._notes.unreadable("success", text, place)
        if errors:
            self._notes.asserts("errors", tuple(sorted(errors)), place)

    def _response_content(self, node: Node) -> str:
        response = self._file.resolved(node)
        if response is None:
            problem = f"a response refers to {printable(node.text('$ref') or '', 200)}, which does not exist"
            raise Unknown(problem, self._notes.at(node.line))
        content = response.get("content")
        return "content" if content is not None and any(True for _ in content.members()) else "none"

    def _deprecation(self, operation: Node) -> None:
        told = operation.get("x-ms-deprecation")
        if told is not None or operation.true("deprecated"):
            texts = tuple(
                told.text(name) if told else None for name in ("date", "removalDate", "description")
            )
            self._notes.asserts("deprecation", texts, self._notes.at(told.line if told else operation.line))

    def _type(self, binding: str) -> None:
        """Read properties and status values if the description has the schema of the type."""
        schema = self._file.component(f"{_SCHEMA}{binding}")
        if schema is None:
            return
        rows = tuple(sorted(properties(self._file, schema)))
        if rows:
            self._notes.asserts("properties", rows, self._notes.at(schema.line))
        statuses = enum_of(self._file, schema, "status")
        if statuses:
            names, line = statuses
            self._notes.asserts("status-enum", tuple((name, None) for name in names), self._notes.at(line))

    def _unreadable(self, fact: str, text: str, node: Node) -> None:
        self._notes.unreadable(fact, printable(text, 400), self._notes.at(node.line))
