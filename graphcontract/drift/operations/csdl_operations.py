"""Reads the operations of a CSDL file: what paths by containment lead to, and what it says of other paths."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import chain

from graphcontract.drift.csdl.annotations import (
    Revision,
    denies_delete,
    find_revision,
    find_undeletable,
    index_deprecations,
    is_omissible,
    is_optional,
    list_targets,
)
from graphcontract.drift.csdl.csdl_file import CsdlFile, Element
from graphcontract.drift.csdl.csdl_reader import OWN_NAMESPACES, find_schema_version
from graphcontract.drift.csdl.edm import Operation, PathStep, Schema, is_composable, strip_namespace
from graphcontract.drift.model import Source, SourceError
from graphcontract.drift.operations.statement import Key, Statement, read_day

_MOST_SEGMENTS = 12  # longer paths exist in principle only
_MOST_PATHS = 4  # to each type: the number of all paths grows exponentially with their length
_KEY = re.compile(r"\{[^{}]*\}")
_CALL = re.compile(r"([\w.]+)\((.*)\)", re.ASCII)
_ARGUMENT = re.compile(r"(\w+)='?\{[^{}]*\}'?", re.ASCII)
_REFERENCE = "$ref"

Reached = tuple[PathStep | None, tuple[str | None, ...]]
"""Where a path leads, and the types of its parameters."""


class CsdlOperations:
    """The operations of a schema: actions, and DELETE of contained entities."""

    kind = "csdl"
    family = None

    def __init__(self, source: Source) -> None:
        self._schema = Schema(CsdlFile(source.path, source.name))
        version = find_schema_version(source)
        if version is None:
            problem = f"{source.name}: it does not state the version of Graph"
            raise SourceError(problem, "Rename the file, for example to beta.csdl.")
        if not self._schema.container:
            problem = f"{source.name}: it has no entity container, so no path leads to its operations"
            raise SourceError(problem, "Give the complete $metadata file.")
        self._schema.index_structures()
        self.version = version
        self.title = f"CSDL of Microsoft Graph, {version} ({source.path.name})"
        self._reached: dict[str, Reached | None] = {"": (None, ())}

    def describe(self, key: Key, path: str) -> Statement | None:
        """Describe the operation at a path; None if the schema has no such path or action."""
        if key.version != self.version:
            return None
        above, _, last = path.rpartition("/")
        if key.method == "POST":
            return self._describe_action(above, last, path)
        parent = self._reach(above)
        if parent is None:
            return None
        if last == _REFERENCE:
            step = parent[0]
            query = ("@id",) if step is not None and step.collection else ()
            line = self.find_line(step.element) if step is not None else 1
            return Statement(
                self.version, "DELETE", self.spell(path), types=parent[1], query=query, line=line
            )
        is_stream = last == "$value" or (parent[0] is not None and self._has_stream(parent[0], last))
        reached = parent if is_stream else self._reach(path)
        if reached is None or reached[0] is None:
            return None
        if not is_stream and not self._can_be_deleted(reached[0], path):
            return None
        revision = None if is_stream else self.find_step_deprecation(reached[0])
        return Statement(
            self.version,
            "DELETE",
            self.spell(path),
            types=reached[1],
            deprecated=revision is not None,
            removal=read_day(revision.removal if revision else None),
            line=self.find_line(reached[0].element),
        )

    def spell(self, path: str) -> str:
        """Spell a path that exists as the schema does: in its letter case."""
        segments = path.strip("/").split("/")
        for index, segment in enumerate(segments):
            reached = self._reach("/" + "/".join(segments[: index + 1]))
            step = reached[0] if reached is not None else None
            if step is not None and not step.key and "(" not in segment:
                segments[index] = step.name
        return "/" + "/".join(segments)

    def iterate_deprecations(self, path: str) -> Iterator[tuple[str, Revision, str | None]]:
        """Yield the deprecation of what a path of DELETE leads to, else the first one above it: the fact's
        name, and the path that it is inherited from.
        """
        segments = path.split("/")
        above = ["/".join(segments[:end]) for end in range(2, len(segments) + 1)]
        last = self._reach(above.pop())
        own = self.find_step_deprecation(last[0]) if last is not None and last[0] is not None else None
        if own is not None:
            yield "deprecation", own, None
            return
        for each in above:
            step = (self._reach(each) or (None, ()))[0]
            if step is not None and not step.key and (found := self._find_member_deprecation(step)):
                yield "deprecation.inherited", found, each
                return

    def list_statements(self) -> Iterator[Statement]:
        """List what the shortest paths by containment lead to."""
        for path, step in self._iterate_paths():
            if not step.collection:
                statement = self.describe(Key(self.version, "DELETE", ()), path)
                if statement is not None and "/" in path[1:]:
                    yield statement
            for operation in self._find_actions(step):
                own = operation.namespace in OWN_NAMESPACES
                name = operation.name if own else f"{operation.namespace}.{operation.name}"
                statement = self._describe_action(path, name, f"{path}/{name}")
                if statement is not None:
                    yield statement

    def _describe_action(self, above: str, last: str, path: str) -> Statement | None:
        reached = self._reach(above)
        if reached is None or reached[0] is None or not is_composable(reached[0]):
            return None
        action = self._schema.find_bound(self._find_named(strip_namespace(last), "Action"), reached[0])
        if action is None:
            return None
        revision = self.find_deprecation(action)
        required = any(not is_omissible(self._schema, each) for each in action.parameters)
        return Statement(
            self.version,
            "POST",
            self.spell(above) + path[len(above) :].removesuffix(strip_namespace(last)) + action.name,
            content="required" if required else "optional" if action.parameters else "none",
            success="2XX content" if action.returns is not None else "2XX",
            types=reached[1],
            namespace=action.namespace,
            deprecated=revision is not None,
            removal=read_day(revision.removal if revision else None),
            line=self.find_line(action.element),
        )

    def find_deprecation(self, operation: Operation) -> Revision | None:
        """Find the deprecation of an operation or of the type that it is bound to."""
        own = find_revision(self._schema, operation.element)
        targets = list_targets(self._schema, operation)
        found = own or next((self._revisions[each] for each in targets if each in self._revisions), None)
        return found or self._find_type_deprecation(
            (operation.binding or "").removeprefix("Collection(").removesuffix(")")
        )

    def find_step_deprecation(self, step: PathStep) -> Revision | None:
        """Find the deprecation of what a step leads to: of the member that leads there, or of its type."""
        return self._find_member_deprecation(step) or self._find_type_deprecation(step.type)

    def _find_member_deprecation(self, step: PathStep) -> Revision | None:
        return find_revision(self._schema, step.element) or self._revisions.get(
            self._schema.name_target(step)
        )

    def _find_type_deprecation(self, type: str) -> Revision | None:
        structure = self._schema.find_structure(type)
        own = find_revision(self._schema, structure) if structure is not None else None
        return own or self._revisions.get(type)

    def _can_be_deleted(self, step: PathStep, path: str) -> bool:
        """Whether a step leads to an entity, and no annotation says that it cannot be deleted."""
        allowed = self._schema.navigation.is_deletable(self._list_steps(path))
        if allowed is not None:
            return allowed and step.element.tag != "Property"
        denied = self._schema.name_target(step) in self._undeletable or denies_delete(
            self._schema, step.element
        )
        return step.element.tag != "Property" and not denied

    @cached_property
    def _undeletable(self) -> frozenset[str]:
        return find_undeletable(self._schema)

    @cached_property
    def _revisions(self) -> dict[str, Revision]:
        return index_deprecations(self._schema)

    def _find_named(self, name: str, tag: str) -> list[Operation]:
        """Find the bound operations with a name, else with one that differs in letter case alone."""
        near = [each for each in self._operations.get(name.casefold(), ()) if each.element.tag == tag]
        return [each for each in near if each.name == name] or near

    def _reach(self, path: str) -> Reached | None:
        """Follow a path from the container. What paths begin with is followed once."""
        unknown: list[str] = []
        while path not in self._reached:
            unknown.append(path)
            path = path.rpartition("/")[0]
        found = self._reached[path]
        for each in reversed(unknown):
            found = self._enter(found, each.rpartition("/")[2]) if found is not None else None
            self._reached[each] = found
            if found is not None and not self._schema.navigation.is_navigable(self._list_steps(each)):
                self._reached[each] = found = None
        return found

    def _list_steps(self, path: str) -> list[PathStep]:
        """List the steps of a path that was followed."""
        ends = (index for index, each in enumerate(f"{path}/") if each == "/" and index)
        reached = (self._reached[path[:end]] for end in ends)
        return [each[0] for each in reached if each is not None and each[0] is not None]

    def _enter(self, before: Reached, segment: str) -> Reached | None:
        at, types = before
        if at is not None and not is_composable(at):
            return None
        if _KEY.fullmatch(segment):
            step = self._schema.find_next(at, None)
            if step is None or len(self._schema.find_keys(step.type)) > 1:
                return None  # a segment has one value, and a key of several needs them all
            return step, (*types, self._find_key_type(step.type))
        call = _CALL.fullmatch(segment)
        if call is None:
            step = self._schema.find_next(at, segment)
            return (step, types) if step else None
        return self._call_function(before, call) or self._use_alternate_key(before, call)

    def _call_function(self, before: Reached, call: re.Match[str]) -> Reached | None:
        at, types = before
        arguments = _ARGUMENT.findall(call[2])
        overloads = self._find_named(strip_namespace(call[1]), "Function")
        fitting = [each for each in overloads if self._takes(each, set(arguments))]
        function = self._schema.find_bound(fitting, at) if at is not None else None
        if function is None or function.returns is None:
            return None
        declared = {each.attributes.get("Name", ""): each for each in function.parameters}
        own = (declared.get(name) for name in arguments)
        returned = self._schema.qualify(function.returns.attributes.get("Type", ""))
        type = returned.removeprefix("Collection(").removesuffix(")")
        step = PathStep(call[0], False, type, type != returned, call[0], function.element)
        return step, (*types, *(self._name_type(each) for each in own))

    def _takes(self, function: Operation, arguments: set[str]) -> bool:
        """Whether a function takes arguments with these names: it has them, and needs no other."""
        names = {each.attributes.get("Name", "") for each in function.parameters}
        optional = {
            each.attributes.get("Name", "") for each in function.parameters if is_optional(self._schema, each)
        }
        return names - optional <= arguments <= names

    def _use_alternate_key(self, before: Reached, call: re.Match[str]) -> Reached | None:
        """Follow `applications(appId='{appId}')`: an entity by another key than its own."""
        at, types = before
        step = self._schema.find_next(at, call[1])
        inside = self._schema.find_next(step, None) if step is not None and step.collection else None
        if inside is None:
            return None
        properties = self._schema.find_properties(inside.type)
        own = (properties.get(name) for name in _ARGUMENT.findall(call[2]))
        return inside, (*types, *(self._name_type(each) for each in own))

    def _has_stream(self, step: PathStep, name: str) -> bool:
        found = None if step.collection else self._schema.find_properties(step.type).get(name)
        return found is not None and found.attributes.get("Type") == "Edm.Stream"

    def _find_key_type(self, type: str) -> str | None:
        keys = self._schema.find_keys(type)
        return self._name_type(self._schema.find_properties(type).get(keys[0])) if len(keys) == 1 else None

    def _name_type(self, element: Element | None) -> str | None:
        type = strip_namespace(self._schema.read_type(element)) if element else ""
        return type[:1].lower() + type[1:] or None

    def _iterate_paths(self) -> Iterator[tuple[str, PathStep]]:
        """Yield paths by containment, shortest first, and of each type the few shortest alone."""
        queue: deque[str] = deque([""])
        counts: Counter[str] = Counter()
        seen: set[str] = set()
        while queue:
            path = queue.popleft()
            step = (self._reached.get(path) or (None, ()))[0]
            if step is not None:
                counts[step.reached] += 1
                if counts[step.reached] > _MOST_PATHS:
                    continue
                yield path, step
            for name in self._list_members(path, step):
                longer = f"{path}/{name}"
                if longer not in seen and longer.count("/") <= _MOST_SEGMENTS and self._reach(longer):
                    seen.add(longer)
                    queue.append(longer)

    def _list_members(self, path: str, step: PathStep | None) -> Iterator[str]:
        """List the segments that may follow a path: a key, or what its type contains."""
        if step is not None and step.collection:
            yield f"{{{_name_key(strip_namespace(step.type), path)}}}"
        else:
            members = self._schema.contained.get(step.type if step else "", ())
            yield from (name for name, _ in members if name is not None)

    def _find_actions(self, step: PathStep) -> Iterable[Operation]:
        """Find the actions of what a step leads to; one of a derived type replaces one of its base."""
        types = [type for type, _ in self._schema.iterate_bases(step.type)]
        bindings = [f"Collection({type})" if step.collection else type for type in types]
        found = [each for binding in reversed(bindings) for each in self._actions.get(binding, ())]
        return {each.name: each for each in found}.values()

    @cached_property
    def _operations(self) -> dict[str, list[Operation]]:
        """The bound operations, by name in lower case."""
        found: dict[str, list[Operation]] = {}
        for each in self._schema.iterate_operations():
            found.setdefault(each.name.casefold(), []).append(each)
        return found

    @cached_property
    def _actions(self) -> dict[str, list[Operation]]:
        """The bound actions, by their binding."""
        found: dict[str, list[Operation]] = {}
        for each in sorted(chain.from_iterable(self._operations.values()), key=lambda each: each.name):
            if each.element.tag == "Action":
                found.setdefault(each.binding or "", []).append(each)
        return found

    def find_line(self, element: Element) -> int:
        """Find the line, from 1, of an element."""
        return bisect_left(self._line_ends, element.start) + 1

    @cached_property
    def _line_ends(self) -> list[int]:
        """The offsets of line ends: thousands of elements are located in a file of several MB."""
        return [each.start() for each in re.finditer(b"\n", self._schema.file.data)]


def _name_key(type: str, path: str) -> str:
    """Name a key as Microsoft's SDKs do; of keys of one type on a path the later ones have a number."""
    number = path.count(f"{{{type}-id")
    return f"{type}-id{number or ''}"
