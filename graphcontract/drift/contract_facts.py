"""Reads a contract like a source: its facts in the model of `drift.model`, and the operation to look for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphcontract.contract.model import Contract
from graphcontract.drift.model import Fact, FactOrigin, Reading, Value, Wanted
from graphcontract.drift.operation_paths import find_cast, find_last_key, name_action, split_path

SCHEMES = {
    "DelegatedWork": "permissions.delegated-work",
    "DelegatedPersonal": "permissions.delegated-personal",
    "Application": "permissions.application",
}
CLOUDS = {
    "global": "global",
    "usGovernmentL4": "us-gov-l4",
    "usGovernmentL5": "us-gov-l5",
    "china": "china",
}

_CONTENT = {"absent": "none", "required": "required", "unconstrained": "optional"}
TOGETHER = " + "
"""Between permissions that are needed together, in the facts on permissions."""

_SUCCESS = {"absent": "none", "required": "content", "unconstrained": None}


def read_contract(contract: Contract, name: str) -> Reading:
    """Read the facts that a contract asserts; `name` is the id or file that it was loaded by."""
    origin = FactOrigin("contract", name, contract.sha256[:12])
    values = dict(_collect_values(contract))
    facts = {
        fact: Fact(fact, "silent" if value is None else "asserts", value, origin)
        for fact, value in values.items()
    }
    return Reading(origin, facts, contract.sha256)


def identify_operation(contract: Contract) -> Wanted:
    """Return the operation that a contract describes, to look for in sources."""
    request = contract.request
    return Wanted(request.method, request.version, split_path(request.path), *_find_names(contract))


def _collect_values(contract: Contract) -> Mapping[str, Value]:
    request, success = contract.request, contract.success
    binding, action = _find_names(contract)
    path = split_path(request.path)
    keys = [str(key[1]) for key in path if isinstance(key, tuple)]
    key = (find_last_key(path) if request.method == "DELETE" else None) or (keys[-1] if keys else None)
    statuses = contract.precondition.statuses if contract.precondition is not None else ()
    values: dict[str, Value] = {
        "method": request.method,
        "version": request.version,
        "path": split_path(request.path),
        "binding": binding,
        "action": action,
        "key-type": _find_key_type(request.parameters[key]) if key else None,
        "content": _CONTENT[request.content],
        "query": () if request.query == "absent" else None,
        "fields": _list_fields(contract),
        "parameters": () if request.content == "absent" else None,
        "success": (None if success.alternatives else success.status, _SUCCESS[success.content]),
        "errors": None,  # its codes are those of Microsoft Graph in general
        "clouds": tuple(sorted(CLOUDS[cloud] for cloud in contract.clouds)) or None,
        "route": "reachable",
        "status-enum": None,
        "statuses": tuple(sorted(statuses)) or None,
        "properties": None,
        "deprecation": None,
        "deprecation.inherited": None,
        "wording": (("title", contract.title),),
    }
    return values | _list_permissions(contract)


def _list_fields(contract: Contract) -> Value:
    """List the rule for Content-Type; with content it is implied, whether or not a source lists it."""
    rule = contract.request.fields["Content-Type"]
    if rule == "forbid":
        return ()
    if contract.request.content != "absent":
        return (("Content-Type", "implied"),)
    return (("Content-Type", "required" if rule == "require" else "unconstrained"),)


def _list_permissions(contract: Contract) -> dict[str, Value]:
    """List permissions by scheme; if a contract has any, a scheme without an entry is not supported."""
    if contract.permissions is None:
        return dict.fromkeys(SCHEMES.values())
    found: dict[str, Value] = dict.fromkeys(SCHEMES.values(), ((), ()))
    for entry in contract.permissions:
        found[SCHEMES[entry.scheme]] = (tuple(sorted(entry.least)), tuple(sorted(entry.higher)))
    return found


def _find_names(contract: Contract) -> tuple[str, str]:
    """Find binding and action in the title (`type: action`), else in a cast above the action, in the last
    placeholder, or in the segment before the last one, and in the last segment.
    """
    path = split_path(contract.request.path)
    action = contract.bound_operation or name_action(contract.request.method, path)
    binding, colon, titled = contract.title.partition(": ")
    if colon and titled == action:
        return binding, action
    if cast := find_cast(path):
        return cast, action
    names = contract.request.path_parameters
    if names:
        return names[-1].removesuffix("Id"), action
    return contract.request.path.split("/")[-2], action


def _find_key_type(parameter: Mapping[str, Any]) -> str:
    return "guid" if parameter.get("format") == "uuid" else str(parameter["type"])
