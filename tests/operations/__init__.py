"""What the tests of many operations share: contracts of any operation, and a client that conforms to them."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from graphcontract.clauses import list_kinds
from graphcontract.contract.loader import load
from graphcontract.contract.model import Contract
from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Conforming

TEXT = {"type": "string", "minLength": 1}
NUMBER = {"type": "integer"}
REFERENCE = {"type": "string", "in": "query", "name": "@id"}
PLACEHOLDER = re.compile(r"('?)\{(\w+)\}")


def make_contract(method: str, path: str, parameters: Mapping[str, Mapping[str, Any]]) -> Contract:
    """Load a contract of an operation without content, whose success is 204."""
    document = {
        "format": 2,
        "id": "operation",
        "title": "thing: operation",
        "extends": ["graph-conventions", "graph-service"],
        "request": {
            "method": method,
            "root": "https://graph.microsoft.com",
            "version": "v1.0",
            "path": path,
            "parameters": parameters,
            "query": "required" if any("in" in each for each in parameters.values()) else "absent",
            "fields": {"Authorization": "require"},
            "content": "absent",
        },
        "success": {"status": 204, "content": "absent"},
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "operation.json")
        file.write_text(json.dumps(document), encoding="utf-8")
        return load(file, list_kinds())


_OPERATIONS: dict[str, tuple[str, str, dict[str, dict[str, Any]]]] = {
    "none": ("POST", "/me/revokeSignInSessions", {}),
    "member": ("DELETE", "/teams/{teamId}/members/{memberId}", {"teamId": TEXT, "memberId": TEXT}),
    "message": (
        "POST",
        "/teams/{teamId}/channels/{channelId}/messages/{messageId}/microsoft.graph.softDelete",
        {"teamId": TEXT, "channelId": TEXT, "messageId": TEXT},
    ),
    "function": ("DELETE", "/me/registrations(email='{email}')", {"email": TEXT}),
    "cell": (
        "POST",
        "/books/{bookId}/cell(row={row},column={column})/clear",
        {"bookId": TEXT, "row": NUMBER, "column": NUMBER},
    ),
    "reference": ("DELETE", "/groups/{groupId}/members/$ref", {"groupId": TEXT, "member": REFERENCE}),
}


@cache
def contract_of(name: str) -> Contract:
    """One of a few operations that differ in their parameters."""
    return make_contract(*_OPERATIONS[name])


class AnyOperation(Conforming):
    """Meets every clause of any operation without content, in steps that a fault overrides one at a time."""

    def refusal(self, call: Call) -> str | None:
        if not call.token or any(ord(each) < 32 or 127 <= ord(each) < 160 for each in call.token):
            return "a call needs a token without control characters"
        for name, value in call.arguments.items():
            if self.refuses(call, name, value):
                return f"{name} cannot be sent"
        return None

    def refuses(self, call: Call, name: str, value: str) -> bool:
        """Whether a value is rejected."""
        segments = call.path.split("/")
        is_segment = f"{{{name}}}" in segments
        control = any(ord(each) < 32 or 127 <= ord(each) < 160 for each in value)
        return control or (is_segment and value in ("", ".", ".."))

    def method(self, call: Call) -> str:
        return call.method

    def path(self, call: Call) -> str:
        return PLACEHOLDER.sub(
            lambda found: found[1] + self.value(call, found[2], is_literal=bool(found[1])),
            self.template(call),
        )

    def template(self, call: Call) -> str:
        return call.path

    def argument(self, call: Call, name: str) -> str:
        return call.arguments[name]

    def value(self, call: Call, name: str, *, is_literal: bool) -> str:
        """What the path has in the place of a parameter."""
        value = self.argument(call, name)
        return self.encode(self.double(value) if is_literal else value)

    def double(self, value: str) -> str:
        return value.replace("'", "''")

    def names(self, call: Call) -> list[str]:
        """The parameters of the path, in its order."""
        return [found[1] for found in PLACEHOLDER.findall(call.path)]

    def query(self, call: Call) -> str:
        assert call.request is not None
        named = [
            self.pair(name, call.arguments[each]) for name, each in call.request.query_parameters.items()
        ]
        return f"?{'&'.join(named)}" if named else ""

    def pair(self, name: str, value: str) -> str:
        return f"{name}={self.encode(value)}"
