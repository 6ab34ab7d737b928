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
_MOST_BASES = 16  # ends a cycle of `allOf`


def list_properties(file: OpenApiFile, schema: Node) -> list[tuple[str, str, bool]]:
    """List name, type and nullability of each structural property, inherited ones included."""
    found: dict[str, tuple[str, str, bool]] = {}
    for declared in _iterate_properties(file, schema):
        for name, node in declared.members():
            if not name.startswith("@odata.") and not node.is_true("x-ms-navigationProperty"):
                found.setdefault(name, (name, name_type(node), _is_nullable(node)))
    return list(found.values())


def find_enum(file: OpenApiFile, schema: Node, name: str) -> tuple[tuple[str, ...], int] | None:
    """List the values of an enum property, and the line of the list; None if it is not an enum."""
    for declared in _iterate_properties(file, schema):
        node = declared.get(name)
        found = file.follow(_find_reference(node) or node) if node else None
        listed = found.get("enum") if found else None
        if listed is not None:
            return tuple(str(each.data) for each in listed.elements()), listed.line
    return None


def list_elements(node: Node, name: str) -> list[Node]:
    """List the elements of a member that is a sequence; empty for anything else."""
    found = node.get(name)
    return list(found.elements()) if found else []


def name_type(node: Node) -> str:
    """Name the type of a schema as CSDL does, without namespace."""
    reference = node.get_text("$ref")
    if reference is not None:
        return reference.rpartition("/")[2].rpartition(".")[2]
    one = _find_reference(node)
    if one is not None:
        return name_type(one)
    words = [word for word in _list_types(node) if word != "null"]
    if words == ["array"]:
        items = node.get("items")
        return f"Collection({name_type(items) if items else 'Untyped'})"
    plain = "".join(words) or "Untyped"
    return _FORMATS.get(node.get_text("format") or "", plain[:1].upper() + plain[1:])


def name_scalar_type(file: OpenApiFile, node: Node) -> str:
    """Name the type of a key's schema as CSDL does: that of a component if the schema only refers to one."""
    for _ in range(_MOST_BASES):
        reference = _find_reference(node)
        found = file.resolve(reference) if reference is not None else None
        if found is None or found.get("enum") is not None or not _list_types(found):
            break
        node = found
    return name_type(node)


def _iterate_properties(file: OpenApiFile, schema: Node) -> Iterator[Node]:
    """Yield the properties of a schema, then those of its bases (`allOf`)."""
    waiting = [schema]
    for _ in range(_MOST_BASES):
        if not waiting:
            return
        at = waiting.pop(0)
        own = at.get("properties")
        if own is not None:
            yield own
        waiting += [file.follow(each) for each in reversed(list_elements(at, "allOf"))]


def _find_reference(node: Node) -> Node | None:
    """Find the schema that a wrapper refers to; most wrappers only add that the value may be null."""
    for name in ("anyOf", "oneOf", "allOf"):
        for each in list_elements(node, name):
            if each.get_text("$ref"):
                return each
    return None


def _list_types(node: Node) -> list[str]:
    type = node.get_text("type")
    return [type] if type else [str(each.data) for each in list_elements(node, "type")]


def _is_nullable(node: Node) -> bool:
    parts = (node, *list_elements(node, "anyOf"), *list_elements(node, "oneOf"))
    return any(each.is_true("nullable") or "null" in _list_types(each) for each in parts)
