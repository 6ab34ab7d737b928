"""The reference client conforms to the contract of any operation.

The contracts differ in everything that the format expresses. Gates of all clauses are nightly; each run of
the tests checks what depends most on the operation, for two of them.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graphcontract.clauses import list_kinds
from graphcontract.clauses.queries import build_request_filter
from graphcontract.clients.reference import make_call
from graphcontract.contract.loader import load
from graphcontract.contract.model import Contract
from graphcontract.exchange import Call, Outcome
from tests.clauses import call, request
from tests.cli.running import Here
from tests.sample_clients.verdicts import verdicts

TEXT: dict[str, Any] = {"type": "string", "minLength": 1}
GUID: dict[str, Any] = {"type": "string", "format": "uuid"}
NUMBER: dict[str, Any] = {"type": "integer"}
CODE: dict[str, Any] = {"type": "string", "pattern": "^[A-Z]{3}$"}
COLOUR: dict[str, Any] = {"type": "string", "enum": ["red", "dark green"]}
JSON = {"content": "required", "media_type": "application/json"}
STRICT = {
    "Authorization": "require",
    "Content-Length": "require",
    "Content-Type": "forbid",
    "client-request-id": "require",
}

REFERENCE: dict[str, Any] = {"in": "query", "name": "@id", "type": "string"}

# Method, version, path, the schema of each parameter (or one of the only one), status and content of success,
# and what else the request has.
Schemas = dict[str, Any] | list[dict[str, Any]]
OPERATIONS: dict[str, tuple[str, str, str, Schemas, int, str, dict[str, Any]]] = {
    "delete": ("DELETE", "v1.0", "/users/{userId}", TEXT, 204, "absent", {}),
    "read": ("GET", "beta", "/shares/{shareNumber}/root", NUMBER, 200, "required", {}),
    "namespace": (
        *("POST", "v1.0", "/cases/{caseId}/microsoft.graph.security.close", GUID),
        *(202, "absent", {"fields": STRICT}),
    ),
    "me": (
        "POST",
        "v1.0",
        "/me/messages/{messageId}/archive",
        TEXT,
        200,
        "unconstrained",
        {"fields": STRICT},
    ),
    "cast": ("POST", "beta", "/apps/{appId}/graph.androidLobApp/assign", GUID, 204, "absent", {}),
    "replace": ("PUT", "v1.0", "/groups/{groupCode}/photo/$value", CODE, 200, "required", JSON),
    "update": ("PATCH", "v1.0", "/labels/{colour}", COLOUR, 204, "absent", JSON),
    "update-nothing": ("PATCH", "beta", "/me/drives/{driveId}", TEXT, 200, "absent", {"fields": STRICT}),
    "query": ("GET", "v1.0", "/sites/{siteId}/delta", TEXT, 200, "unconstrained", {"query": "required"}),
    "first": ("DELETE", "v1.0", "/{objectId}", TEXT, 202, "absent", {"fields": STRICT}),
    "open": (
        *("POST", "beta", "/things/{thingId}/touch", NUMBER, 201, "unconstrained"),
        {"query": "unconstrained", "content": "unconstrained"},
    ),
    "none": ("POST", "v1.0", "/me/revokeSignInSessions", [], 204, "absent", {"fields": STRICT}),
    "two": (
        *("DELETE", "beta", "/teams/{teamId}/members/{memberId}", [TEXT, TEXT], 204, "absent"),
        {"fields": {"Authorization": "require"}},
    ),
    "three": (
        *("POST", "v1.0", "/teams/{teamId}/channels/{channelId}/messages/{messageId}/softDelete"),
        *([GUID, TEXT, NUMBER], 204, "absent", {"fields": STRICT}),
    ),
    "function": (*("DELETE", "v1.0", "/me/registrations(email='{email}')", [TEXT], 204, "absent", {}),),
    "arguments": (
        *("POST", "beta", "/books/{bookId}/sheets/{sheetId}/cell(row={row},column={column})/clear"),
        *([TEXT, TEXT, NUMBER, NUMBER], 200, "absent", {"fields": STRICT}),
    ),
    "reference": ("DELETE", "v1.0", "/groups/{groupId}/members/$ref", [TEXT, REFERENCE], 204, "absent", {}),
}
SEVERAL = ("none", "two", "three", "function", "arguments", "reference")
"""Checked by the clauses that the number of parameters matters to."""
AGAIN = ("two", "three", "function")  # shown by more parameters, and by more of a function
CLAUSES = (
    *("request.method", "request.path", "request.path-spelling", "request.path-parameters", "request.query"),
    *("request.body", "request.once", "input.opaque-id", "input.unusable-id", "input.injection"),
)
TESTS = ("test_request", "test_opaque_id", "test_unusable_id", "test_control_characters")
NOT_SHOWN: dict[str, set[str]] = {
    "none": {"request.path-parameters", "input.opaque-id", "input.unusable-id"},
    "function": {"input.unusable-id"},
    "two": set(),
    "three": set(),
    "arguments": set(),
    "reference": set(),
}
ALWAYS = ("read",)  # the others differ as the curated contracts do, which are checked
DEPENDENT = ("request.m*", "request.path*", "request.content-*", "input.*", "response.no-content")
each_operation = pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in ALWAYS else [pytest.mark.nightly]) for name in OPERATIONS],
)


def document(name: str) -> dict[str, Any]:
    method, version, path, schema, status, content, members = OPERATIONS[name]
    schemas = schema if isinstance(schema, list) else [schema]
    names = re.findall(r"\{(\w+)\}", path)
    parameters = dict(zip([*names, "reference"][: len(schemas)], schemas, strict=True))
    has_query = any("in" in each for each in schemas)
    return {
        "format": 2,
        "id": name,
        "title": f"thing: {name}",
        "extends": ["graph-conventions", "graph-service"],
        "request": {
            "method": method,
            "root": "https://graph.microsoft.com",
            "version": version,
            "path": path,
            "parameters": parameters,
            "query": "required" if has_query else "absent",
            "fields": {"Authorization": "require", "client-request-id": "require"},
            "content": "absent",
            **members,
        },
        "success": {"status": status, "content": content},
    }


def file_of(name: str, folder: Path) -> Path:
    path = folder / f"{name}.json"
    path.write_text(json.dumps(document(name)), encoding="utf-8")
    return path


def contract_of(name: str, folder: Path) -> Contract:
    return load(str(file_of(name, folder)), list_kinds())


def assert_conforms(here: Here, name: str, *words: str) -> None:
    ended = here("check", "reference", "--contract", str(file_of(name, here.folder)), *words)
    assert ended.status == 0, ended.out + ended.err
    summary = " ".join(ended.out.split())
    assert "The client conforms to the contract" in summary
    assert "skipped" not in summary
    assert "0 MUST violated, 0 SHOULD violated" in summary


@pytest.mark.nightly
@pytest.mark.parametrize("name", OPERATIONS)
def test_reference_client_conforms(here: Here, name: str) -> None:
    assert_conforms(here, name, "--profile", "quick")


@each_operation
def test_reference_client_sends_and_takes_what_the_operation_has(here: Here, name: str) -> None:
    chosen = [f"--select={pattern}" for pattern in DEPENDENT]
    assert_conforms(here, name, "--profile", "quick", "--in-process", *chosen)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.nightly] if name in AGAIN else []) for name in SEVERAL]
)
def test_reference_client_passes_parameters(name: str, tmp_path: Path) -> None:
    contract = contract_of(name, tmp_path)
    found = verdicts(make_call, contract=contract, profile="quick", of=CLAUSES, shown_by=TESTS)
    unlike = {id: found[id].reason for id in CLAUSES if found[id].verdict != "pass"}
    assert unlike.keys() == NOT_SHOWN[name], unlike


@each_operation
def test_client_of_another_operation_does_not_conform(name: str, tmp_path: Path) -> None:
    contract = contract_of(name, tmp_path)

    def other(call: Call) -> Outcome:
        assert call.request is not None
        method = "POST" if call.request.method != "POST" else "PUT"
        return make_call(replace(call, request=replace(call.request, method=method)))

    found = verdicts(other, contract=contract, profile="quick", of=["request.method"])
    assert found["request.method"].verdict == "fail"


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_repeated_request_is_a_fault_of_some_methods_only(name: str, tmp_path: Path) -> None:
    clauses = contract_of(name, tmp_path).clauses
    repeatable = OPERATIONS[name][0] not in ("POST", "PATCH")
    assert ("retry.connection-lost" not in clauses) is repeatable
    assert ("retry.server-error" not in clauses) is repeatable


def test_request_is_recognised_where_the_path_ends_with_the_parameter(tmp_path: Path) -> None:
    """By its collection, if neither the id nor the token has arrived."""
    contract = contract_of("delete", tmp_path)
    made = replace(call("a/b", "short"), arguments={"userId": "a/b"}, request=contract.request)
    belongs = build_request_filter(contract, made)
    assert belongs(request("/v1.0/users/c", method="DELETE"))
    assert not belongs(request("/v1.0/groups/c", method="DELETE"))


def test_driver_of_another_operation_is_not_exercised_with_its_reason(here: Here) -> None:
    here.folder.joinpath("typed.py").write_text(
        "from graphcontract.exchange import Outcome\n"
        "def call(call):\n"
        "    return Outcome.unsupported('this driver calls only user-delete')\n"
    )
    ended = here(
        *("check", "python:typed:call", "--contract", str(file_of("me", here.folder))),
        *("--profile", "quick", "--select", "request.method"),
    )
    assert ended.status == 5
    reason = "the driver reported every call as unsupported: this driver calls only user-delete"
    assert reason in " ".join(ended.out.split())


@pytest.mark.parametrize("name", ["none", "two", "delete"])
@pytest.mark.parametrize("command", ["tenant", "live --tenant-url http://127.0.0.1:9"])
def test_commands_for_a_lifecycle_refuse_other_operations(command: str, name: str, here: Here) -> None:
    ended = here(*command.split(), "--contract", str(file_of(name, here.folder)))
    assert ended.status == 2
    words = " ".join(ended.err.split())
    assert f"which {name} does not describe" in words
    assert f"`graphcontract {command.split()[0]}` needs a contract with a lifecycle" in words
