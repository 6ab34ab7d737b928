"""Reads `NavigationRestrictions` of OData's capabilities: which paths do not exist, or exclude DELETE.

An entity set or singleton restricts the paths below it; a navigation property restricts itself, too. This is
how Microsoft.OpenApi.OData reads them. `NavigationType/Single` restricts nothing, as Graph uses it on members
that longer paths lead through.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from graphcontract.drift.csdl.annotations import (
    CAPABILITIES,
    find_annotations,
    find_annotations_with,
    find_records,
    qualify_target,
    read_deletable,
    read_properties,
    read_value,
)
from graphcontract.drift.csdl.csdl_file import Element

if TYPE_CHECKING:
    from graphcontract.drift.csdl.edm import PathStep, Schema

_TERM = "NavigationRestrictions"


@dataclass(frozen=True, slots=True)
class _Restriction:
    """What is stated of one path; None if it is not. `below` has the same of paths relative to it."""

    navigable: bool | None = None
    deletable: bool | None = None
    below: Mapping[tuple[str, ...], _Restriction] = field(default_factory=dict)


class Navigation:
    """The restrictions of a schema; most schemas have none."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._inside: dict[int, _Restriction | None] = {}

    @cached_property
    def _is_stated(self) -> bool:
        return next(self._schema.file.find_texts(_TERM.encode()), None) is not None

    @cached_property
    def _outside(self) -> dict[str, _Restriction]:
        """The restrictions in annotations outside of what they annotate, by their targets' full names."""
        found: dict[str, _Restriction] = {}
        for each in find_annotations_with(self._schema, _TERM.encode()):
            if restriction := self._read(each):
                found.setdefault(qualify_target(self._schema, each.attributes.get("Target", "")), restriction)
        return found

    def is_navigable(self, steps: Sequence[PathStep]) -> bool:
        """Whether a path that leads to the last of some steps exists; the others have been checked."""
        last = steps[-1]
        if not self._is_stated or last.key or last.element.tag != "NavigationProperty":
            return True
        stated = (each.navigable for each in self._iterate_stated(steps))
        own = next((each for each in stated if each is not None), None)
        if own is not None:
            return own
        restrictions = (self._find(each) for each in (last, steps[0]))
        return all(each is None or each.navigable is not False for each in restrictions)

    def is_deletable(self, steps: Sequence[PathStep]) -> bool | None:
        """Whether what the steps lead to can be deleted at this path; None if that is not stated."""
        if not self._is_stated:
            return None
        stated = (each.deletable for each in self._iterate_stated(steps))
        return next((each for each in stated if each is not None), None)

    def _iterate_stated(self, steps: Sequence[PathStep]) -> Iterator[_Restriction]:
        """Yield what earlier steps state of the path from them to the last one: the first has priority."""
        for index, each in enumerate(steps[:-1]):
            restriction = None if each.key else self._find(each)
            if restriction is not None:
                path = tuple(self._schema.qualify(step.name) for step in steps[index + 1 :] if not step.key)
                if path in restriction.below:
                    yield restriction.below[path]

    def _find(self, step: PathStep) -> _Restriction | None:
        if step.key:
            return None
        if step.element.start not in self._inside:
            self._inside[step.element.start] = self._read(step.element)
        inside = self._inside[step.element.start]
        return inside or self._outside.get(self._schema.name_target(step))

    def _read(self, annotated: Element) -> _Restriction | None:
        """Read the restrictions among an element's own annotations."""
        for annotation in find_annotations(self._schema, annotated, _TERM, CAPABILITIES):
            for record in annotation.find_children("Record"):
                properties = read_properties(record)
                listed = properties.get("RestrictedProperties")
                records = find_records(listed) if listed else ()
                below = dict(each for each in map(self._read_property, records) if each[0])
                return _Restriction(_read_navigable(properties), below=below)
        return None

    def _read_property(self, record: Element) -> tuple[tuple[str, ...], _Restriction]:
        properties = read_properties(record)
        path = read_value(properties.get("NavigationProperty")) or ""
        segments = tuple(self._schema.qualify(each) for each in path.split("/") if each)
        deletions = properties.get("DeleteRestrictions")
        inner = next(deletions.find_children("Record"), None) if deletions else None
        deletable = read_deletable(inner) if inner else None
        return segments, _Restriction(_read_navigable(properties), deletable)


def _read_navigable(properties: Mapping[str, Element]) -> bool | None:
    value = read_value(properties.get("Navigability"))
    return value.rpartition("/")[2] != "None" if value else None
