"""Exports a contract as an OpenAPI 3.1 description, without its clauses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from graphcontract.contract.model import Contract, Permission
from graphcontract.drift.contract_facts import identify_operation
from graphcontract.errors import UserError

_SIGN_IN = "https://login.microsoftonline.com/organizations/oauth2/v2.0"
_FLOWS = {
    "DelegatedWork": "authorizationCode",
    "DelegatedPersonal": "authorizationCode",
    "Application": "clientCredentials",
}
_NAMES = {
    "DelegatedWork": "delegated-work",
    "DelegatedPersonal": "delegated-personal",
    "Application": "application",
}
_TEXT = {"type": "string"}


def format_openapi(contract: Contract) -> str:
    """Describe a contract's action in OpenAPI 3.1, as JSON; raises `UserError` if that is impossible."""
    request = contract.request
    if request.query == "required" and not request.query_parameters:
        problem = "the contract requires a query and does not name its parameters"
        raise UserError(f"{contract.id}: {problem}, which OpenAPI cannot express")
    described: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": contract.title,
            "version": (contract.provenance and contract.provenance.date) or "1",
        },
        "servers": [{"url": f"{request.root}/{request.version}"}],
        "paths": {request.path: _make_path_item(contract)},
        "components": {
            "responses": {"error": _make_error_response()},
            "schemas": {"error": _make_error_schema()},
            "securitySchemes": _make_security_schemes(contract),
        },
    }
    return json.dumps(described, indent=2, ensure_ascii=False) + "\n"


def _make_path_item(contract: Contract) -> dict[str, Any]:
    request = contract.request
    parameters = [_make_parameter(name, schema) for name, schema in request.parameters.items()]
    keys = [each for each in parameters if each["in"] == "path"]
    if keys:
        keys[-1]["x-ms-docs-key-type"] = identify_operation(contract).binding
    return {"parameters": parameters, request.method.lower(): _make_operation(contract)}


def _make_parameter(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    parameter: dict[str, Any] = {
        "name": schema.get("name", name),
        "in": schema.get("in", "path"),
        "required": True,
        "schema": {
            member: value for member, value in schema.items() if member not in ("description", "in", "name")
        },
    }
    if "description" in schema:
        parameter["description"] = schema["description"]
    return parameter


def _make_operation(contract: Contract) -> dict[str, Any]:
    request, success = contract.request, contract.success
    response: dict[str, Any] = {"description": "Success"}
    if success.content == "required":
        response["content"] = {"application/json": {"schema": {"type": "object"}}}
    operation: dict[str, Any] = {
        "operationId": contract.id,
        "summary": contract.title,
        "security": [{_NAMES[entry.scheme]: [scope]} for entry, scope in _list_scopes(contract)]
        or [{"bearer": []}],
        "responses": {
            "2XX" if success.alternatives else str(success.status): response,
            "4XX": {"$ref": "#/components/responses/error"},
            "5XX": {"$ref": "#/components/responses/error"},
        },
        "x-ms-docs-operation-type": "action",
    }
    if contract.precondition is not None:
        operation["description"] = contract.precondition.statement
    if request.content != "absent":
        media = request.media_type or "application/json"
        content = {media: {"schema": {"type": "object"}}}
        operation["requestBody"] = {"required": request.content == "required", "content": content}
    return operation


def _list_scopes(contract: Contract) -> list[tuple[Permission, str]]:
    entries = contract.permissions or ()
    return [(entry, scope) for entry in entries for scope in (*entry.least, *entry.higher)]


def _make_security_schemes(contract: Contract) -> dict[str, Any]:
    schemes: dict[str, Any] = {"bearer": {"type": "http", "scheme": "bearer"}}
    for entry, scope in _list_scopes(contract):
        flow: dict[str, Any] = {"tokenUrl": f"{_SIGN_IN}/token", "scopes": {}}
        if _FLOWS[entry.scheme] == "authorizationCode":
            flow["authorizationUrl"] = f"{_SIGN_IN}/authorize"
        named = {"type": "oauth2", "flows": {_FLOWS[entry.scheme]: flow}}
        scheme = schemes.setdefault(_NAMES[entry.scheme], named)
        description = "least privileged" if scope in entry.least else "higher privileged"
        scheme["flows"][_FLOWS[entry.scheme]]["scopes"][scope] = description
    return schemes


def _make_error_response() -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/error"}
    return {"description": "Error", "content": {"application/json": {"schema": schema}}}


def _make_error_schema() -> dict[str, Any]:
    members = {
        "code": _TEXT,
        "message": _TEXT,
        "target": {"type": ["string", "null"]},
        "innererror": {"type": "object"},
    }
    error = {"type": "object", "required": ["code", "message"], "properties": members}
    return {"type": "object", "required": ["error"], "properties": {"error": error}}
