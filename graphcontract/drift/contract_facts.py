"""Reads a contract like a source: its facts in the model of `drift.model`, and the operation to look for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphcontract.contract.model import Contract
from graphcontract.drift.model import Fact, FactOrigin, Reading, Value, Wanted
from graphcontract.drift.operation_paths import segments

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
_SUCCESS = {"absent": "none", "required": "content", "unconstrained": None}


def reading(contract: Contract, name: str) -> Reading:
    """Give the facts that a contract asserts; `name` is the id or file that it was loaded by."""
    origin = FactOrigin("contract", name, contract.sha256[:12])
    values = dict(_values(contract))
    facts = {
        fact: Fact(fact, "silent" if value is None else "asserts", value, origin)
        for fact, value in values.items()
    }
    return Reading(origin, facts, contract.sha256)


def wanted(contract: Contract) -> Wanted:
    """Tell the operation that a contract is about."""
    request = contract.request
    return Wanted(request.method, request.version, segments(request.path), *_names(contract))


def _values(contract: Contract) -> Mapping[str, Value]:
    request, success = contract.request, contract.success
    binding, action = _names(contract)
    (parameter,) = request.parameters.values()
    statuses = contract.precondition.statuses if contract.precondition is not None else ()
    values: dict[str, Value] = {
        "method": request.method,
        "version": request.version,
        "path": segments(request.path),
        "binding": binding,
        "action": action,
        "key-type": _key_type(parameter),
        "content": _CONTENT[request.content],
        "query": () if request.query == "absent" else None,
        "fields": _fields(contract),
        "parameters": () if request.content == "absent" else None,
        "success": (success.status, _SUCCESS[success.content]),
        "errors": None,  # its codes are those of Microsoft Graph in general
        "clouds": tuple(sorted(CLOUDS[cloud] for cloud in contract.clouds)) or None,
        "route": "reachable",
        "status-enum": None,
        "statuses": tuple(sorted(statuses)) or None,
        "properties": None,
        "deprecation": None,
        "wording": (("title", contract.title),),
    }
    return values | _permissions(contract)


def _fields(contract: Contract) -> Value:
    """What is said of Content-Type. Content implies it, whether or not a source lists it."""
    rule = contract.request.fields["Content-Type"]
    if rule == "forbid":
        return ()
    if contract.request.content != "absent":
        return (("Content-Type", "implied"),)
    return (("Content-Type", "required" if rule == "require" else "unconstrained"),)


def _permissions(contract: Contract) -> dict[str, Value]:
    """A scheme without an entry is not supported, where the contract speaks of permissions at all."""
    if contract.permissions is None:
        return dict.fromkeys(SCHEMES.values())
    found: dict[str, Value] = dict.fromkeys(SCHEMES.values(), ((), ()))
    for entry in contract.permissions:
        found[SCHEMES[entry.scheme]] = (tuple(sorted(entry.least)), tuple(sorted(entry.higher)))
    return found


def _names(contract: Contract) -> tuple[str, str]:
    """Binding and action: as the title has them (`type: action`), else from placeholder and last segment."""
    action = contract.bound_operation or contract.request.path.rpartition("/")[2]
    binding, colon, titled = contract.title.partition(": ")
    if colon and titled == action:
        return binding, action
    (placeholder,) = contract.request.parameters
    return placeholder.removesuffix("Id"), action


def _key_type(parameter: Mapping[str, Any]) -> str:
    return "guid" if parameter.get("format") == "uuid" else str(parameter["type"])
