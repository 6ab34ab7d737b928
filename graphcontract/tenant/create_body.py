"""Validates the request body that creates or updates a task; it may contain anything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from graphcontract.tenant.responses import Rejection
from graphcontract.tenant.tasks import Order, Source

_NAMESPACE = "microsoft.graph."
_KINDS = {
    "sharepointusermigrationtaskparameters": "user",
    "sharepointgroupmigrationtaskparameters": "group",
    "sharepointsitemigrationtaskparameters": "site",
}
_LONGEST = 2000  # characters of a name or URL, which is stored and listed with its task


def parse_create_body(content: bytes) -> Order:
    """The order in a request body; raises `Rejection` with 400 that names the missing or wrong parameter."""
    parameters = _get_object(_parse_json(content), "parameters")
    kind = _get_kind(parameters)
    source, _ = (Source(kind, _get_endpoint(end, kind, parameters)) for end in ("source", "target"))
    if not any(parameters.get(name) for name in ("targetOrganizationHost", "targetOrganizationId")):
        raise _make_missing("targetOrganizationHost")
    start, latest = (
        _get_datetime(parameters, f"preferred{which}DateTime") for which in ("Start", "LatestStart")
    )
    if start is not None and latest is not None and latest <= start:
        raise _make_invalid("preferredLatestStartDateTime", "is not later than preferredStartDateTime")
    validate_only = parameters.get("validateOnly", False)
    if not isinstance(validate_only, bool):
        raise _make_invalid("validateOnly", "is not a boolean")
    return Order(source, parameters, start, latest, validate_only)


def _parse_json(content: bytes) -> Any:
    try:
        return json.loads(content, parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        raise Rejection(400, "The request body is not valid JSON.") from error


def _get_object(value: Any, name: str) -> Mapping[str, Any]:
    """The object in this member of an object."""
    found = value.get(name) if isinstance(value, dict) else None
    if not isinstance(found, dict):
        raise _make_missing(name)
    return found


def _get_text(value: Mapping[str, Any], *names: str) -> str:
    """The first of these members that is a non-empty string."""
    for name in names:
        text = value.get(name)
        if isinstance(text, str) and text:
            if len(text) > _LONGEST:
                raise _make_invalid(name, "is too long")
            return text
    raise _make_missing(names[0])


def _get_kind(parameters: Mapping[str, Any]) -> str:
    name = _get_text(parameters, "@odata.type").removeprefix("#").lower()
    kind = _KINDS.get(name.removeprefix(_NAMESPACE)) if name.startswith(_NAMESPACE) else None
    if kind is None:
        raise _make_invalid("@odata.type", "is not a type of migration task parameters")
    return kind


def _get_endpoint(end: str, kind: str, parameters: Mapping[str, Any]) -> str:
    """The source or target of the move: a user, a group or a site."""
    if kind == "site":
        return _get_text(parameters, f"{end}SiteUrl")
    if kind == "user":
        return _get_text(_get_object(parameters, f"{end}UserIdentity"), "userPrincipalName", "id")
    return _get_text(_get_object(parameters, f"{end}GroupIdentity"), "mailNickname")


def _get_datetime(parameters: Mapping[str, Any], name: str) -> datetime | None:
    value = parameters.get(name)
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise _make_invalid(name, "is not a date and time") from error
    if moment.tzinfo is None:
        raise _make_invalid(name, "has no offset from UTC")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise _make_invalid(name, "is out of range") from error


def _make_missing(name: str) -> Rejection:
    return Rejection(400, f"The parameter {name} is required.")


def _make_invalid(name: str, what: str) -> Rejection:
    return Rejection(400, f"The parameter {name} {what}.")
