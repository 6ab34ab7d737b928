"""Renders the known failures that a run accepted: their number, and each with its reason."""

from __future__ import annotations

from collections.abc import Iterator

from graphcontract.reporting.events import Accepted, Footer
from graphcontract.reporting.evidence_text import escape_unprintable

_MOST_PATTERNS = 3


def count_accepted(footer: Footer) -> str:
    """Count the clauses with accepted failures by level, as in `1 MUST and 2 SHOULD`; empty if none."""
    clauses = {row["clause"]: row["level"] for row in footer.get("accepted", ())}
    levels = list(clauses.values())
    return " and ".join(
        f"{levels.count(each)} {each}" for each in ("MUST", "SHOULD", "MAY") if each in levels
    )


def describe_accepted(row: Accepted) -> str:
    """Return an entry's reason, number of failures, issue and expiry in one line."""
    number = len(row["evidence"])
    until = f"until {row['expires']}" if "expires" in row else "no expiry"
    issue = f"issue {row['issue']}" if "issue" in row else "no issue"
    where = _name_patterns(row.get("operations", []))
    return escape_unprintable(
        f"{row['reason']} ({number} failure{'s' if number > 1 else ''}{where}; {issue}; {until})"
    )


def _name_patterns(patterns: list[str]) -> str:
    """Name the operations that an entry is for, if it is not for all."""
    if not patterns:
        return ""
    more = f" and {len(patterns) - _MOST_PATTERNS:,} more" if len(patterns) > _MOST_PATTERNS else ""
    return f" in {', '.join(patterns[:_MOST_PATTERNS])}{more}"


def list_accepted(footer: Footer) -> Iterator[str]:
    """Yield one line for each entry."""
    for row in footer.get("accepted", ()):
        yield f"{row['clause']} ({row['level']}): {describe_accepted(row)}"
