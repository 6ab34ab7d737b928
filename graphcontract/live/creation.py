"""The file that a task is made of: what it must say, so that nothing starts before it can be cancelled.

Knows the create call's members; it sends nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from graphcontract.contractfile import read
from graphcontract.errors import UserError
from graphcontract.live.targets import Targets, encoded

LEAST_AHEAD = timedelta(days=7)
_DATES = ("preferredStartDateTime", "preferredLatestStartDateTime")
_MISSING = 'Write the body of the create call there: {"parameters": {…}}'


class CreationError(UserError):
    """A file that no task must be made of, and why."""


@dataclass(frozen=True, slots=True)
class Creation:
    """A create call, checked: its content, the lookup that must find nothing, the dates to be echoed."""

    path: str
    sha256: str
    content: bytes
    lookup: str
    dates: Mapping[str, datetime]

    def unlike(self, document: Mapping[str, Any]) -> str | None:
        """Which date the created task does not show as it was asked for; None where all are."""
        shown = document.get("parameters")
        shown = shown if isinstance(shown, dict) else {}
        for name, asked in self.dates.items():
            if when(shown.get(name)) != asked:
                return name
        return None


def creation_of(path: Path, targets: Targets, now: datetime) -> Creation:
    """Read and check a file; raises CreationError and ContractError."""
    file = read(path, _MISSING)
    document = file.document
    parameters = document.get("parameters") if isinstance(document, dict) else None
    if (
        not isinstance(document, dict)
        or document.keys() - {"parameters", "@odata.type"}
        or not isinstance(parameters, dict)
    ):
        raise CreationError(f"{path}: a create call holds `parameters`, and neither an id nor a status")
    if parameters.get("validateOnly") not in (None, False):
        raise CreationError(f"{path}: with validateOnly nothing is made, and so nothing can be cancelled")
    lookup = targets.lookup(parameters)
    if lookup is None:
        raise CreationError(
            f"{path}: names no source that can be looked up: parameters need an @odata.type of a user, a "
            "group or a site, and its userPrincipalName, mailNickname or sourceSiteUrl"
        )
    dates = {name: when(parameters[name]) for name in _DATES if name in parameters}
    start = dates.get("preferredStartDateTime")
    if start is None or start < now + LEAST_AHEAD:
        least = (now + LEAST_AHEAD).strftime("%Y-%m-%dT%H:%M:%SZ")
        raise CreationError(
            f"{path}: preferredStartDateTime must be at least 7 days ahead ({least} or later), or the task "
            "may start before it is cancelled"
        )
    if any(value is None for value in dates.values()):
        raise CreationError(f"{path}: preferredLatestStartDateTime is no date with a time zone")
    known = {name: value for name, value in dates.items() if value is not None}
    if known.get("preferredLatestStartDateTime", start) < start:
        raise CreationError(f"{path}: preferredLatestStartDateTime lies before preferredStartDateTime")
    content = encoded(document)
    return Creation(str(path), hashlib.sha256(content).hexdigest(), content, lookup, known)


def when(value: object) -> datetime | None:
    """A date and time with a zone, as ISO 8601 has it; None for anything else."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo is not None else None
