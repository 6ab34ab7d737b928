"""Checks what all lists of accepted findings share: the reason and the expiry date of an entry.

The lists are known failures of a client or tenant, and waivers of drift.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from graphcontract.contract.json_positions import Path
from graphcontract.contract.jsonfile import ContractFile, format_value

PLACEHOLDER = "why this is accepted for now"


def check_reasons(file: ContractFile, member: str) -> None:
    """Check the `reason` of every entry of a list; raises `ContractError` at the first unusable one."""
    rows: Sequence[Mapping[str, Any]] = file.document.get(member, [])
    wrong = [index for index, row in enumerate(rows) if not _is_specific(row["reason"])]
    if not wrong:
        return
    first: Path = (member, wrong[0], "reason")
    reason = rows[wrong[0]]["reason"]
    found = "the placeholder" if is_placeholder(reason) else format_value(reason)
    remedy = "Replace it with why this is accepted, and for how long."
    if len(wrong) > 1:
        others = ", ".join(str(file.error((member, each, "reason"), "", "", "").line) for each in wrong[1:])
        remedy += f" The same on line{'s' if len(wrong) > 2 else ''} {others}."
    raise file.error(first, "a specific reason", found, remedy)


def is_placeholder(reason: str) -> bool:
    """Whether a reason is the one that `known-failures update` writes, to be filled in."""
    return " ".join(reason.split()).rstrip(".").casefold() == PLACEHOLDER


def _is_specific(reason: str) -> bool:
    return any(each.isalnum() for each in reason) and not is_placeholder(reason)


def parse_expiry(file: ContractFile, entry: Path, row: Mapping[str, Any]) -> date | None:
    """Parse the last day of an entry, None without one; raises `ContractError` for an invalid date."""
    if "expires" not in row:
        return None
    try:
        return date.fromisoformat(row["expires"])
    except ValueError:
        where = (*entry, "expires")
        raise file.error(where, "a valid date", row["expires"], "Write it as YYYY-MM-DD.") from None


def locate(file: ContractFile, entry: Path) -> str:
    """Format the location of an entry as FILE:LINE."""
    return f"{file.name}:{file.error(entry, '', '', '').line}"
