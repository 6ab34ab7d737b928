"""Reads permissions.json as a source of facts on operations that other sources list."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from graphcontract.drift.fact_collector import FactCollector
from graphcontract.drift.model import FactOrigin, Source, SourceError
from graphcontract.drift.operations.statement import METHODS, Key, Statement, fold
from graphcontract.drift.permissions_file import Grant, iterate_grants, parse_permissions, rate_permissions


class PermissionsOperations:
    """The permissions of each path, for both versions of Graph: the file does not distinguish them."""

    kind = "permissions"
    version = None
    family = None

    def __init__(self, source: Source) -> None:
        _, document = parse_permissions(source)
        notes = FactCollector(FactOrigin("permissions", source.name))
        self._grants: defaultdict[tuple[str, ...], list[Grant]] = defaultdict(list)
        for grant in iterate_grants(notes, document, lambda path: path.startswith("/")):
            if not set(METHODS).isdisjoint(grant.methods):
                self._grants[fold(grant.path)].append(grant)
        if notes.problems:
            raise SourceError(f"{source.name}: {notes.problems[0].text}", "Fetch the complete file again.")
        if not self._grants:
            raise SourceError(f"{source.name}: it has no permissions for any path", "Give permissions.json.")
        self.title = "permissions.json of Microsoft Graph"

    def list_statements(self) -> Iterator[Statement]:
        """List nothing: the file does not say what a request contains, or what it returns."""
        return iter(())

    def describe(self, key: Key, path: str) -> Statement | None:
        """Describe the permissions of an operation."""
        grants = [each for each in self._grants.get(key.path, ()) if key.method in each.methods]
        if not grants:
            return None
        permissions = {
            scheme: " ".join([*map(_join, least), *([">", *map(_join, higher)] if higher else [])])
            for scheme, (least, higher) in rate_permissions(grants).items()
            if least or higher
        }
        return Statement(key.version, key.method, path, permissions=permissions)


def _join(permission: str) -> str:
    """Join permissions that are required together by a plus, without spaces."""
    return permission.replace(" + ", "+").replace(" ", "")
