"""The operations below `/me`, which Microsoft's SDKs reach through `/users/{user-id}`."""

from __future__ import annotations

from dataclasses import replace

from graphcontract.drift.operations.statement import Key, SourceOfFacts, Statement, fold

FAMILY = "msgraph-sdk"
"""Microsoft's SDKs for all languages: they are generated from the same description."""

_ME, _USER = ("me",), ("users", "{}")


class SignedInUser:
    """The routes of the signed-in user, derived from those that an SDK has for any user.

    `/me` itself is left out: a user is deleted as `/users/{id}`, and no published source has DELETE on `/me`.
    """

    kind = "derived"
    family = FAMILY

    def __init__(self, routes: SourceOfFacts) -> None:
        self._routes = routes
        self.version = routes.version
        self.title = f"{routes.title}: /me, derived from /users/{{user-id}}"

    def list_statements(self) -> list[Statement]:
        """List the derived operations, those that the SDK calls without content and without a result."""
        derived = (_derive(each) for each in self._routes.list_statements() if each.is_bare)
        return [each for each in derived if each is not None]

    def describe(self, key: Key, path: str) -> Statement | None:
        """Describe an operation below `/me`, as the SDK has it below a user."""
        first, _, below = path.strip("/").partition("/")
        if (fold(first), bool(below)) != (_ME, True):
            return None
        users = f"/users/{{user-id}}/{below}"
        found = self._routes.describe(Key(key.version, key.method, fold(users)), users)
        return _derive(found) if found is not None and found.is_bare else None


def _derive(statement: Statement) -> Statement | None:
    parts = statement.path.split("/", 3)
    if fold(statement.path)[:2] != _USER or len(parts) < 4:
        return None
    return replace(statement, path=f"/me/{parts[3]}")
