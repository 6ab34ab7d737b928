"""One operation of a catalogue: its facts, each with the sources that state it, and the JSON line of them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Stated = Mapping[str, str]
"""The statements of one fact: each value with the codes of the sources that state it."""

NOTHING, UNKNOWN_2XX = "none", "2XX"
"""What a source of `route` states of content and of success, unless it is listed with another value."""

UNKNOWN = "?"
"""The type of a parameter that a source does not state."""

LATER_FACTS = ("fields", "removal")
"""The facts that the first snapshots did not have."""

_KEY = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class CatalogueSource:
    """A source of a catalogue, by its code. `family` names the SDKs that are generated from the same
    description, so that an operation known only from them says nothing about them.
    """

    code: str
    kind: str
    title: str
    family: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """The facts of one operation, as a line of the catalogue has them. Codes of sources are letters.

    `route` are the sources that have the operation; it is empty if only permissions.json has it. `types` has
    the types of the parameters in the order of the path, separated by commas, with `?` where unknown.
    `permissions` has, by source and scheme, the least permissions, and behind `>` the higher ones. A value
    that no source states is left out.
    """

    version: str
    method: str
    path: str
    route: str
    content: Stated = field(default_factory=dict)
    success: Stated = field(default_factory=dict)
    types: Stated = field(default_factory=dict)
    query: Stated = field(default_factory=dict)
    fields: Stated = field(default_factory=dict)
    namespace: Stated = field(default_factory=dict)
    deprecated: str = ""
    removal: Stated = field(default_factory=dict)
    permissions: Mapping[str, Stated] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The operation as people write it: `beta POST /users/{user-id}/revokeSignInSessions`."""
        return f"{self.version} {self.method} {self.path}"

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the path's parameters, in order, as the path spells them."""
        return tuple(_KEY.findall(self.path))

    def list_statements(self) -> dict[str, Stated]:
        """List every fact that sources may state differently: each value with its sources."""
        sources = frozenset(self.route)
        found = {
            "content": _complete(self.content, NOTHING, sources),
            "success": _complete(self.success, UNKNOWN_2XX, sources),
            "types": self.types,
            "query": self.query,
            "fields": self.fields,
            "namespace": self.namespace,
            "removal": self.removal,
        }
        return {name: stated for name, stated in found.items() if stated}

    def list_disagreements(self) -> dict[str, Stated]:
        """List the facts of which sources state different values. An unknown status, or an unknown type,
        agrees with every other.
        """
        found = self.list_statements()
        for name in ("query", "fields"):  # a source that does not state one is silent on it
            found.pop(name, None)
        return {name: stated for name, stated in found.items() if _differ(name, stated)}


def _complete(stated: Stated, value: str, sources: frozenset[str]) -> Stated:
    rest = "".join(sorted(sources - set("".join(stated.values()))))
    return {**stated, value: rest} if rest else stated


def _differ(name: str, stated: Stated) -> bool:
    """Whether any part of these values differs, where both know it."""
    rows = [_split_value(name, value) for value in stated]
    return any(len(set(column) - {UNKNOWN}) > 1 for column in zip(*rows, strict=True))


def _split_value(name: str, value: str) -> Sequence[str]:
    if name == "types":
        return value.split(",")
    if name == "success":
        status, _, content = value.partition(" ")
        return (UNKNOWN if status == UNKNOWN_2XX else status), content
    return (value,)


def split_permissions(stated: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Split the permissions of a scheme into the least and the higher ones."""
    least, _, higher = stated.partition(">")
    return tuple(least.split()), tuple(higher.split())


def parse_members(members: Mapping[str, Any]) -> Operation:
    """Make the operation of a line that the schema admits."""
    version, method, path = members["operation"].split(" ")
    facts = {name: value for name, value in members.items() if name != "operation"}
    return Operation(version, method, path, **facts)


def format_line(operation: Operation) -> str:
    """Format an operation as its line of a catalogue, without the line break."""
    members: dict[str, object] = {"operation": operation.name, "route": _sort(operation.route)}
    for name in ("content", "success", "types", "query", "fields", "namespace", "removal"):
        stated: Stated = getattr(operation, name)
        if stated:
            members[name] = {value: _sort(stated[value]) for value in sorted(stated)}
    if operation.deprecated:
        members["deprecated"] = _sort(operation.deprecated)
    if operation.permissions:
        members["permissions"] = {code: operation.permissions[code] for code in sorted(operation.permissions)}
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"))


def _sort(codes: str) -> str:
    return "".join(sorted(set(codes)))


def format_header(sources: Sequence[CatalogueSource], patterns: Sequence[str] = ()) -> str:
    """Format the first line of a catalogue: its format, and its sources by their codes; of a snapshot, also
    the patterns of its operations.
    """
    listed = {
        each.code: {
            name: value
            for name in ("kind", "title", "family", "sha256")
            if (value := getattr(each, name)) is not None
        }
        for each in sources
    }
    chosen = {"operations": list(patterns), "facts": list(LATER_FACTS)} if patterns else {}
    document = {"catalogue": 1, **chosen, "sources": listed}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def parse_sources(header: Mapping[str, Any]) -> dict[str, CatalogueSource]:
    """Parse the sources of a header that the schema admits, by their codes."""
    return {code: CatalogueSource(code, **members) for code, members in header["sources"].items()}
