"""Reads CSDL, the `$metadata` of a service, into facts about an operation.

An operation can be declared although no path leads to it; the fact `route` distinguishes the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from graphcontract.contract.jsonfile import make_printable
from graphcontract.drift.csdl.annotations import (
    Revision,
    find_annotations,
    find_deprecation,
    find_revision,
    is_omissible,
    list_targets,
)
from graphcontract.drift.csdl.csdl_file import CsdlFile, Element
from graphcontract.drift.csdl.edm import Operation, PathStep, Schema, list_members, strip_namespace
from graphcontract.drift.model import Fact, FactOrigin, Problem, Reading, Source, Unknown, Value, Wanted
from graphcontract.drift.operation_paths import fold_path, format_path
from graphcontract.drift.versions import find_version

SPEAKS_OF = (
    *("method", "version", "path", "binding", "action", "key-type", "content", "parameters", "success"),
    *("route", "status-enum", "properties", "deprecation", "wording"),
    "deprecation.inherited",
)
OWN_NAMESPACES = ("microsoft.graph", "graph")


def read(source: Source, wanted: Wanted) -> Reading:
    """Read what a CSDL file states about an operation.

    Raises `SourceError` if it is not CSDL or not complete, and `Unknown` if it lacks the operation and is
    not a complete schema of a known version.
    """
    schema = Schema(CsdlFile(source.path, source.name))
    found = _find_operation(schema, wanted) or _find_operation(schema, wanted, any_case=True)
    return (
        _OperationFacts(schema, source, *found, wanted.binding).make_reading()
        if found
        else _make_absent_reading(schema, source, wanted)
    )


def _find_operation(
    schema: Schema, wanted: Wanted, *, any_case: bool = False
) -> tuple[Operation, list[PathStep] | None] | None:
    """Find the wanted operation and the steps of a path to it; the steps are None if there is no path."""
    last = fold_path(wanted.path[-1:])
    operations = schema.find_operations(wanted.action, any_case=any_case)
    operations.sort(
        key=lambda each: fold_path((_make_segment(each),)) != last
    )  # overloads differ in arguments
    steps = schema.follow(segment if isinstance(segment, str) else None for segment in wanted.path[:-1])
    operation = schema.find_bound(operations, steps[-1]) if steps else None
    if operation is None:
        # An operation below a key is not bound to a collection.
        below_key = any(not isinstance(segment, str) for segment in wanted.path[-2:-1])
        names = (wanted.binding,) if below_key else (wanted.binding, f"Collection({wanted.binding})")
        bound = [each for each in operations if strip_namespace(each.binding or "") in names]
        keys = sum(not isinstance(segment, str) for segment in wanted.path)
        routes = [schema.find_route(each.binding or "", keys) for each in bound]
        steps = next((route for route in routes if route), None)
        operation = bound[routes.index(steps) if steps else 0] if bound else None
    return (operation, steps) if operation else None


def find_routes(source: Source, binding: str, action: str) -> Iterator[tuple[Value, ...]]:
    """Yield the paths by containment to an action of a type, or of a collection of it, given by names without
    namespace. Raises `Unknown` if the file does not declare it.
    """
    schema = Schema(CsdlFile(source.path, source.name))
    found = [each for each in schema.find_operations(action) if _name_type(each.binding) == binding]
    if not found:
        problem = f"it does not declare {action} bound to {binding}."
        raise Unknown(problem, FactOrigin("csdl", source.name, source.version))
    return _iterate_paths(schema, found)


def find_paths(source: Source, binding: str, action: str) -> Iterator[tuple[Value, ...]]:
    """Yield paths by containment to an action of a type, or of any type if that one does not have it."""
    schema = Schema(CsdlFile(source.path, source.name))
    named = schema.find_operations(action)
    bound = [each for each in named if _name_type(each.binding) == binding]
    yield from _iterate_paths(schema, bound or named)


def _iterate_paths(schema: Schema, operations: list[Operation]) -> Iterator[tuple[Value, ...]]:
    for operation in operations:
        followed = map(schema.follow, schema.iterate_routes(operation.binding or ""))
        yield from (_make_path(steps, operation) for steps in followed if steps)


class _OperationFacts:
    """Collects the facts of a declared operation; `steps` are the path to it, None without a path."""

    def __init__(
        self,
        schema: Schema,
        source: Source,
        operation: Operation,
        steps: list[PathStep] | None,
        wanted_binding: str,
    ) -> None:
        self._schema, self._source, self._operation, self._steps = schema, source, operation, steps
        self._type = self._find_type(wanted_binding)
        self._spoken: list[Element] = []
        self._problems: list[Problem] = []

    def make_reading(self) -> Reading:
        facts = {
            name: self._make_fact(name, value, element) for name, value, element in self._iterate_facts()
        }
        for problem in self._problems:
            del facts[problem.fact]
        slices = sha256()
        for element in sorted(self._spoken, key=lambda each: each.start):
            slices.update(self._schema.file.data[element.start : element.end] + b"\n")
        return Reading(_make_origin(self._source), facts, slices.hexdigest(), problems=tuple(self._problems))

    def _find_type(self, wanted: str) -> str:
        """Find the type that the operation is bound to; if that is a base of the wanted type, which the path
        leads to, the wanted type, which inherits the operation.
        """
        bound = (self._operation.binding or "").removeprefix("Collection(").removesuffix(")")
        reached = self._steps[-1].type if self._steps else bound
        for type, _ in self._schema.iterate_bases(reached):
            if type == bound or strip_namespace(type) == wanted:
                return type
        return bound

    def _make_fact(self, name: str, value: Value, element: Element | None) -> Fact:
        line = None
        if element is not None and value is not None:
            self._spoken.append(element)
            line = self._find_line(element)
        origin = _make_origin(self._source, line)
        has_status = name == "success" and self._operation.returns is not None
        inferred = "the CSDL has a return type, and no status" if has_status else None
        return Fact(name, "silent" if value is None else "asserts", value, origin, inferred)

    def _find_line(self, element: Element | None) -> int | None:
        return self._schema.file.find_line_at(element.start) if element else None

    def _iterate_facts(self) -> Iterator[tuple[str, Value, Element | None]]:
        operation, element = self._operation, self._operation.element
        last = self._steps[-1].element if self._steps else element
        yield "version", find_schema_version(self._source), None
        yield "method", "POST" if element.tag == "Action" else "GET", element
        yield "action", operation.name, element
        yield "binding", strip_namespace(self._type), element
        yield "path", _make_path(self._steps, operation) if self._steps else None, last
        yield "route", "reachable" if self._steps else "declared", last
        yield from self._iterate_input_facts()
        success = (200, "content") if operation.returns else (None, "none")
        yield "success", success, operation.returns or element
        yield from self._iterate_type_facts()
        revision = self._find_revision()
        deprecation = (revision.announced, revision.removal, revision.text) if revision else None
        yield "deprecation", deprecation, revision.element if revision else None
        above = self._find_inherited() if revision is None else None
        inherited = (above[0].announced, above[0].removal, above[0].text, above[1]) if above else None
        yield "deprecation.inherited", inherited, above[0].element if above else None
        described = next(find_annotations(self._schema, element, "Description"), None)
        text = described.attributes.get("String") if described else None
        yield "wording", (("description", text),) if text else None, described

    def _iterate_input_facts(self) -> Iterator[tuple[str, Value, Element | None]]:
        element = self._operation.element
        parameters: list[tuple[str, str, str]] = []
        for each in self._operation.parameters:
            name, type = each.attributes.get("Name", ""), strip_namespace(self._schema.read_type(each))
            presence = "optional" if is_omissible(self._schema, each) else "required"
            parameters.append((name, type, presence))
        content = "required" if any(presence == "required" for _, _, presence in parameters) else "optional"
        if element.tag == "Function" or not parameters:
            content = "none"
        yield "content", content, element
        # The parameters of a function are in its path.
        yield "parameters", () if element.tag == "Function" else tuple(sorted(parameters)), element

    def _iterate_type_facts(self) -> Iterator[tuple[str, Value, Element | None]]:
        keyed = next((each.type for each in reversed(self._steps or ()) if each.key), self._type)
        keys = self._schema.find_keys(keyed)
        key = self._schema.find_properties(keyed).get(keys[0]) if len(keys) == 1 else None
        type = strip_namespace(self._schema.read_type(key)) if key else None
        has_key = self._steps is None or any(each.key for each in self._steps)
        if type is None and has_key and self._schema.is_whole(keyed):
            text = f"the key of {keyed} is {' and '.join(keys)}" if keys else f"{keyed} has no key"
            place = _make_origin(self._source, self._find_line(self._schema.find_structure(keyed)))
            self._problems.append(Problem("fact-unreadable", "key-type", make_printable(text, 200), place))
        yield "key-type", type and type[:1].lower() + type[1:], key
        properties = self._schema.find_properties(self._type)
        rows = (
            (name, strip_namespace(self._schema.read_type(each)), each.attributes.get("Nullable") != "false")
            for name, each in properties.items()
        )
        yield "properties", tuple(sorted(rows)) or None, self._schema.find_structure(self._type)
        status = properties.get("status")
        enum = (
            self._schema.find_enum(self._schema.qualify(status.attributes.get("Type", "")))
            if status
            else None
        )
        yield "status-enum", list_members(enum) if enum else None, enum

    def _find_revision(self) -> Revision | None:
        """Find a deprecation of the operation itself, or of its type."""
        operation = self._operation
        targets = [*list_targets(self._schema, operation), self._type]
        elements = (operation.element, self._schema.find_structure(self._type))
        own = (find_revision(self._schema, each) for each in elements if each)
        return next(filter(None, own), None) or find_deprecation(self._schema, targets)

    def _find_inherited(self) -> tuple[Revision, str] | None:
        """Find a deprecation of the first step of the path that has one, and the path of that step."""
        path = _make_path(self._steps, self._operation) if self._steps else ()
        for depth, each in enumerate(self._steps or (), 1):
            if not each.key:
                found = find_revision(self._schema, each.element)
                found = found or find_deprecation(self._schema, (each.target,))
                if found:
                    return found, f"/{format_path(path[:depth])}"
        return None


def _make_absent_reading(schema: Schema, source: Source, wanted: Wanted) -> Reading:
    """Make the reading of a complete schema of a known version without the operation."""
    version = find_schema_version(source)
    lacking = f"it does not declare {wanted.action} bound to {wanted.binding}, and "
    if not schema.container:
        raise Unknown(
            f"{lacking}it has no entity container: it is only a part of a schema.", _make_origin(source)
        )
    if version is None:
        problem = "its file name does not contain the API version. Rename it, for example to beta.csdl."
        raise Unknown(lacking + problem, _make_origin(source))
    stated: dict[str, Value] = {"version": version, "route": "absent"}
    facts = {
        name: Fact(name, "silent" if value is None else "asserts", value, _make_origin(source))
        for name, value in ((name, stated.get(name)) for name in SPEAKS_OF)
    }
    return Reading(_make_origin(source), facts, sha256(b"").hexdigest())


def find_schema_version(source: Source) -> str | None:
    """Find the version in the name, a path or URL: a schema does not state its version."""
    return find_version(source.name) or find_version(source.path.name)


def _make_path(steps: list[PathStep], operation: Operation) -> tuple[Value, ...]:
    """Make the path; Graph accepts an operation of its own namespace by name alone, others with namespace."""
    return (*(("key", each.name) if each.key else each.name for each in steps), _make_segment(operation))


def _make_segment(operation: Operation) -> str:
    own = operation.namespace in OWN_NAMESPACES
    last = operation.name if own else f"{operation.namespace}.{operation.name}"
    if operation.element.tag == "Function" and operation.parameters:
        last += f"({','.join(map(_make_argument, operation.parameters))})"
    return last


def _make_argument(parameter: Element) -> str:
    """Make an argument of a function as a placeholder: strings are in quotes."""
    name, quote = (
        parameter.attributes.get("Name", ""),
        "'" * (parameter.attributes.get("Type") == "Edm.String"),
    )
    return f"{name}={quote}{{{name}}}{quote}"


def _name_type(binding: str | None) -> str:
    """Name the type, or the type of a collection's members, that an operation is bound to."""
    return strip_namespace((binding or "").removeprefix("Collection(").removesuffix(")"))


def _make_origin(source: Source, line: int | None = None) -> FactOrigin:
    return FactOrigin("csdl", source.name, source.version, line)
