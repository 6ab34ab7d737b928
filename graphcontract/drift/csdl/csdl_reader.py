"""Reads CSDL, the `$metadata` of a service, into facts about an operation.

An operation can be declared although no path leads to it; the fact `route` distinguishes the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from graphcontract.contract.jsonfile import printable
from graphcontract.drift.csdl.csdl_file import CsdlFile, Element
from graphcontract.drift.csdl.edm import Operation, PathStep, Revision, Schema, members, short
from graphcontract.drift.model import Fact, FactOrigin, Problem, Reading, Source, Unknown, Value, Wanted
from graphcontract.drift.versions import version_in

SPEAKS_OF = (
    *("method", "version", "path", "binding", "action", "key-type", "content", "parameters", "success"),
    *("route", "status-enum", "properties", "deprecation", "wording"),
)
_OWN_NAMESPACES = ("microsoft.graph", "graph")


def read(source: Source, wanted: Wanted) -> Reading:
    """Read what a CSDL file states about an operation.

    Raises `SourceError` if it is not CSDL or not complete, and `Unknown` if it lacks the operation and is
    not a complete schema of a known version.
    """
    schema = Schema(CsdlFile(source.path, source.name))
    found = _declared(schema, wanted) or _declared(schema, wanted, any_case=True)
    return _OperationFacts(schema, source, *found).reading() if found else _absent(schema, source, wanted)


def _declared(
    schema: Schema, wanted: Wanted, *, any_case: bool = False
) -> tuple[Operation, list[PathStep] | None] | None:
    """Find the wanted operation and the steps of a path to it; the steps are None if there is no path."""
    operations = schema.operations(wanted.action, any_case=any_case)
    steps = schema.follow(segment if isinstance(segment, str) else None for segment in wanted.path[:-1])
    operation = schema.bound(operations, steps[-1]) if steps else None
    if operation is None:
        bound = [each for each in operations if short(each.binding or "") == wanted.binding]
        keys = sum(not isinstance(segment, str) for segment in wanted.path)
        routes = [schema.route(each.binding or "", keys) for each in bound]
        steps = next((route for route in routes if route), None)
        operation = bound[routes.index(steps) if steps else 0] if bound else None
    return (operation, steps) if operation else None


def route_to(source: Source, binding: str, action: str) -> tuple[Value, ...] | None:
    """Find a path to an action, given by names without namespace, with one key if there is such a path; None
    where none leads to it by containment. `Unknown` where the file does not declare it.
    """
    schema = Schema(CsdlFile(source.path, source.name))
    found = [each for each in schema.operations(action) if short(each.binding or "") == binding]
    if not found:
        problem = f"it does not declare {action} bound to {binding}."
        raise Unknown(problem, FactOrigin("csdl", source.name, source.version))
    steps = schema.route(found[0].binding or "", keys=1)
    return _path(steps, found[0]) if steps else None


def routes(source: Source, binding: str, action: str) -> Iterator[tuple[Value, ...]]:
    """Yield paths by containment to an action of a type, or to any of its name where no type is that one."""
    schema = Schema(CsdlFile(source.path, source.name))
    named = schema.operations(action)
    for operation in [each for each in named if short(each.binding or "") == binding] or named:
        follpresence = map(schema.follow, schema.routes(operation.binding or ""))
        yield from (_path(steps, operation) for steps in follpresence if steps)


class _OperationFacts:
    """Collects the facts of a declared operation; `steps` are the path to it, None if there is none."""

    def __init__(
        self, schema: Schema, source: Source, operation: Operation, steps: list[PathStep] | None
    ) -> None:
        self._schema, self._source, self._operation, self._steps = schema, source, operation, steps
        self._type = (operation.binding or "").removeprefix("Collection(").removesuffix(")")
        self._spoken: list[Element] = []
        self._problems: list[Problem] = []

    def reading(self) -> Reading:
        facts = {name: self._fact(name, value, element) for name, value, element in self._all()}
        for problem in self._problems:
            del facts[problem.fact]
        slices = sha256()
        for element in sorted(self._spoken, key=lambda each: each.start):
            slices.update(self._schema.file.data[element.start : element.end] + b"\n")
        return Reading(_origin(self._source), facts, slices.hexdigest(), problems=tuple(self._problems))

    def _fact(self, name: str, value: Value, element: Element | None) -> Fact:
        line = None
        if element is not None and value is not None:
            self._spoken.append(element)
            line = self._line(element)
        return Fact(name, "silent" if value is None else "asserts", value, _origin(self._source, line))

    def _line(self, element: Element | None) -> int | None:
        return self._schema.file.line_at(element.start) if element else None

    def _all(self) -> Iterator[tuple[str, Value, Element | None]]:
        operation, element = self._operation, self._operation.element
        last = self._steps[-1].element if self._steps else element
        yield "version", _version(self._source), None
        yield "method", "POST" if element.tag == "Action" else "GET", element
        yield "action", operation.name, element
        yield "binding", short(operation.binding or ""), element
        yield "path", _path(self._steps, operation) if self._steps else None, last
        yield "route", "reachable" if self._steps else "declared", last
        yield from self._input()
        success = (200, "content") if operation.returns else (204, "none")
        yield "success", success, operation.returns or element
        yield from self._of_the_type()
        revision = self._revision()
        told = (revision.announced, revision.removal, revision.text) if revision else None
        yield "deprecation", told, revision.element if revision else None
        described = next(self._schema.annotations(element, "Description"), None)
        text = described.attributes.get("String") if described else None
        yield "wording", (("description", text),) if text else None, described

    def _input(self) -> Iterator[tuple[str, Value, Element | None]]:
        element = self._operation.element
        parameters: list[tuple[str, str, str]] = []
        for each in self._operation.parameters:
            name, type = each.attributes.get("Name", ""), each.attributes.get("Type", "")
            presence = "optional" if self._schema.omissible(each) else "required"
            parameters.append((name, short(self._schema.full(type)), presence))
        content = "required" if any(presence == "required" for _, _, presence in parameters) else "optional"
        if element.tag == "Function" or not parameters:
            content = "none"
        yield "content", content, element
        yield "parameters", tuple(sorted(parameters)), element

    def _of_the_type(self) -> Iterator[tuple[str, Value, Element | None]]:
        keyed = next((each.type for each in reversed(self._steps or ()) if each.key), self._type)
        keys = self._schema.keys(keyed)
        key = self._schema.properties(keyed).get(keys[0]) if len(keys) == 1 else None
        type = short(self._schema.full(key.attributes.get("Type", ""))) if key else None
        if type is None and self._schema.is_whole(keyed):
            text = f"the key of {keyed} is {' and '.join(keys)}" if keys else f"{keyed} has no key"
            place = _origin(self._source, self._line(self._schema.structure(keyed)))
            self._problems.append(Problem("fact-unreadable", "key-type", printable(text, 200), place))
        yield "key-type", type and type[:1].lower() + type[1:], key
        properties = self._schema.properties(self._type)
        told = (
            (
                name,
                short(self._schema.full(each.attributes.get("Type", ""))),
                each.attributes.get("Nullable") != "false",
            )
            for name, each in properties.items()
        )
        yield "properties", tuple(sorted(told)) or None, self._schema.structure(self._type)
        status = properties.get("status")
        enum = self._schema.enum(self._schema.full(status.attributes.get("Type", ""))) if status else None
        yield "status-enum", members(enum) if enum else None, enum

    def _revision(self) -> Revision | None:
        """Find a deprecation of the operation, of its type, or of a step of the path."""
        operation = self._operation
        types = (operation.binding or "", *(each.attributes.get("Type", "") for each in operation.parameters))
        signature = ", ".join(map(self._schema.full, types))
        steps = [each for each in self._steps or () if not each.key]
        targets = [f"{operation.namespace}.{operation.name}({signature})", self._type]
        elements = (operation.element, self._schema.structure(self._type), *(each.element for each in steps))
        own = (self._schema.revision(each) for each in elements if each)
        return next(filter(None, own), None) or self._schema.deprecated(
            (*targets, *(each.target for each in steps))
        )


def _absent(schema: Schema, source: Source, wanted: Wanted) -> Reading:
    """Make the reading of a complete schema of a known version without the operation."""
    version = _version(source)
    lacking = f"it does not declare {wanted.action} bound to {wanted.binding}, and "
    if not schema.container:
        raise Unknown(f"{lacking}it has no entity container: it is only a part of a schema.", _origin(source))
    if version is None:
        problem = "its file name does not contain the API version. Rename it, for example to beta.csdl."
        raise Unknown(lacking + problem, _origin(source))
    told: dict[str, Value] = {"version": version, "route": "absent"}
    facts = {
        name: Fact(name, "silent" if value is None else "asserts", value, _origin(source))
        for name, value in ((name, told.get(name)) for name in SPEAKS_OF)
    }
    return Reading(_origin(source), facts, sha256(b"").hexdigest())


def _version(source: Source) -> str | None:
    """What its name tells, be it a path or an address: a schema does not say of which version it is."""
    return version_in(source.name) or version_in(source.path.name)


def _path(steps: list[PathStep], operation: Operation) -> tuple[Value, ...]:
    """Graph takes an operation of its own namespace by name alone, and another with its namespace."""
    own = operation.namespace in _OWN_NAMESPACES
    last = operation.name if own else f"{operation.namespace}.{operation.name}"
    return (*(("key", each.name) if each.key else each.name for each in steps), last)


def _origin(source: Source, line: int | None = None) -> FactOrigin:
    return FactOrigin("csdl", source.name, source.version, line)
