"""The terminal report of a run over many operations: progress, then faults, areas and the verdict."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

from graphcontract.reporting.console_report import ConsoleReport
from graphcontract.reporting.events import Event
from graphcontract.reporting.evidence_text import escape_unprintable
from graphcontract.reporting.operations_summary import (
    OperationsSummary,
    count,
    describe_fixed,
    render_finding,
)

_MOST_AREAS = 30
_MOST_NAMED = 3
_MOST_FIXED = 20

_PROGRESS = (
    TextColumn("checking"),
    BarColumn(),
    MofNCompleteColumn(),
    TimeRemainingColumn(),
    TextColumn("left"),
)


class OperationsTerminal(ConsoleReport[OperationsSummary]):
    """Writes the report of a run over many operations."""

    def __init__(self, console: Console) -> None:
        super().__init__(console, OperationsSummary())

    def pytest_graphcontract_event(self, event: Event) -> None:
        """Receive one event; most output is written at the footer."""
        self._run.hear(event)
        match event["event"]:
            case "plan":
                self._show_run()
                self._start_progress(_PROGRESS, self._run.planned)
            case "operation" if self._progress is not None:
                self._progress.update(self._progress.task_ids[0], completed=self._run.done)
            case "footer":
                self._end()

    def _end(self) -> None:
        self.stop()
        for finding in self._run.findings:
            if "accepted" not in finding:
                self._show_evidence(render_finding(finding), fails_run=finding["fails_run"])
        self._show_accepted(self._run.footer)
        self._show_fixed()
        self._show_areas()
        self._show_problems()
        sentence, good = self._run.summarize()
        style = "bold green" if good else "bold red"
        self._console.print(f"\n[{style}]{sentence}[/{style}]")
        self._console.print(f"{self._run.format_counts()}.", markup=False)

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
        self._console.print(f"\n[bold]{'area':36}{'judged':>10}{'unsupported':>14}{'violated':>10}[/bold]")
        for name, area in rows[:_MOST_AREAS]:
            judged = f"{area.judged:,}/{area.planned:,}"
            name = escape_unprintable(name)
            line = f"{name:36}{judged:>10}{area.unsupported or '':>14}{area.violated or '':>10}"
            style = "red" if area.violated else None
            self._console.print(line, markup=False, soft_wrap=True, style=style)
        if left := rows[_MOST_AREAS:]:
            violated = sum(area.violated for _, area in left)
            more = f"{count(len(left), 'further area')}, {count(violated, 'operation')} violated"
            self._console.print(more, style="dim")

    def _show_problems(self) -> None:
        if self._run.problems:
            self._console.print("\n[bold]Not judged[/bold]")
        for what, ids in self._run.problems.items():
            more = ", …" if len(ids) > _MOST_NAMED else ""
            named = f"{count(len(ids), 'operation')} ({', '.join(ids[:_MOST_NAMED])}{more})"
            self._console.print(escape_unprintable(f"{named}: {what}"), markup=False)
