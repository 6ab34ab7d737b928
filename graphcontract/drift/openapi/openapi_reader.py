"""Reads an OpenAPI description in YAML or JSON into facts about an operation.

`slices` finds the path item in a file of up to 60 MB; this module reads the facts from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from graphcontract.contract.jsonfile import make_printable
from graphcontract.drift.fact_collector import FactCollector
from graphcontract.drift.model import FactOrigin, Reading, Source, Unknown, Value, Wanted
from graphcontract.drift.openapi.schemas import find_enum, list_elements, list_properties, name_scalar_type
from graphcontract.drift.openapi.slices import OpenApiFile, PathItem, open_description
from graphcontract.drift.openapi.yaml_values import Node
from graphcontract.drift.operation_paths import (
    find_cast,
    find_last_key,
    fold_path,
    format_path,
    name_action,
    split_path,
)
from graphcontract.drift.versions import find_version

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
    *("deprecation.inherited", "operation-id"),
)
_METHODS = ("post", "get", "patch", "put", "delete", "head", "options", "trace")
_ARGUMENTS = r"(?:\([^()/]*\))?"
_MOST_ROUTES = 1000  # bounds the paths in an error message, as `routes` does
_PLACEHOLDER = re.compile(r"(.+?)(?:-id\d*|Id)")
_SCHEMA = "#/components/schemas/microsoft.graph."


def read(source: Source, wanted: Wanted) -> Reading:
    """Read what a description states about an operation.

    Raises `SourceError` if it is not a description, and `Unknown` if it lacks the operation and may be
    incomplete.
    """
    with open_description(source) as file:
        notes = FactCollector(FactOrigin("openapi", source.name, source.version))
        version = read_version(file, source, notes)
        item = _find_path(file, wanted.path) or _find_moved(file, wanted)
        # The other methods of an entity are other operations.
        if item is None or (wanted.method == "DELETE" and not _has_delete(file, item)):
            _read_absence(file, notes, version, wanted)
        else:
            _OperationFacts(file, notes, item, wanted).collect()
        notes.mark_silent(SPEAKS_OF)
        layout = "its layout is not one key per line, or it has aliases or tabs"
        said = (f"the whole file was parsed, because {layout}",) if file.whole else ()
        return notes.make_reading(file.sha256, said)


def find_routes(source: Source, binding: str, action: str) -> list[tuple[Value, ...]]:
    """List the paths to an action of a type, given by names without namespace."""
    with open_description(source) as file:
        found = file.find_paths_ending(rf"{_make_ending_pattern(binding, action)}{_ARGUMENTS}")
        return [split_path(path) for path in islice(found, _MOST_ROUTES)]


def find_paths(source: Source, action: str) -> list[tuple[Value, ...]]:
    """List the paths that end with an action, given without its namespace, whatever it is bound to."""
    with open_description(source) as file:
        found = file.find_paths_ending(rf"/(?:[\w.]+\.)?{re.escape(action)}{_ARGUMENTS}")
        return [split_path(path) for path in islice(found, _MOST_ROUTES)]


def find_deletions(source: Source, binding: str) -> list[tuple[Value, ...]]:
    """List the paths with DELETE that end with a key of a type, given without namespace."""
    with open_description(source) as file:
        named = islice(file.find_paths_ending(rf"/{_make_key_pattern(binding)}"), _MOST_ROUTES)
        found = ((path, _find_path(file, path)) for path in map(split_path, named))
        return [path for path, item in found if item is not None and _has_delete(file, item)]


def _find_path(file: OpenApiFile, path: tuple[Value, ...]) -> PathItem | None:
    expected, literal = fold_path(path), "/" + "/".join(_iterate_literal_prefix(path))
    return file.find_path_item(literal, lambda path: fold_path(split_path(path)) == expected)


def _iterate_literal_prefix(path: tuple[Value, ...]) -> Iterator[str]:
    """Yield the fixed start of a path, to search for: a key may have any name, and a namespace may differ."""
    for segment in path:
        if not isinstance(segment, str) or "." in segment:
            yield "" if isinstance(segment, str) else "{"
            return
        yield segment


def _has_delete(file: OpenApiFile, item: PathItem) -> bool:
    node = file.resolve(item.node) or item.node
    return node.get("delete") is not None


def _find_moved(file: OpenApiFile, wanted: Wanted) -> PathItem | None:
    """Find the same action of the same type on another path; the last placeholder names the type."""
    if wanted.method == "DELETE":
        return None
    keys = sum(isinstance(each, tuple) for each in wanted.path)
    return file.find_path_item_ending(
        _make_ending_pattern(wanted.binding, wanted.action), lambda path: path.count("{") == keys
    ) or file.find_path_item_ending(_make_ending_pattern(wanted.binding, wanted.action), lambda _: True)


def _make_ending_pattern(binding: str, action: str) -> str:
    """Match a key of the type, or a cast to it, and the action below."""
    cast = rf"[\w.]+\.{re.escape(binding)}"
    return rf"/(?:{_make_key_pattern(binding)}|{cast})/(?:[\w.]+\.)?{re.escape(action)}"


def _make_key_pattern(type: str) -> str:
    return rf"\{{{re.escape(type)}(?:-id\d*|Id)\}}"


def read_version(file: OpenApiFile, source: Source, notes: FactCollector) -> str | None:
    """Read the version from a server's URL, else from `info` or the file's name."""
    _read_servers(notes, file.read_member("servers"))
    if "version" not in notes.facts:
        info = file.read_member("info")
        stated = info.get_text("version") if info else None
        version = stated if stated in ("beta", "v1.0") else find_version(source.name)
        if version:
            notes.add_fact("version", version, notes.locate(info.line) if info and stated else None)
    fact = notes.facts.get("version")
    return str(fact.value) if fact else None


def _read_servers(notes: FactCollector, servers: Node | None) -> None:
    for server in servers.elements() if servers else ():
        version = find_version(_expand_url(server))
        if version:
            notes.add_fact("version", version, notes.locate(server.line))


def _expand_url(server: Node) -> str:
    """Return the URL of a server with the default values of its variables."""
    url = server.get_text("url") or ""
    variables = server.get("variables")
    for name, variable in variables.members() if variables else ():
        url = url.replace(f"{{{name}}}", variable.get_text("default") or "")
    return url


def _read_absence(file: OpenApiFile, notes: FactCollector, version: str | None, wanted: Wanted) -> None:
    sought = f"{wanted.method} /{format_path(wanted.path)}"
    if file.is_cut_off():
        raise Unknown(f"it has no {sought}, and it ends within `paths`: it may be truncated", notes.origin)
    if version is None:
        raise Unknown(f"it has no {sought}, and does not state its API version", notes.origin)
    notes.add_fact("route", "absent", None)


class _OperationFacts:
    """Collects the facts of an operation from its path item."""

    def __init__(self, file: OpenApiFile, notes: FactCollector, item: PathItem, wanted: Wanted) -> None:
        self._file, self._notes, self._item, self._wanted = file, notes, item, wanted
        node = file.resolve(item.node)
        self._node = item.node if node is None else node

    def collect(self) -> None:
        """Add every fact of the path item to the notes."""
        method, operation = self._find_operation()
        self._add_version(operation)
        place = self._notes.locate(self._item.node.line)
        self._notes.add_fact("method", method.upper(), self._notes.locate(operation.line))
        self._notes.add_fact("path", split_path(self._item.path), place)
        self._notes.add_fact("route", "reachable", place)
        action = name_action(self._wanted.method, split_path(self._item.path))
        self._notes.add_fact("action", action, place)
        parameters = self._list_parameters(operation)
        self._add_key(parameters)
        self._add_inputs(parameters)
        self._add_content(operation)
        self._add_responses(operation)
        self._add_deprecation(operation)
        if name := operation.get_text("operationId"):
            id = operation.get("operationId")
            self._notes.add_fact("operation-id", name, self._notes.locate((id or operation).line))
        texts = ((name, operation.get_text(name)) for name in ("description", "summary"))
        wording = tuple((name, text) for name, text in texts if text)
        nodes = {name: operation.get(name) or operation for name, _ in wording}
        parts = {name: ((text, self._notes.locate(nodes[name].line)),) for name, text in wording}
        if wording:
            self._notes.add_fact("wording", wording, self._notes.locate(operation.line), parts=parts)

    def _add_version(self, operation: Node) -> None:
        """Read the version from servers of the path or operation, which override those of the description."""
        for owner in (self._node, operation):
            own = FactCollector(self._notes.origin)
            _read_servers(own, owner.get("servers"))
            self._notes.facts.update(own.facts)
            self._notes.problems.extend(own.problems)

    def _find_operation(self) -> tuple[str, Node]:
        found = {method: self._node.get(method) for method in _METHODS}
        there = {method: node for method, node in found.items() if node is not None}
        if not there:
            problem = f"{make_printable(self._item.path, 200)} has no operation"
            raise Unknown(problem, self._notes.locate(self._item.node.line))
        wanted = self._wanted.method.lower()
        method = wanted if wanted in there else next(iter(there))
        return method, there[method]

    def _list_parameters(self, operation: Node) -> dict[tuple[str, str], Node]:
        """List parameters by location and name; those of an operation override those of its path."""
        found: dict[tuple[str, str], Node] = {}
        for owner in (self._node, operation):
            listed = owner.get("parameters")
            for each in listed.elements() if listed else ():
                parameter = self._file.resolve(each)
                if parameter is None:
                    self._add_unreadable(
                        "query", f"a parameter refers to {each.get_text('$ref')}, which does not exist", each
                    )
                else:
                    found[parameter.get_text("in") or "", parameter.get_text("name") or ""] = Node(
                        parameter.data, each.line
                    )
        return found

    def _add_key(self, parameters: dict[tuple[str, str], Node]) -> None:
        path = split_path(self._item.path)
        keys = [str(segment[1]) for segment in path if isinstance(segment, tuple)]
        last = find_last_key(path) if self._wanted.method == "DELETE" else None
        placeholder = last or (keys[-1] if keys else None)
        if placeholder is None:
            return
        parameter = parameters.get(("path", placeholder))
        named = _PLACEHOLDER.fullmatch(placeholder)
        type_name = parameter.get_text("x-ms-docs-key-type") if parameter else None
        # In /users/{id}/messages/markAllRead the key is that of a user, and the action of messages.
        owns_action = last is None and isinstance(path[-2:][0], tuple)
        binding = (type_name or (named[1] if named else None)) if owns_action else None
        if cast := find_cast(path):
            # An action below a cast is of that type, or inherited from the type of the key.
            binding = cast if type_name == cast else None
        place = self._notes.locate(parameter.line if parameter else self._item.node.line)
        if binding:
            self._notes.add_fact("binding", binding, place)
            self._add_type(binding)
        schema = self._file.resolve(parameter.get("schema")) if parameter else None
        if schema is None:
            self._notes.add_unreadable(
                "key-type", f"there is no schema for the key {{{make_printable(placeholder, 200)}}}", place
            )
        else:
            type = name_scalar_type(self._file, schema)
            self._notes.add_fact("key-type", type[:1].lower() + type[1:], place)

    def _add_inputs(self, parameters: dict[tuple[str, str], Node]) -> None:
        for fact, where in (("query", ("query",)), ("fields", ("header", "cookie"))):
            rows = {
                name: (name, "required" if node.is_true("required") else "optional")
                for (place, name), node in parameters.items()
                if place in where and name.casefold() != "authorization"
            }
            lines = [
                node.line for (place, name), node in parameters.items() if place in where and name in rows
            ]
            line = lines[0] if lines else self._item.node.line
            if not self._notes.mentions(fact):
                self._notes.add_fact(
                    fact, tuple(rows[name] for name in sorted(rows)), self._notes.locate(line)
                )

    def _add_content(self, operation: Node) -> None:
        given = operation.get("requestBody")
        if given is None:
            self._notes.add_fact("content", "none", self._notes.locate(operation.line))
            self._notes.add_fact("parameters", (), self._notes.locate(operation.line))
            return
        body = self._file.resolve(given)
        if body is None:
            self._add_unreadable(
                "content", f"its request body refers to {given.get_text('$ref')}, which does not exist", given
            )
            return
        presence = "required" if body.is_true("required") else "optional"
        self._notes.add_fact("content", presence, self._notes.locate(given.line))
        media = body.get("content", "application/json", "schema")
        schema = self._file.resolve(media)
        if schema is not None and any(schema.get(name) is not None for name in ("properties", "allOf")):
            required = {each.data for each in list_elements(schema, "required")}
            rows = [
                (name, type, "required" if name in required else "optional")
                for name, type, _ in list_properties(self._file, schema)
            ]
            self._notes.add_fact("parameters", tuple(sorted(rows)), self._notes.locate(given.line))

    def _add_responses(self, operation: Node) -> None:
        responses = operation.get("responses")
        place = self._notes.locate(responses.line if responses else operation.line)
        success: dict[int | None, tuple[str, Node]] = {}
        errors: set[str] = set()
        for status, node in responses.members() if responses else ():
            spelled = status.upper()
            if re.fullmatch(r"2[0-9X]{2}", spelled):
                content = self._classify_content(node)
                number = int(spelled) if spelled.isdigit() else (None if content == "none" else 200)
                success[number] = (content, node)
            elif re.fullmatch(r"[45][0-9X]{2}", spelled) or spelled == "DEFAULT":
                self._file.check_reference(node)
                errors |= {"4XX", "5XX"} if spelled == "DEFAULT" else {spelled}
        if len(success) == 1:
            ((number, (content, node)),) = success.items()
            is_spelled = number is None or f"{number}" in _list_spelled(responses)
            inferred = None if is_spelled else "the description has 2XX"
            place = self._notes.locate(node.line)
            self._notes.add_fact("success", (number, content), place, inferred=inferred)
        else:
            text = (
                f"there are {len(success)} success responses" if success else "there is no success response"
            )
            self._notes.add_unreadable("success", text, place)
        if errors:
            where = self._notes.locate(responses.line if responses else operation.line)
            self._notes.add_fact("errors", tuple(sorted(errors)), where)

    def _classify_content(self, node: Node) -> str:
        response = self._file.resolve(node)
        if response is None:
            reference = make_printable(node.get_text("$ref") or "", 200)
            problem = f"a response refers to {reference}, which does not exist"
            raise Unknown(problem, self._notes.locate(node.line))
        content = response.get("content")
        return "content" if content is not None and any(True for _ in content.members()) else "none"

    def _add_deprecation(self, operation: Node) -> None:
        notice = operation.get("x-ms-deprecation")
        if notice is None and not operation.is_true("deprecated"):
            return
        texts = _read_notice(notice)
        place = self._notes.locate(notice.line if notice else operation.line)
        node = self._find_deprecated_parent(texts) if any(texts) else None
        if node is None:
            self._notes.add_fact("deprecation", texts, place)
        else:
            self._notes.add_fact("deprecation.inherited", (*texts, node), place)

    def _find_deprecated_parent(self, texts: tuple[str | None, ...]) -> str | None:
        """Find the first path above the operation that has an operation with the same notice."""
        path = split_path(self._item.path)
        for depth in range(1, len(path)):
            item = _find_path(self._file, path[:depth])
            node = self._file.resolve(item.node) if item else None
            for method in _METHODS if node else ():
                operation = node.get(method) if node else None
                if operation and _read_notice(operation.get("x-ms-deprecation")) == texts:
                    return f"/{format_path(path[:depth])}"
        return None

    def _add_type(self, binding: str) -> None:
        """Read properties and status values if the description has the schema of the type."""
        schema = self._file.find_component(f"{_SCHEMA}{binding}")
        if schema is None:
            return
        rows = tuple(sorted(list_properties(self._file, schema)))
        if rows:
            self._notes.add_fact("properties", rows, self._notes.locate(schema.line))
        statuses = find_enum(self._file, schema, "status")
        if statuses:
            names, line = statuses
            self._notes.add_fact(
                "status-enum", tuple((name, None) for name in names), self._notes.locate(line)
            )

    def _add_unreadable(self, fact: str, text: str, node: Node) -> None:
        self._notes.add_unreadable(fact, make_printable(text, 400), self._notes.locate(node.line))


def _read_notice(notice: Node | None) -> tuple[str | None, ...]:
    return tuple(notice.get_text(name) if notice else None for name in ("date", "removalDate", "description"))


def _list_spelled(responses: Node | None) -> list[str]:
    return [status for status, _ in responses.members()] if responses else []
