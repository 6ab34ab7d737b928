"""Reads a report back: events from JSON lines, as hostile input, and none of them without the footer.

Knows the report's form; it knows no session and no client.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphcontract.reporting import ReportError

_REMEDY = "Give a report made with --report jsonl=PATH."
_MOST_BYTES = 256 * 1024 * 1024
_LONGEST_LINE = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report: its header, its verdict events by clause, its footer."""

    path: str
    header: Mapping[str, Any]
    verdicts: Mapping[str, Mapping[str, Any]]
    footer: Mapping[str, Any]

    def failing(self) -> dict[str, list[str]]:
        """Evidence ids by clause, for every clause that failed, known or not."""
        found = {}
        for clause, verdict in self.verdicts.items():
            if verdict["verdict"] in ("fail", "known-failure", "fixed") and verdict["evidence"]:
                found[clause] = [verdict["evidence"]["id"], *verdict.get("also", [])]
        return found

    def verdict_of(self, evidence: str) -> Mapping[str, Any] | None:
        """The verdict that an evidence id stands in; None where the report has no such id."""
        clauses = (clause for clause, ids in self.failing().items() if evidence in ids)
        return next((self.verdicts[clause] for clause in clauses), None)


def read_report(path: str) -> Report:
    """Read a jsonl report; ReportError where it is none, or breaks off before its footer."""
    header: Mapping[str, Any] | None = None
    footer: Mapping[str, Any] | None = None
    verdicts: dict[str, Mapping[str, Any]] = {}
    try:
        if Path(path).stat().st_size > _MOST_BYTES:
            raise ReportError(
                f"{path} is larger than {_MOST_BYTES >> 20} MiB: it is no report of graphcontract"
            )
        with open(path, "rb") as stream:
            number = 0
            while line := stream.readline(_LONGEST_LINE):
                number += 1
                event = _event(path, number, line)
                if number == 1:
                    header = _header(path, event)
                elif event["event"] == "verdict":
                    verdicts[event["clause"]] = event
                elif event["event"] == "footer":
                    footer = event
    except OSError as error:
        raise ReportError(f"{path} cannot be read: {error.strerror}") from error
    except (KeyError, TypeError) as error:
        raise ReportError(
            f"{path}:{number}: a member of the event is missing or of another kind: {error}"
        ) from None
    if header is None or footer is None:
        raise ReportError(f"{path} is truncated: it has no footer. Run the check again to its end.")
    return Report(path, header, verdicts, footer)


def _event(path: str, number: int, line: bytes) -> Mapping[str, Any]:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        raise ReportError(
            f"{path}:{number}: this line is no JSON. Give a report made with --report jsonl=PATH."
        ) from None
    if not isinstance(event, dict) or not isinstance(event.get("event"), str):
        raise ReportError(
            f"{path}:{number}: this line is no event. Give a report made with --report jsonl=PATH."
        )
    return event


def _header(path: str, event: Mapping[str, Any]) -> Mapping[str, Any]:
    if event["event"] != "header":
        raise ReportError(f"{path}:1: a report begins with a header, and this is {event['event']!r}")
    if event.get("format") != 1:
        raise ReportError(f"{path} has format {event.get('format')!r}, and this version reads format 1")
    contract = event.get("contract")
    if not isinstance(contract, dict) or not isinstance(contract.get("id"), str):
        raise ReportError(f"{path}:1: the header does not say which contract it was judged by. {_REMEDY}")
    return event
