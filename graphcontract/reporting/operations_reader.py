"""Reads the jsonl report of a run over many operations back, for `report merge` and for updating lists.

A report is untrusted input: each event is checked against the schema, as all of it goes into other reports.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from graphcontract.contract.jsonfile import make_printable
from graphcontract.reporting import ReportError
from graphcontract.reporting.event_validation import check_event
from graphcontract.reporting.events import FindingEvent, Footer, Header, OperationEvent, Plan, Verdict
from graphcontract.reporting.report_reader import read_events, reject_truncated

_GIVE = "Give a report of `graphcontract check --operations` with --report jsonl=PATH."
_AGAIN = "Write it again with --report jsonl=PATH."


@dataclass(frozen=True, slots=True)
class OperationsReport:
    """A complete report: its header, its plan, its events for operations, for what is checked once and for
    findings, and its footer.
    """

    path: str
    header: Header
    plan: Plan
    footer: Footer
    operations: Sequence[OperationEvent] = field(default_factory=list)
    findings: Sequence[FindingEvent] = field(default_factory=list)
    verdicts: Sequence[Verdict] = field(default_factory=list)

    @property
    def planned(self) -> int:
        """The number of operations that the run had, or its shard."""
        return self.plan.get("operations", 0)


def read_operations_report(path: str) -> OperationsReport:
    """Read a report. Raises ReportError if it is of another run, is cut, or an operation is missing."""
    header: Header | None = None
    plan: Plan | None = None
    footer: Footer | None = None
    operations: dict[str, OperationEvent] = {}
    others: dict[str, list[Any]] = {"finding": [], "verdict": []}
    for number, event in read_events(path):
        check_event(path, number, event, _GIVE)
        match event["event"]:
            case "header":
                header = event
                _check_kind(path, header)
            case "plan":
                plan = event
            case "operation":
                if event["operation"] in operations:
                    id = make_printable(event["operation"])
                    raise ReportError(f"{path}:{number}: {id} has a second verdict", _AGAIN)
                operations[event["operation"]] = event
            case "finding" | "verdict":
                others[event["event"]].append(event)
            case "footer":
                footer = event
    if header is None or plan is None or footer is None:
        raise reject_truncated(path)
    report = OperationsReport(
        path, header, plan, footer, list(operations.values()), others["finding"], others["verdict"]
    )
    if len(operations) != report.planned:
        found = f"{len(operations):,} of its {report.planned:,} operations"
        raise ReportError(f"{path} has verdicts on {found}", _AGAIN)
    return report


def _check_kind(path: str, header: Header) -> None:
    if header["kind"] != "operations":
        raise ReportError(f"{path} is not the report of a run over many operations", _GIVE)
