"""Models an OData 4 schema: types, operations, the entity container, and the paths through them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from graphcontract.contract.odata import strip_alias
from graphcontract.drift.csdl.csdl_file import CsdlFile, Element
from graphcontract.drift.csdl.navigation import Navigation

_COLLECTION = re.compile(r"Collection\((.*)\)", re.DOTALL)
_STRUCTURES = ("EntityType", "ComplexType")
_OPERATIONS = ("Action", "Function")
_RESOURCES = ("EntitySet", "Singleton")
_MOST_BASES = 32  # ends a cycle of base types
_MOST_SEGMENTS = 12  # longer paths are not useful, and their number grows exponentially
_MOST_KEYS = 4  # as for segments
_MOST_VISITED = 50_000  # bounds the search in a schema whose types contain each other


@dataclass(frozen=True, slots=True)
class Operation:
    """An action or function; `binding` is the full type that it is bound to, None if it is unbound."""

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
        """The full type, within `Collection()` for a collection."""
        return f"Collection({self.type})" if self.collection else self.type


class Schema:
    """The declarations of a CSDL file. Types have full names: with the namespace, never with an alias."""

    def __init__(self, file: CsdlFile) -> None:
        self.file = file
        self._structures: dict[str, Element | None] = {}
        self._index: dict[str, int] | None = None
        self._places: list[int] = []
        self._spaces: list[str] = []
        self._aliases: dict[str, str] = {}
        self.navigation = Navigation(self)
        for at, _, attributes in file.iterate_tags("Schema", "Include"):
            space = attributes.get("Namespace", "")
            self._places.append(at)
            self._spaces.append(space)
            if "Alias" in attributes:
                self._aliases[attributes["Alias"]] = space

    def qualify(self, name: str) -> str:
        """Replace the alias of a name, or of `Collection(name)`, by its namespace."""
        inside = _COLLECTION.fullmatch(name)
        if inside:
            return f"Collection({self.qualify(inside[1])})"
        space, _, last = name.strip().rpartition(".")
        return f"{self._aliases.get(space, space)}.{last}" if space else last

    @cached_property
    def container(self) -> list[Element]:
        """The entity sets and singletons of every container; an element without a name is left out."""
        found = (
            each
            for place in self.file.find_all("EntityContainer")
            for each in place.find_children(*_RESOURCES)
        )
        return [each for each in found if each.attributes.get("Name")]

    @cached_property
    def _resources(self) -> dict[str, list[Element]]:
        """The entity sets and singletons by name in lower case: every path begins with one of hundreds."""
        found: dict[str, list[Element]] = {}
        for each in self.container:
            found.setdefault(each.attributes["Name"].casefold(), []).append(each)
        return found

    @cached_property
    def container_name(self) -> str:
        """The full name of the first container, as annotations call it."""
        found = next(self.file.find_all("EntityContainer"), None)
        return f"{self._find_namespace(found.start)}.{found.attributes.get('Name', '')}" if found else ""

    def name_target(self, step: PathStep) -> str:
        """Name a step as annotations do: a resource with its container, another member with its type."""
        return f"{self.container_name}/{step.target}" if "/" not in step.target else step.target

    @cached_property
    def _underlying(self) -> dict[str, str]:
        """The underlying types of type definitions, by full name."""
        found = (each for each in self.file.iterate_tags("TypeDefinition"))
        return {
            f"{self._find_namespace(at)}.{attributes.get('Name', '')}": attributes.get("UnderlyingType", "")
            for at, _, attributes in found
        }

    def read_type(self, declared: Element) -> str:
        """Read the full type of a property or parameter; of a type definition its underlying type, which is
        what requests and responses have.
        """
        type = self.qualify(declared.attributes.get("Type", ""))
        inside = _COLLECTION.fullmatch(type)
        name = self._underlying.get(inside[1] if inside else type)
        return type if name is None else f"Collection({name})" if inside else name

    def find_structure(self, type: str) -> Element | None:
        """Find the entity or complex type with a full name."""
        if type not in self._structures:
            if self._index is None:
                self._structures[type] = self._find_declared(type, _STRUCTURES)
            else:
                at = self._index.get(type)
                self._structures[type] = None if at is None else self.file.read_element(at)
        return self._structures[type]

    def find_enum(self, type: str) -> Element | None:
        """Find the enum with a full name."""
        return self._find_declared(type, ("EnumType",))

    def iterate_bases(self, type: str) -> Iterator[tuple[str, Element]]:
        """Yield a type and its bases, by full name, as far as the file declares them."""
        for _ in range(_MOST_BASES):
            structure = self.find_structure(type)
            if structure is None:
                return
            yield type, structure
            type = self.qualify(structure.attributes.get("BaseType", ""))

    def is_whole(self, type: str) -> bool:
        """Whether the file has a type and all of its bases."""
        lineage = list(self.iterate_bases(type))
        return bool(lineage) and "BaseType" not in lineage[-1][1].attributes

    def find_properties(self, type: str) -> dict[str, Element]:
        """Find the properties of a type by name; its own replace inherited ones."""
        found: dict[str, Element] = {}
        for _, structure in self.iterate_bases(type):
            for each in structure.find_children("Property"):
                found.setdefault(each.attributes.get("Name", ""), each)
        return found

    def find_keys(self, type: str) -> list[str]:
        """List the names of a type's key properties: those of the nearest base that has a key."""
        for _, structure in self.iterate_bases(type):
            for key in structure.find_children("Key"):
                return [each.attributes.get("Name", "") for each in key.find_children("PropertyRef")]
        return []

    def find_operations(self, name: str, *, any_case: bool = False) -> list[Operation]:
        """Find the bound operations with a name; with `any_case`, in other letter case, too."""
        found = map(self._make_operation, self.file.find_named(name, _OPERATIONS, any_case=any_case))
        return [each for each in found if each.binding]

    def iterate_operations(self) -> Iterator[Operation]:
        """Yield every bound operation."""
        return (each for each in map(self._make_operation, self.file.find_all(*_OPERATIONS)) if each.binding)

    def index_structures(self) -> None:
        """Find all entity and complex types in one pass, for a reader that needs most of them."""
        self._index = {}
        for at, _, attributes in self.file.iterate_tags(*_STRUCTURES):
            self._index.setdefault(f"{self._find_namespace(at)}.{attributes.get('Name', '')}", at)

    def find_bound(self, operations: Sequence[Operation], step: PathStep) -> Operation | None:
        """Choose the first operation bound to what a step leads to, or to the nearest of its bases."""
        known = {each.binding: each for each in reversed(operations)}
        for type, _ in self.iterate_bases(step.type):
            found = known.get(f"Collection({type})" if step.collection else type)
            if found is not None:
                return found
        return None

    def follow(self, segments: Iterable[str | None]) -> list[PathStep] | None:
        """Follow a path from the container, with None for a key; None if a segment does not exist."""
        steps: list[PathStep] = []
        for segment in segments:
            step = self.find_next(steps[-1] if steps else None, segment)
            if step is None or not self.navigation.is_navigable([*steps, step]):
                return None
            steps.append(step)
        return steps

    def find_route(self, type: str, keys: int) -> list[PathStep] | None:
        """Find a shortest route by containment to a full type, or to a `Collection()` of one: with so many
        keys, if there is one.
        """
        seen: set[tuple[str, int]] = set()
        other: tuple[str | None, ...] | None = None
        queue: deque[tuple[str, tuple[str | None, ...]]] = deque([("", ())])
        while queue:
            at, segments = queue.popleft()
            inside = _COLLECTION.fullmatch(at)
            onward = [(None, inside[1])] if inside else self.contained.get(at, ())
            for name, reached in onward:
                further = (*segments, name)
                state = (reached, further.count(None))
                if reached == type and state[1] == keys and (steps := self.follow(further)):
                    return steps
                other = further if reached == type and other is None else other
                if state not in seen and len(further) < _MOST_SEGMENTS and state[1] <= _MOST_KEYS:
                    seen.add(state)
                    queue.append((reached, further))
        return self.follow(other) if other else None

    def iterate_routes(self, type: str) -> Iterator[tuple[str | None, ...]]:
        """Yield routes by containment to a full type, or to a `Collection()` of one, shortest first, with
        None for a key. They are at most as long as those of `find_route`, and the search is bounded.
        """
        above: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for owner, contained in self.contained.items():
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

    @cached_property
    def contained(self) -> dict[str, list[tuple[str | None, str]]]:
        """The contained members of each type, inherited ones included; the container's are under ""."""
        found: dict[str, list[tuple[str | None, str]]] = {
            "": [(s.name, s.reached) for s in self._iterate_resources()]
        }
        bases: dict[str, str] = {}
        owner = ""
        for at, tag, attributes in self.file.iterate_tags(*_STRUCTURES, "NavigationProperty"):
            name = attributes.get("Name", "")
            if tag != "NavigationProperty":
                owner = f"{self._find_namespace(at)}.{name}"
                found[owner] = []
                bases[owner] = self.qualify(attributes.get("BaseType", ""))
            elif attributes.get("ContainsTarget") == "true" and owner and name:
                found[owner].append((name, self.qualify(attributes.get("Type", ""))))
        return {
            type: [each for base in _iterate_bases(type, bases) for each in found[base]] for type in found
        }

    def _find_namespace(self, at: int) -> str:
        index = bisect_right(self._places, at) - 1
        return self._spaces[index] if index >= 0 else ""

    def _find_declared(self, type: str, tags: Collection[str]) -> Element | None:
        space, _, name = type.rpartition(".")
        found = self.file.find_named(name, tags) if name else iter(())
        return next((each for each in found if self._find_namespace(each.start) == space), None)

    def _make_operation(self, element: Element) -> Operation:
        parameters = list(element.find_children("Parameter"))
        bound = element.attributes.get("IsBound") == "true" and bool(parameters)
        binding = self.qualify(parameters[0].attributes.get("Type", "")) if bound else None
        returns = next(element.find_children("ReturnType"), None)
        own = tuple(parameters[bound:])
        name, space = element.attributes.get("Name", ""), self._find_namespace(element.start)
        return Operation(element, name, space, binding, own, returns)

    def find_next(self, at: PathStep | None, segment: str | None) -> PathStep | None:
        """Find the step that a segment leads to, None for a key; None if the segment does not exist."""
        if at is not None and at.collection:
            return _enter_collection(at) if segment is None else None
        if segment is None:
            return None
        if at is None:
            return self._find_step(self._resources.get(segment.casefold(), ()), segment, "")
        for type, structure in self.iterate_bases(at.type):
            step = self._find_step(structure.find_children("NavigationProperty"), segment, f"{type}/")
            if step is not None:
                return step
        if (step := self._enter_complex_property(at, segment)) is not None:
            return step
        cast = strip_alias(self.qualify(segment))
        lineage = list(self.iterate_bases(cast)) if "." in segment else []
        if any(type == at.type for type, _ in lineage):
            return PathStep(segment, False, cast, False, cast, lineage[0][1])
        return None

    def _enter_complex_property(self, at: PathStep, segment: str) -> PathStep | None:
        """Enter a property of a complex type, which may have navigation properties of its own."""
        for type, structure in self.iterate_bases(at.type):
            step = self._find_step(structure.find_children("Property"), segment, f"{type}/")
            if step is not None:
                return step if not step.collection and self.find_structure(step.type) else None
        return None

    def _iterate_resources(self) -> Iterator[PathStep]:
        return (self._make_step(each, "") for each in self.container)

    def _find_step(self, found: Iterable[Element], segment: str, owner: str) -> PathStep | None:
        near = [each for each in found if equals_ignoring_case(each.attributes.get("Name", ""), segment)]
        exact = (each for each in near if each.attributes.get("Name") == segment)
        chosen = next(exact, near[0] if near else None)
        return self._make_step(chosen, owner) if chosen else None

    def _make_step(self, found: Element, owner: str) -> PathStep:
        name, type = found.attributes.get("Name", ""), self.qualify(found.attributes.get("Type", ""))
        if found.tag == "EntitySet":
            type = f"Collection({self.qualify(found.attributes.get('EntityType', ''))})"
        inside = _COLLECTION.fullmatch(type)
        return PathStep(
            name, False, inside[1] if inside else type, inside is not None, f"{owner}{name}", found
        )


def is_composable(step: PathStep) -> bool:
    """Whether segments may follow a step: below a function only if it is composable (OData CSDL, 12.3)."""
    return step.element.tag != "Function" or step.element.attributes.get("IsComposable") == "true"


def strip_namespace(type: str) -> str:
    """Remove the namespace from a type's name, also within `Collection()`."""
    inside = _COLLECTION.fullmatch(type)
    return f"Collection({strip_namespace(inside[1])})" if inside else type.rpartition(".")[2]


def equals_ignoring_case(one: str, other: str) -> bool:
    """Whether two names differ at most in letter case."""
    return one.casefold() == other.casefold()


def list_members(enum: Element) -> tuple[tuple[str, int], ...]:
    """List the members of an enum by number; one without a value is numbered as OData does."""
    found: list[tuple[str, int]] = []
    for each in enum.find_children("Member"):
        value = each.attributes.get("Value", "")
        number = int(value) if re.fullmatch(r"-?[0-9]{1,18}", value) else (found[-1][1] + 1 if found else 0)
        found.append((each.attributes.get("Name", ""), number))
    return tuple(sorted(found, key=lambda each: each[1]))


def _iterate_bases(type: str, bases: Mapping[str, str]) -> Iterator[str]:
    for _ in range(_MOST_BASES):
        if type in bases or not type:
            yield type
        type = bases.get(type, "")
        if not type:
            return


def _enter_collection(at: PathStep) -> PathStep:
    return PathStep(f"{strip_namespace(at.type)}Id", True, at.type, False, at.target, at.element)
