"""The terminal report of a run over many operations: progress, then faults, areas and the verdict."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

from graphcontract.reporting.console_report import ConsoleReport, Detail
from graphcontract.reporting.events import Event, FindingEvent
from graphcontract.reporting.evidence_text import escape_unprintable
from graphcontract.reporting.once_summary import Counts
from graphcontract.reporting.operations_summary import (
    OperationsSummary,
    count,
    describe_fixed,
    list_faults,
    name_operations,
    render_finding,
)

_MOST_AREAS = 30
_MOST_NAMED = 3
_MOST_FIXED = 20
_NAME = 36  # columns of a name; the table is as wide as a longer one needs

_PROGRESS = (
    TextColumn("checking"),
    BarColumn(),
    MofNCompleteColumn(),
    TimeRemainingColumn(),
    TextColumn("left"),
)


class OperationsTerminal(ConsoleReport[OperationsSummary]):
    """Writes the report of a run over many operations."""

    def __init__(self, console: Console, detail: Detail = Detail.FAULTS) -> None:
        super().__init__(console, OperationsSummary(), detail)

    def pytest_graphcontract_event(self, event: Event) -> None:
        """Receive one event; most output is written at the footer."""
        self._run.hear(event)
        match event["event"]:
            case "plan":
                self._show_run()
                self._start_progress(_PROGRESS, self._run.planned)
            case "operation" if self._progress is not None:
                self._progress.update(self._progress.task_ids[0], completed=self._run.done)
            case "progress" if self._progress is not None:
                task = self._progress.task_ids[0]
                self._progress.update(task, total=event["of"], completed=event["done"])
            case "footer":
                self._end()

    def _end(self) -> None:
        self.stop()
        if self._detail is Detail.FAULTS:
            self._show_verdict()
        if self._detail is not Detail.VERDICT:
            for finding in list_faults(self._run.findings):
                self._show_finding(finding)
            self._show_accepted(self._run.footer)
            self._show_fixed()
            self._show_areas()
            self._show_counts("clauses checked once, on", list(self._run.once.leads.items()))
            self._show_problems()
            self._show_list("Notes", self._run.notes, _MOST_NAMED)
        if self._detail is Detail.FAULTS:
            self._show_more(self._list_commands())
        else:
            self._show_verdict()

    def _show_finding(self, finding: FindingEvent) -> None:
        fails = finding["fails_run"]
        if self._detail is Detail.EVERYTHING:
            self._show_evidence(render_finding(finding), fails_run=fails)
            return
        label = "FAIL" if fails else "warn"
        heading = f"{label:8}{finding['level']:8}{finding['clause']}"
        reason = f"Seen {name_operations(finding)}"
        self._show_fault(heading, finding["evidence"], reason=reason, fails_run=fails)

    def _list_commands(self) -> dict[str, str]:
        failed = {
            "-v": "each fault in full",
            "graphcontract explain CLAUSE": "what a clause requires, and how to fix it",
        }
        return {
            **(failed if list_faults(self._run.findings) else {}),
            "--report html=report.html": "a page with all of it",
        }

    def _show_fixed(self) -> None:
        fixed = self._run.footer.get("fixed", ())
        if fixed:
            self._console.print("\n[bold]Known failures that are no longer seen[/bold]")
        for each in fixed[:_MOST_FIXED]:
            self._console.print(describe_fixed(each), style="red", markup=False, soft_wrap=True)
        if len(fixed) > _MOST_FIXED:
            self._console.print(f"{len(fixed) - _MOST_FIXED:,} more; the jsonl report has all", style="dim")

    def _show_areas(self) -> None:
        rows = list(self._run.list_areas())
        self._show_counts("area", rows[:_MOST_AREAS])
        if left := rows[_MOST_AREAS:]:
            violated = sum(area.violated for _, area in left)
            more = f"{count(len(left), 'further area')}, {count(violated, 'operation')} violated"
            self._console.print(more, style="dim")

    def _show_counts(self, title: str, rows: Sequence[tuple[str, Counts]]) -> None:
        if not rows:
            return
        names = [escape_unprintable(name) for name, _ in rows]
        widest = max(_NAME, *map(len, names))
        heading = f"{title:{widest}}{'judged':>10}{'unsupported':>14}{'violated':>10}"
        self._console.print(f"\n[bold]{heading}[/bold]", soft_wrap=True)
        for name, (_, counts) in zip(names, rows, strict=True):
            judged = f"{counts.judged:,}/{counts.planned:,}"
            line = f"{name:{widest}}{judged:>10}{counts.unsupported or '':>14}{counts.violated or '':>10}"
            self._print_lines([line.rstrip()], style="red" if counts.violated else None)

    def _show_problems(self) -> None:
        once: dict[str, list[str]] = {}
        for clause, why in self._run.once.list_untested():
            once.setdefault(why, []).append(clause)
        self._show_list("Not judged", {**self._run.problems, **once}, _MOST_NAMED)
