"""An OData model: types, operations and the container, and how paths lead through them.

Knows the rules of OData 4 for names, inheritance and routes; it knows neither XML nor contracts.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

_COLLECTION = re.compile(r"Collection\((.*)\)", re.DOTALL)
_MOST_BASES = 32
_MOST_SEGMENTS = 12


@dataclass(slots=True)
class Navigation:
    """A navigation property, or an entity set or singleton of the container."""

    name: str
    type: str
    contained: bool
    line: int


@dataclass(slots=True)
class Structure:
    """An entity or complex type: its own members, not those of its base."""

    name: str
    base: str | None
    line: int
    keys: list[str] = field(default_factory=list)
    properties: list[tuple[str, str, bool]] = field(default_factory=list)
    navigation: list[Navigation] = field(default_factory=list)


@dataclass(slots=True)
class Parameter:
    """A parameter of an operation; `omissible` where a call may leave it out."""

    name: str
    type: str
    omissible: bool


@dataclass(slots=True)
class Operation:
    """An action or function. `parameters` includes the binding parameter of a bound one, first."""

    name: str
    kind: str
    bound: bool
    line: int
    parameters: list[Parameter] = field(default_factory=list)
    returns: str | None = None

    @property
    def binding(self) -> str | None:
        """The type that it is bound to, as spelled; None where it is not bound."""
        return self.parameters[0].type if self.bound and self.parameters else None

    @property
    def own(self) -> list[Parameter]:
        """The parameters but for the binding."""
        return self.parameters[1:] if self.bound else self.parameters


@dataclass(slots=True)
class Revision:
    """That something is deprecated: dates as spelled, None where they are not told."""

    announced: str | None
    removal: str | None
    text: str | None
    line: int


@dataclass(frozen=True, slots=True)
class Step:
    """A segment of a route: `key` is true for a key, whose `name` is then a placeholder.

    `type` is what the path up to here leads to, `target` what annotations call the step.
    """

    name: str
    key: bool
    type: str
    collection: bool
    target: str
    line: int


@dataclass(slots=True)
class Model:
    """A whole schema. Types, enums and annotations go by full name, aliases resolved by `full`."""

    aliases: dict[str, str] = field(default_factory=dict)
    types: dict[str, Structure] = field(default_factory=dict)
    enums: dict[str, tuple[int, list[tuple[str, int | None]]]] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)
    container: dict[str, Navigation] = field(default_factory=dict)
    containers: int = 0
    deprecated: dict[str, Revision] = field(default_factory=dict)
    described: dict[str, str] = field(default_factory=dict)

    def full(self, name: str) -> str:
        """Write a name, or `Collection(name)`, with its namespace in place of an alias."""
        inside = _COLLECTION.fullmatch(name)
        if inside:
            return f"Collection({self.full(inside[1])})"
        space, _, last = name.rpartition(".")
        return f"{self.aliases.get(space, space)}.{last}" if space else last

    def lineage(self, type: str) -> Iterator[Structure]:
        """Yield a type and its bases, as far as the schema has them."""
        name: str | None = self.full(type)
        for _ in range(_MOST_BASES):
            structure = self.types.get(name) if name else None
            if structure is None:
                return
            yield structure
            name = self.full(structure.base) if structure.base else None

    def properties(self, type: str) -> dict[str, tuple[str, bool]]:
        """Tell type and nullability of each property of a type, inherited ones included."""
        found: dict[str, tuple[str, bool]] = {}
        for structure in self.lineage(type):
            for name, kind, nullable in structure.properties:
                found.setdefault(name, (kind, nullable))
        return found

    def key_type(self, type: str) -> str | None:
        """Tell the type of a type's key; None where it has none, or one of several properties."""
        keys = next((each.keys for each in self.lineage(type) if each.keys), [])
        return self.properties(type).get(keys[0], (None,))[0] if len(keys) == 1 else None

    def follow(self, segments: Iterable[str | None]) -> list[Step] | None:
        """Walk a path, None standing for a key, from the container on; None where it leads nowhere."""
        steps: list[Step] = []
        for segment in segments:
            step = self._next(steps[-1] if steps else None, segment)
            if step is None:
                return None
            steps.append(step)
        return steps

    def bound(self, name: str, step: Step) -> Operation | None:
        """Find the operation of a name that is bound to what a step leads to, or to a base of it."""
        last = name.rpartition(".")[2]
        found = [each for each in self.operations if each.bound and alike(each.name, last)]
        for structure in self.lineage(step.type):
            owed = f"Collection({structure.name})" if step.collection else structure.name
            for operation in found:
                if operation.binding and self.full(operation.binding) == owed:
                    return operation
        return None

    def route(self, type: str) -> list[Step] | None:
        """Find a shortest route by containment to a type, a full name or a `Collection()` of one."""
        seen: set[str] = set()
        queue: deque[list[Step]] = deque([[]])
        while queue:
            steps = queue.popleft()
            for step in self._onward(steps[-1] if steps else None):
                reached = f"Collection({step.type})" if step.collection else step.type
                if reached == type:
                    return [*steps, step]
                if reached not in seen and len(steps) < _MOST_SEGMENTS:
                    seen.add(reached)
                    queue.append([*steps, step])
        return None

    def _next(self, at: Step | None, segment: str | None) -> Step | None:
        if at is not None and at.collection:
            return self._element(at) if segment is None else None
        if segment is None:
            return None
        if at is None:
            return _named(self.container.values(), segment, self, "")
        for structure in self.lineage(at.type):
            step = _named(structure.navigation, segment, self, structure.name)
            if step is not None:
                return step
        cast = self.full(segment)
        if any(each.name == at.type for each in self.lineage(cast)):
            return Step(segment, False, cast, False, cast, self.types[cast].line)
        return None

    def _element(self, at: Step) -> Step:
        return Step(f"{short(at.type)}Id", True, at.type, False, at.target, at.line)

    def _onward(self, at: Step | None) -> Iterator[Step]:
        if at is None:
            yield from (_step(each, self, "") for each in self.container.values())
        elif at.collection:
            yield self._element(at)
        else:
            for structure in self.lineage(at.type):
                yield from (
                    _step(each, self, structure.name) for each in structure.navigation if each.contained
                )


def short(name: str) -> str:
    """Leave the namespace out of a type's name, also within `Collection()`."""
    inside = _COLLECTION.fullmatch(name)
    return f"Collection({short(inside[1])})" if inside else name.rpartition(".")[2]


def alike(one: str, other: str) -> bool:
    """Tell whether two names differ in letter case at the most."""
    return one.casefold() == other.casefold()


def numbered(members: Iterable[tuple[str, int | None]]) -> tuple[tuple[str, int], ...]:
    """Number the members of an enum that have no value as OData does, and sort them by number."""
    found: list[tuple[str, int]] = []
    for name, value in members:
        found.append((name, value if value is not None else (found[-1][1] + 1 if found else 0)))
    return tuple(sorted(found, key=lambda each: each[1]))


def deprecations(model: Model, targets: Iterable[str]) -> Iterator[Revision]:
    """Yield what is said of the first deprecated of some targets on."""
    known: Mapping[str, Revision] = model.deprecated
    return (known[target] for target in targets if target in known)


def _named(found: Iterable[Navigation], segment: str, model: Model, owner: str) -> Step | None:
    near = [each for each in found if alike(each.name, segment)]
    exact = next((each for each in near if each.name == segment), near[0] if near else None)
    return _step(exact, model, owner) if exact else None


def _step(found: Navigation, model: Model, owner: str) -> Step:
    type = model.full(found.type)
    inside = _COLLECTION.fullmatch(type)
    target = f"{owner}/{found.name}" if owner else found.name
    return Step(found.name, False, inside[1] if inside else type, inside is not None, target, found.line)
