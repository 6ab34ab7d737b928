"""Reads a jsonl report back, for `diff`, `replay`, `serve` and `known-failures update`.

A report is untrusted input, so sizes are bounded. One without a footer is an error: its run did not end.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import cast

from graphcontract.reporting import ReportError
from graphcontract.reporting.events import Event, Footer, Header, Verdict

_REMEDY = "Give a report made with --report jsonl=PATH."
_EXCHANGE = b'{"event":"exchange",'
_MOST_BYTES = 1024 * 1024 * 1024
_LONGEST_LINE = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Report:
    """A complete report: its header, its verdict events by clause in the contract's order, and its footer."""

    path: str
    header: Header
    verdicts: Mapping[str, Verdict]
    footer: Footer

    def failing(self) -> dict[str, list[str]]:
        """Return the evidence ids of every clause that failed, known failures included."""
        found = {}
        for clause, verdict in self.verdicts.items():
            if verdict["verdict"] in ("fail", "known-failure", "fixed") and verdict["evidence"]:
                found[clause] = [verdict["evidence"]["id"], *verdict.get("also", [])]
        return found

    def verdict_of(self, evidence: str) -> Verdict | None:
        """Return the verdict event that has this evidence id, or None."""
        clauses = (clause for clause, ids in self.failing().items() if evidence in ids)
        return next((self.verdicts[clause] for clause in clauses), None)


def read_report(path: str) -> Report:
    """Read a jsonl report. Raises ReportError if it is not a report, or has no footer."""
    header: Header | None = None
    footer: Footer | None = None
    verdicts: dict[str, Verdict] = {}
    planned: dict[str, int] = {}
    for number, event in read_events(path, exchanges=False):
        try:
            if number == 1:
                header = _header(path, event)
            elif event["event"] == "plan":
                planned = {each["clause"]: index for index, each in enumerate(event["clauses"])}
            elif event["event"] == "verdict":
                verdicts[event["clause"]] = event
            elif event["event"] == "footer":
                footer = event
        except (KeyError, TypeError) as error:
            raise ReportError(
                f"{path}:{number}: a member of the event is missing, or has the wrong type: {error}",
                _REMEDY,
            ) from None
    if header is None or footer is None:
        raise reject_truncated(path)
    # Verdicts are written in the order in which tests end; they are read in that of the contract.
    ids = sorted(verdicts, key=lambda each: planned.get(each, len(planned)))
    return Report(path, header, {each: verdicts[each] for each in ids}, footer)


def read_events(path: str, *, exchanges: bool = True) -> Iterator[tuple[int, Event]]:
    """Yield the events of a file with their lines, the header first; ReportError if it is not a report. Lines
    that record exchanges can be left out: a report may have a hundred thousand.
    """
    try:
        if Path(path).stat().st_size > _MOST_BYTES:
            raise ReportError(
                f"{path} is larger than {_MOST_BYTES >> 20} MiB: it is not a report of graphcontract",
                _REMEDY,
            )
        with open(path, "rb") as stream:
            number = 0
            while line := stream.readline(_LONGEST_LINE):
                number += 1
                if not exchanges and line.startswith(_EXCHANGE):
                    continue
                event = _event(path, number, line)
                if number == 1:
                    _check_first(path, event)
                yield number, event
    except OSError as error:
        raise ReportError(f"{path} cannot be read", cause=error.strerror or "") from error


def covers_operations(path: str) -> bool:
    """Whether a file is the report of a run over many operations; ReportError if it is not a report."""
    return any(event.get("kind") == "operations" for _, event in islice(read_events(path), 1))


def reject_truncated(path: str, why: str = "it has no footer") -> ReportError:
    """Make the error for a report whose run, or whose copy, was not finished."""
    return ReportError(f"{path} is truncated: {why}", "Run the check again to its end.")


def _event(path: str, number: int, line: bytes) -> Event:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        if not line.endswith(b"\n") and number > 1:  # only the last line has no end
            raise reject_truncated(path, f"it ends within line {number}") from None
        raise ReportError(
            f"{path}:{number}: not valid JSON; each line of a report is a JSON object", _REMEDY
        ) from None
    if not isinstance(event, dict) or not isinstance(event.get("event"), str):
        raise ReportError(f"{path}:{number}: not a report event", _REMEDY)
    # Only what commands use is checked: a later version may add events and members.
    return cast(Event, event)


def _check_first(path: str, event: Event) -> None:
    if event["event"] != "header":
        raise ReportError(f"{path}:1: expected a header event, got {event['event']!r}", _REMEDY)
    if event.get("format") != 1:
        raise ReportError(
            f"{path} has format {event.get('format')!r}; this version of graphcontract reads format 1"
        )


def _header(path: str, event: Event) -> Header:
    assert event["event"] == "header"
    if event.get("kind") == "operations":
        problem = f"{path} is the report of a run over many operations, which this command does not read"
        raise ReportError(
            problem,
            "Give a report of a run over one contract. `report compare` compares runs over many operations, "
            "and `-v` and `report html` show for each fault the command that makes its calls again.",
        )
    contract = event.get("contract")
    if not isinstance(contract, dict) or not isinstance(contract.get("id"), str):
        raise ReportError(f"{path}:1: the header does not name a contract", _REMEDY)
    return event
