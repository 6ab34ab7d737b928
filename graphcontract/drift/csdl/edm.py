"""Models an OData 4 schema: types, operations, the entity container, and the paths through them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from graphcontract.contract.odata import without_alias
from graphcontract.drift.csdl.csdl_file import CsdlFile, Element

_COLLECTION = re.compile(r"Collection\((.*)\)", re.DOTALL)
_STRUCTURES = ("EntityType", "ComplexType")
_OPERATIONS = ("Action", "Function")
_RESOURCES = ("EntitySet", "Singleton")
_MOST_BASES = 32
_MOST_SEGMENTS = 12
_MOST_KEYS = 4
_MOST_VISITED = 50_000
_CORE = "Org.OData.Core.V1"


@dataclass(frozen=True, slots=True)
class Operation:
    """An action or function; `binding` is the full type that it is bound to, None where it is to none."""

    element: Element
    name: str
    namespace: str
    binding: str | None
    parameters: tuple[Element, ...]
    returns: Element | None


@dataclass(frozen=True, slots=True)
class PathStep:
    """A segment of a route, and what it leads to. `target` is what annotations call it; `key` says that it is
    a key, whose `name` is then a placeholder.
    """

    name: str
    key: bool
    type: str
    collection: bool
    target: str
    element: Element

    @property
    def reached(self) -> str:
        """The type as `Collection()` of it where it is one."""
        return f"Collection({self.type})" if self.collection else self.type


@dataclass(frozen=True, slots=True)
class Revision:
    """That something is deprecated: dates as spelled, None where they are not told."""

    announced: str | None
    removal: str | None
    text: str | None
    element: Element


class Schema:
    """What a CSDL file declares. Types are named in full: with a namespace, and never with an alias."""

    def __init__(self, file: CsdlFile) -> None:
        self.file = file
        self._structures: dict[str, Element | None] = {}
        self._places: list[int] = []
        self._spaces: list[str] = []
        self._aliases: dict[str, str] = {}
        for at, _, attributes in file.begun("Schema", "Include"):
            space = attributes.get("Namespace", "")
            self._places.append(at)
            self._spaces.append(space)
            if "Alias" in attributes:
                self._aliases[attributes["Alias"]] = space

    def full(self, name: str) -> str:
        """Write a name, or `Collection(name)`, with its namespace in place of an alias."""
        inside = _COLLECTION.fullmatch(name)
        if inside:
            return f"Collection({self.full(inside[1])})"
        space, _, last = name.strip().rpartition(".")
        return f"{self._aliases.get(space, space)}.{last}" if space else last

    @cached_property
    def container(self) -> list[Element]:
        """The entity sets and singletons of every container; an element without a name is left out."""
        found = (each for place in self.file.all("EntityContainer") for each in place.named(*_RESOURCES))
        return [each for each in found if each.attributes.get("Name")]

    def structure(self, type: str) -> Element | None:
        """Find the entity or complex type of a full name."""
        if type not in self._structures:
            self._structures[type] = self._declared(type, _STRUCTURES)
        return self._structures[type]

    def enum(self, type: str) -> Element | None:
        """Find the enum of a full name."""
        return self._declared(type, ("EnumType",))

    def lineage(self, type: str) -> Iterator[tuple[str, Element]]:
        """Yield a type and its bases by full name, as far as the file has them."""
        for _ in range(_MOST_BASES):
            structure = self.structure(type)
            if structure is None:
                return
            yield type, structure
            type = self.full(structure.attributes.get("BaseType", ""))

    def is_whole(self, type: str) -> bool:
        """Whether the file has a type and all of its bases."""
        lineage = list(self.lineage(type))
        return bool(lineage) and "BaseType" not in lineage[-1][1].attributes

    def properties(self, type: str) -> dict[str, Element]:
        """Tell the properties of a type, inherited ones included; the nearest of a name counts."""
        found: dict[str, Element] = {}
        for _, structure in self.lineage(type):
            for each in structure.named("Property"):
                found.setdefault(each.attributes.get("Name", ""), each)
        return found

    def keys(self, type: str) -> list[str]:
        """Name the properties that are the key of a type: those of the nearest of its bases that has one."""
        for _, structure in self.lineage(type):
            for key in structure.named("Key"):
                return [each.attributes.get("Name", "") for each in key.named("PropertyRef")]
        return []

    def operations(self, name: str, *, any_case: bool = False) -> list[Operation]:
        """Find the bound operations of a name, in other letter case as well where that is asked for."""
        found = map(self._operation, self.file.named(name, _OPERATIONS, any_case=any_case))
        return [each for each in found if each.binding]

    def bound(self, operations: Iterable[Operation], step: PathStep) -> Operation | None:
        """Choose the operation that is bound to what a step leads to, or to the nearest of its bases."""
        known = {each.binding: each for each in operations}
        for type, _ in self.lineage(step.type):
            found = known.get(f"Collection({type})" if step.collection else type)
            if found is not None:
                return found
        return None

    def follow(self, segments: Iterable[str | None]) -> list[PathStep] | None:
        """Walk a path, None standing for a key, from the container on; None where it leads nowhere."""
        steps: list[PathStep] = []
        for segment in segments:
            step = self._next(steps[-1] if steps else None, segment)
            if step is None:
                return None
            steps.append(step)
        return steps

    def route(self, type: str, keys: int) -> list[PathStep] | None:
        """Find a shortest route by containment to a full type, or to a `Collection()` of one: with so many
        keys, if there is one.
        """
        seen: set[tuple[str, int]] = set()
        other: tuple[str | None, ...] | None = None
        queue: deque[tuple[str, tuple[str | None, ...]]] = deque([("", ())])
        while queue:
            at, segments = queue.popleft()
            inside = _COLLECTION.fullmatch(at)
            onward = [(None, inside[1])] if inside else self._contained.get(at, ())
            for name, reached in onward:
                further = (*segments, name)
                state = (reached, further.count(None))
                if reached == type and state[1] == keys:
                    return self.follow(further)
                other = further if reached == type and other is None else other
                if state not in seen and len(further) < _MOST_SEGMENTS and state[1] <= _MOST_KEYS:
                    seen.add(state)
                    queue.append((reached, further))
        return self.follow(other) if other else None

    def routes(self, type: str) -> Iterator[tuple[str | None, ...]]:
        """Yield routes by containment to a full type, or to a `Collection()` of one, shortest first, with
        None for a key. They are as long as those of `route` at most, and a bounded search finds them.
        """
        above: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for owner, contained in self._contained.items():
            for name, reached in contained:
                if name is not None:
                    above[reached].append((owner, name))
        queue: deque[tuple[str, tuple[str | None, ...]]] = deque([(type, ())])
        for _ in range(_MOST_VISITED):
            if not queue:
                return
            at, below = queue.popleft()
            if not at:
                yield below
                continue
            steps: list[tuple[str, str | None]] = list(above[at])
            if not _COLLECTION.fullmatch(at):
                steps.append((f"Collection({at})", None))
            for owner, name in steps:
                longer = (name, *below)
                if len(longer) < _MOST_SEGMENTS and longer.count(None) <= _MOST_KEYS:
                    queue.append((owner, longer))

    def deprecated(self, targets: Collection[str]) -> Revision | None:
        """Find the first of some targets, as annotations name them in full, that is said to be deprecated."""
        found: dict[str, Element] = {}
        for at, target in self.file.values("Target"):
            full = self._target(target)
            if full in targets:
                found.setdefault(full, self.file.element(at))
        revisions = (self.revision(found[target]) for target in targets if target in found)
        return next((each for each in revisions if each), None)

    def revision(self, annotated: Element) -> Revision | None:
        """Tell whether annotations of an element, or of its target, say that it is deprecated."""
        for revisions in self.annotations(annotated, "Revisions"):
            records = (each for found in revisions.named("Collection") for each in found.named("Record"))
            for record in (*revisions.named("Record"), *records):
                values = record.named("PropertyValue")
                told = {each.attributes.get("Property", ""): _told(each) for each in values}
                if (told.get("Kind") or "").rpartition("/")[2] == "Deprecated":
                    text = told.get("Description")
                    return Revision(told.get("Date"), told.get("RemovalDate"), text, record)
        return None

    def annotations(self, annotated: Element, term: str) -> Iterator[Element]:
        """Yield an element's own annotations of a term of the core vocabulary."""
        for each in annotated.named("Annotation"):
            if self.full(each.attributes.get("Term", "")) == f"{_CORE}.{term}":
                yield each

    def omissible(self, parameter: Element) -> bool:
        """Tell whether a call may leave a parameter out: it may be null, as by default, or is optional."""
        optional = any(True for _ in self.annotations(parameter, "OptionalParameter"))
        return optional or parameter.attributes.get("Nullable") != "false"

    @cached_property
    def _contained(self) -> dict[str, list[tuple[str | None, str]]]:
        """What each type contains, its bases' included, and under "" what the container holds."""
        found: dict[str, list[tuple[str | None, str]]] = {
            "": [(s.name, s.reached) for s in self._resources()]
        }
        bases: dict[str, str] = {}
        owner = ""
        for at, tag, attributes in self.file.begun(*_STRUCTURES, "NavigationProperty"):
            name = attributes.get("Name", "")
            if tag != "NavigationProperty":
                owner = f"{self._space(at)}.{name}"
                found[owner] = []
                bases[owner] = self.full(attributes.get("BaseType", ""))
            elif attributes.get("ContainsTarget") == "true" and owner and name:
                found[owner].append((name, self.full(attributes.get("Type", ""))))
        return {type: [each for base in _chain(type, bases) for each in found[base]] for type in found}

    def _space(self, at: int) -> str:
        index = bisect_right(self._places, at) - 1
        return self._spaces[index] if index >= 0 else ""

    def _declared(self, type: str, tags: Collection[str]) -> Element | None:
        space, _, name = type.rpartition(".")
        found = self.file.named(name, tags) if name else iter(())
        return next((each for each in found if self._space(each.start) == space), None)

    def _operation(self, element: Element) -> Operation:
        parameters = list(element.named("Parameter"))
        bound = element.attributes.get("IsBound") == "true" and bool(parameters)
        binding = self.full(parameters[0].attributes.get("Type", "")) if bound else None
        returns = next(element.named("ReturnType"), None)
        own = tuple(parameters[bound:])
        name, space = element.attributes.get("Name", ""), self._space(element.start)
        return Operation(element, name, space, binding, own, returns)

    def _target(self, target: str) -> str:
        """Write what annotations are about in full: `ns.type/member`, or `ns.operation(ns.type, …)`."""
        name, brace, types = target.partition("(")
        head, slash, member = name.partition("/")
        inside = ", ".join(self.full(each) for each in types.removesuffix(")").split(",")) if types else ""
        return f"{self.full(head)}{slash}{member}{brace}{inside}{')' * bool(brace)}"

    def _next(self, at: PathStep | None, segment: str | None) -> PathStep | None:
        if at is not None and at.collection:
            return _element(at) if segment is None else None
        if segment is None:
            return None
        if at is None:
            return self._named(self.container, segment, "")
        for type, structure in self.lineage(at.type):
            step = self._named(structure.named("NavigationProperty"), segment, f"{type}/")
            if step is not None:
                return step
        cast = without_alias(self.full(segment))
        lineage = list(self.lineage(cast)) if "." in segment else []
        if any(type == at.type for type, _ in lineage):
            return PathStep(segment, False, cast, False, cast, lineage[0][1])
        return None

    def _resources(self) -> Iterator[PathStep]:
        return (self._step(each, "") for each in self.container)

    def _named(self, found: Iterable[Element], segment: str, owner: str) -> PathStep | None:
        near = [each for each in found if alike(each.attributes.get("Name", ""), segment)]
        exact = (each for each in near if each.attributes.get("Name") == segment)
        chosen = next(exact, near[0] if near else None)
        return self._step(chosen, owner) if chosen else None

    def _step(self, found: Element, owner: str) -> PathStep:
        name, type = found.attributes.get("Name", ""), self.full(found.attributes.get("Type", ""))
        if found.tag == "EntitySet":
            type = f"Collection({self.full(found.attributes.get('EntityType', ''))})"
        inside = _COLLECTION.fullmatch(type)
        return PathStep(
            name, False, inside[1] if inside else type, inside is not None, f"{owner}{name}", found
        )


def short(type: str) -> str:
    """Leave the namespace out of a type's name, also within `Collection()`."""
    inside = _COLLECTION.fullmatch(type)
    return f"Collection({short(inside[1])})" if inside else type.rpartition(".")[2]


def alike(one: str, other: str) -> bool:
    """Tell whether two names differ at most in letter case."""
    return one.casefold() == other.casefold()


def members(enum: Element) -> tuple[tuple[str, int], ...]:
    """Number the members of an enum, as OData does where they have no value, and sort them by number."""
    found: list[tuple[str, int]] = []
    for each in enum.named("Member"):
        value = each.attributes.get("Value", "")
        number = int(value) if re.fullmatch(r"-?[0-9]{1,18}", value) else (found[-1][1] + 1 if found else 0)
        found.append((each.attributes.get("Name", ""), number))
    return tuple(sorted(found, key=lambda each: each[1]))


def _chain(type: str, bases: Mapping[str, str]) -> Iterator[str]:
    for _ in range(_MOST_BASES):
        if type in bases or not type:
            yield type
        type = bases.get(type, "")
        if not type:
            return


def _element(at: PathStep) -> PathStep:
    return PathStep(f"{short(at.type)}Id", True, at.type, False, at.target, at.element)


def _told(value: Element) -> str | None:
    """Tell the value of a property of a record, be it an attribute or an element."""
    for kind in ("String", "Date", "EnumMember"):
        if kind in value.attributes:
            return value.attributes[kind]
        for each in value.named(kind):
            return each.text.strip()
    return None
