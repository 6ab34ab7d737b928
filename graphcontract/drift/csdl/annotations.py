"""Reads the annotations of an OData 4 schema on operations: what is deprecated, may be omitted, or cannot be
deleted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graphcontract.drift.csdl.csdl_file import Element

if TYPE_CHECKING:
    from graphcontract.drift.csdl.edm import Operation, Schema

_CORE = "Org.OData.Core.V1"
CAPABILITIES = "Org.OData.Capabilities.V1"
_NOT_DELETABLE = b"DeleteRestrictions"


@dataclass(frozen=True, slots=True)
class Revision:
    """A deprecation: dates as spelled, None if not stated."""

    announced: str | None
    removal: str | None
    text: str | None
    element: Element


def find_deprecation(schema: Schema, targets: Collection[str]) -> Revision | None:
    """Find the deprecation of the first of some targets that has one; targets have full names."""
    found: dict[str, list[Element]] = {}
    for at, target in schema.file.find_values("Target"):
        full = qualify_target(schema, target)
        if full in targets:
            found.setdefault(full, []).append(schema.file.read_element(at))
    revisions = (find_revision(schema, each) for target in targets for each in found.get(target, ()))
    return next((each for each in revisions if each), None)


def index_deprecations(schema: Schema) -> dict[str, Revision]:
    """Find every deprecation in annotations outside of what they annotate, by their targets' full names."""
    found: dict[str, Revision] = {}
    for element in find_annotations_with(schema, b"Revisions"):
        revision = find_revision(schema, element)
        if revision is not None:
            found.setdefault(qualify_target(schema, element.attributes.get("Target", "")), revision)
    return found


def list_targets(schema: Schema, operation: Operation) -> tuple[str, str]:
    """List what annotations may call an operation: one overload by its signature, or all overloads."""
    types = (operation.binding or "", *(each.attributes.get("Type", "") for each in operation.parameters))
    name = f"{operation.namespace}.{operation.name}"
    return f"{name}({', '.join(map(schema.qualify, types))})", name


def find_revision(schema: Schema, annotated: Element) -> Revision | None:
    """Find a deprecation in the annotations of an element; None without one."""
    for revisions in find_annotations(schema, annotated, "Revisions"):
        for record in find_records(revisions):
            properties = {name: read_value(each) for name, each in read_properties(record).items()}
            if (properties.get("Kind") or "").rpartition("/")[2] == "Deprecated":
                text = properties.get("Description")
                return Revision(properties.get("Date"), properties.get("RemovalDate"), text, record)
    return None


def find_annotations(
    schema: Schema, annotated: Element, term: str, vocabulary: str = _CORE
) -> Iterator[Element]:
    """Yield an element's own annotations of a term, of the core vocabulary unless another is given."""
    for each in annotated.find_children("Annotation"):
        if schema.qualify(each.attributes.get("Term", "")) == f"{vocabulary}.{term}":
            yield each


def find_records(value: Element) -> Iterator[Element]:
    """Yield the records of an annotation or property: its own, then those in its collections."""
    yield from value.find_children("Record")
    for found in value.find_children("Collection"):
        yield from found.find_children("Record")


def is_omissible(schema: Schema, parameter: Element) -> bool:
    """Whether a call may omit a parameter: it is nullable, which is the default, or optional."""
    return is_optional(schema, parameter) or parameter.attributes.get("Nullable") != "false"


def is_optional(schema: Schema, parameter: Element) -> bool:
    """Whether a parameter is annotated as optional."""
    return any(True for _ in find_annotations(schema, parameter, "OptionalParameter"))


def find_undeletable(schema: Schema) -> frozenset[str]:
    """Find the targets of annotations that say that DELETE is not supported, by their full names."""
    return frozenset(
        qualify_target(schema, each.attributes.get("Target", ""))
        for each in find_annotations_with(schema, _NOT_DELETABLE)
        if denies_delete(schema, each)
    )


def find_annotations_with(schema: Schema, text: bytes) -> Iterator[Element]:
    """Yield the elements `Annotations` that contain a text: most of thousands do not, and are not parsed."""
    starts = [at for at, _, _ in schema.file.iterate_tags("Annotations")]
    owners = {bisect_right(starts, at) - 1 for at in schema.file.find_texts(text)}
    return (schema.file.read_element(starts[each]) for each in sorted(owners) if each >= 0)


def denies_delete(schema: Schema, annotated: Element) -> bool:
    """Whether an element's own annotations say that DELETE is not supported."""
    return any(
        read_deletable(record) is False
        for annotation in find_annotations(schema, annotated, "DeleteRestrictions", CAPABILITIES)
        for record in annotation.find_children("Record")
    )


def read_deletable(record: Element) -> bool | None:
    """Read whether restrictions of DELETE allow it; None if they do not say."""
    value = read_value(read_properties(record).get("Deletable"))
    return value.casefold() != "false" if value else None


def read_properties(record: Element) -> dict[str, Element]:
    """Read the properties of a record by name."""
    return {each.attributes.get("Property", ""): each for each in record.find_children("PropertyValue")}


def qualify_target(schema: Schema, target: str) -> str:
    """Replace aliases in the target of annotations: `ns.type/member`, or `ns.operation(ns.type, …)`."""
    name, brace, types = target.partition("(")
    head, slash, member = name.partition("/")
    inside = ", ".join(schema.qualify(each) for each in types.removesuffix(")").split(",")) if types else ""
    return f"{schema.qualify(head)}{slash}{member}{brace}{inside}{')' * bool(brace)}"


def read_value(value: Element | None) -> str | None:
    """Read the value of a record's property, from an attribute or an element."""
    if value is None:
        return None
    for kind in ("String", "Date", "EnumMember", "Bool", "NavigationPropertyPath", "PropertyPath"):
        if kind in value.attributes:
            return value.attributes[kind]
        for each in value.find_children(kind):
            return each.text.strip()
    return None
