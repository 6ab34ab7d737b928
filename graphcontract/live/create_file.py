"""Reads the file of `--create`: the body of the create call, checked so that the task cannot start before the
run cancels it.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from graphcontract.contract.jsonfile import read
from graphcontract.errors import UserError
from graphcontract.live.urls import Targets, encode_json

# A task starts as soon as its date allows. It must not start before the run or --resume cancels it.
LEAST_AHEAD = timedelta(days=7)
_DATES = ("preferredStartDateTime", "preferredLatestStartDateTime")
PLACEHOLDERS = {
    "date": "the day on which the run began, in UTC, as 2026-11-28",
    "random": "eight hexadecimal digits, different in each run",
}
"""Placeholders that a string of the file may contain, in braces; `{{` and `}}` stand for a brace."""
_BRACES = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_MISSING = 'Write the body of the create call there: {"parameters": {…}}'


class CreationError(UserError):
    """The `--create` file is not usable: no task is created from it."""

    code = "create-file"


@dataclass(frozen=True, slots=True)
class Creation:
    """A checked create call: its request body, the lookup that must respond 404, the dates that the created
    task must return, and the values that filled its placeholders.
    """

    path: str
    sha256: str
    content: bytes
    lookup: str
    dates: Mapping[str, datetime]
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def journal_members(self) -> dict[str, Any]:
        """What the journal records so that `--resume` can build the same request body from the same file."""
        return {"file": self.path, "sha256": self.sha256, "values": dict(self.values)}

    def find_date_mismatch(self, document: Mapping[str, Any]) -> str | None:
        """The name of the first date that the created task does not return as it was requested, or None."""
        returned = document.get("parameters")
        returned = returned if isinstance(returned, dict) else {}
        for name, requested in self.dates.items():
            if parse_datetime(returned.get(name)) != requested:
                return name
        return None


def make_placeholder_values(now: datetime) -> dict[str, str]:
    """A value for each placeholder, in a run that begins now."""
    return {"date": now.astimezone(UTC).strftime("%Y-%m-%d"), "random": secrets.token_hex(4)}


def read_create_file(
    path: Path, targets: Targets, now: datetime, values: Mapping[str, str] | None = None
) -> Creation:
    """Read and check a file, and fill its placeholders; raises CreationError and ContractError."""
    file = read(path, _MISSING, "a create file")
    values = make_placeholder_values(now) if values is None else values
    used: dict[str, str] = {}
    document = _fill_placeholders(file.document, values, used, path)
    parameters = document.get("parameters") if isinstance(document, dict) else None
    if (
        not isinstance(document, dict)
        or document.keys() - {"parameters", "@odata.type"}
        or not isinstance(parameters, dict)
    ):
        raise CreationError(
            f"{path}: the file must contain `parameters` and no other member, such as an id or a status"
        )
    if parameters.get("validateOnly") not in (None, False):
        raise CreationError(
            f"{path}: with validateOnly no task is created, so nothing can be cancelled", "Remove it."
        )
    lookup = targets.lookup(parameters)
    if lookup is None:
        raise CreationError(
            f"{path}: the source cannot be looked up",
            "Give `parameters` the @odata.type of a user, a group or a site, and its userPrincipalName, "
            "mailNickname or sourceSiteUrl.",
        )
    dates = {name: parse_datetime(parameters[name]) for name in _DATES if name in parameters}
    start = dates.get("preferredStartDateTime")
    if start is None or start < now + LEAST_AHEAD:
        least = (now + LEAST_AHEAD).strftime("%Y-%m-%dT%H:%M:%SZ")
        raise CreationError(
            f"{path}: preferredStartDateTime is less than 7 days ahead, so the task may start before it is "
            "cancelled",
            f"Give {least} or a later time.",
        )
    if any(value is None for value in dates.values()):
        raise CreationError(f"{path}: preferredLatestStartDateTime is not a date with a time zone")
    known = {name: value for name, value in dates.items() if value is not None}
    if known.get("preferredLatestStartDateTime", start) < start:
        raise CreationError(f"{path}: preferredLatestStartDateTime is earlier than preferredStartDateTime")
    content = encode_json(document)
    return Creation(str(path), hashlib.sha256(content).hexdigest(), content, lookup, known, used)


def _fill_placeholders(value: Any, values: Mapping[str, str], used: dict[str, str], path: Path) -> Any:
    """The value with the placeholders of all its strings filled; `used` collects those that occurred."""

    def fill(found: re.Match[str]) -> str:
        name = found[1]
        if found[0] in ("{{", "}}"):
            return found[0][0]
        if name is None or name not in values:
            listed = ", ".join(f"{{{each}}}" for each in PLACEHOLDERS)
            what = f"an unknown placeholder, {found[0][:60]!a}" if name is not None else "an unpaired brace"
            raise CreationError(
                f"{path}: the string {found.string[:80]!a} has {what}",
                f"Placeholders are {listed}. Write {{{{ and }}}} for braces.",
            )
        used[name] = values[name]
        return values[name]

    match value:
        case str():
            return _BRACES.sub(fill, value)
        case dict():
            return {name: _fill_placeholders(each, values, used, path) for name, each in value.items()}
        case list():
            return [_fill_placeholders(each, values, used, path) for each in value]
        case _:
            return value


def parse_datetime(value: object) -> datetime | None:
    """A date and time in ISO 8601 with a time zone, in UTC; None for anything else."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo is not None else None
