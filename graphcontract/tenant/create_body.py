"""The content of a request to create or update a task, read as hostile input."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from graphcontract.tenant.responses import Refusal
from graphcontract.tenant.tasks import Order, Source

_NAMESPACE = "microsoft.graph."
_KINDS = {
    "sharepointusermigrationtaskparameters": "user",
    "sharepointgroupmigrationtaskparameters": "group",
    "sharepointsitemigrationtaskparameters": "site",
}
_LONGEST = 2000


def read_order(content: bytes) -> Order:
    """What a request asks for; `Refusal` with 400 that says which parameter is missing or wrong."""
    parameters = _object(_parsed(content), "parameters")
    kind = _kind(parameters)
    source, _ = (Source(kind, _end(end, kind, parameters)) for end in ("source", "target"))
    if not any(parameters.get(name) for name in ("targetOrganizationHost", "targetOrganizationId")):
        raise _missing("targetOrganizationHost")
    start, latest = (_moment(parameters, f"preferred{which}DateTime") for which in ("Start", "LatestStart"))
    if start is not None and latest is not None and latest <= start:
        raise _wrong("preferredLatestStartDateTime", "is not later than preferredStartDateTime")
    validate_only = parameters.get("validateOnly", False)
    if not isinstance(validate_only, bool):
        raise _wrong("validateOnly", "is no boolean")
    return Order(source, parameters, start, latest, validate_only)


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content, parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        raise Refusal(400, "The content is no JSON.") from error


def _object(value: Any, name: str) -> Mapping[str, Any]:
    """The object that is a member of an object."""
    found = value.get(name) if isinstance(value, dict) else None
    if not isinstance(found, dict):
        raise _missing(name)
    return found


def _text(value: Mapping[str, Any], *names: str) -> str:
    """The first of these members that is a text."""
    for name in names:
        text = value.get(name)
        if isinstance(text, str) and text:
            if len(text) > _LONGEST:
                raise _wrong(name, "is too long")
            return text
    raise _missing(names[0])


def _kind(parameters: Mapping[str, Any]) -> str:
    name = _text(parameters, "@odata.type").removeprefix("#").lower()
    kind = _KINDS.get(name.removeprefix(_NAMESPACE)) if name.startswith(_NAMESPACE) else None
    if kind is None:
        raise _wrong("@odata.type", "names no kind of migration task parameters")
    return kind


def _end(end: str, kind: str, parameters: Mapping[str, Any]) -> str:
    """The one end of the move: a user, a group or a site."""
    if kind == "site":
        return _text(parameters, f"{end}SiteUrl")
    if kind == "user":
        return _text(_object(parameters, f"{end}UserIdentity"), "userPrincipalName", "id")
    return _text(_object(parameters, f"{end}GroupIdentity"), "mailNickname")


def _moment(parameters: Mapping[str, Any], name: str) -> datetime | None:
    value = parameters.get(name)
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise _wrong(name, "is no date and time") from error
    if moment.tzinfo is None:
        raise _wrong(name, "has no offset from UTC")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise _wrong(name, "is out of range") from error


def _missing(name: str) -> Refusal:
    return Refusal(400, f"The parameter {name} is required.")


def _wrong(name: str, what: str) -> Refusal:
    return Refusal(400, f"The parameter {name} {what}.")
