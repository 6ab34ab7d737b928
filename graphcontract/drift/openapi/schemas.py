"""Maps schemas of an OpenAPI description to Graph's types and properties, named as in CSDL."""

from __future__ import annotations

from collections.abc import Iterator

from graphcontract.drift.openapi.slices import OpenApiFile
from graphcontract.drift.openapi.yaml_values import Node

_FORMATS = {
    "date-time": "DateTimeOffset",
    "date": "Date",
    "time": "TimeOfDay",
    "duration": "Duration",
    "uuid": "Guid",
    "base64url": "Binary",
    "int16": "Int16",
    "int32": "Int32",
    "int64": "Int64",
    "double": "Double",
    "float": "Single",
    "decimal": "Decimal",
}
_MOST_BASES = 16


def properties(file: OpenApiFile, schema: Node) -> list[tuple[str, str, bool]]:
    """List name, type and nullability of each structural property, inherited ones included."""
    found: dict[str, tuple[str, str, bool]] = {}
    for declared in _declared(file, schema):
        for name, node in declared.members():
            if not name.startswith("@odata.") and not node.true("x-ms-navigationProperty"):
                found.setdefault(name, (name, type_of(node), _nullable(node)))
    return list(found.values())


def enum_of(file: OpenApiFile, schema: Node, name: str) -> tuple[tuple[str, ...], int] | None:
    """List the values of an enum property, and the line of the list; None if it is not an enum."""
    for declared in _declared(file, schema):
        node = declared.get(name)
        found = file.followed(_reference(node) or node) if node else None
        listed = found.get("enum") if found else None
        if listed is not None:
            return tuple(str(each.data) for each in listed.elements()), listed.line
    return None


def listed(node: Node, name: str) -> list[Node]:
    """Give the elements of a member that is a sequence; none of any other."""
    found = node.get(name)
    return list(found.elements()) if found else []


def type_of(node: Node) -> str:
    """Name the type that a schema stands for as CSDL does, without namespace."""
    reference = node.text("$ref")
    if reference is not None:
        return reference.rpartition("/")[2].rpartition(".")[2]
    one = _reference(node)
    if one is not None:
        return type_of(one)
    words = [word for word in _types(node) if word != "null"]
    if words == ["array"]:
        items = node.get("items")
        return f"Collection({type_of(items) if items else 'Untyped'})"
    plain = "".join(words) or "Untyped"
    return _FORMATS.get(node.text("format") or "", plain[:1].upper() + plain[1:])


def _declared(file: OpenApiFile, schema: Node) -> Iterator[Node]:
    """The properties of a schema, then those of what it is made of: its own before its base's."""
    waiting = [schema]
    for _ in range(_MOST_BASES):
        if not waiting:
            return
        at = waiting.pop(0)
        own = at.get("properties")
        if own is not None:
            yield own
        waiting += [file.followed(each) for each in reversed(listed(at, "allOf"))]


def _reference(node: Node) -> Node | None:
    """The one schema that a value has, where it is wrapped to say more: that it may be null, mostly."""
    for name in ("anyOf", "oneOf", "allOf"):
        for each in listed(node, name):
            if each.text("$ref"):
                return each
    return None


def _types(node: Node) -> list[str]:
    type = node.text("type")
    return [type] if type else [str(each.data) for each in listed(node, "type")]


def _nullable(node: Node) -> bool:
    parts = (node, *listed(node, "anyOf"), *listed(node, "oneOf"))
    return any(each.true("nullable") or "null" in _types(each) for each in parts)
