"""The terminal report: progress during a run, then verdicts by group and each violation in full."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn

from graphcontract.reporting.common_causes import find_common_causes
from graphcontract.reporting.console_report import ConsoleReport
from graphcontract.reporting.events import Event, Evidence, Verdict
from graphcontract.reporting.evidence_text import escape_unprintable, render_violation
from graphcontract.reporting.run_summary import RunSummary
from graphcontract.reporting.verdict_text import label_verdict

_STYLES = {
    "pass": "green",
    "FAIL": "bold red",
    "warn": "yellow",
    "skipped": "red",
    "not run": "red",
    "n/a": "dim",
    "ERROR": "bold red",
    "known": "cyan",
    "fixed": "bold red",
}

_PROGRESS = (
    TextColumn("checking"),
    BarColumn(),
    MofNCompleteColumn(),
    TimeElapsedColumn(),
    TextColumn("{task.fields[clause]}"),
)


class Terminal(ConsoleReport[RunSummary]):
    """Writes the report of a run over one contract."""

    def __init__(self, console: Console) -> None:
        super().__init__(console, RunSummary())

    def pytest_graphcontract_event(self, event: Event) -> None:
        """Receive one event; most output is written at the footer."""
        self._run.hear(event)
        match event["event"]:
            case "header":
                self._show_run()
            case "plan":
                self._start_progress(_PROGRESS, len(event["clauses"]))
            case "progress" if self._progress is not None:
                task = self._progress.task_ids[0]
                self._progress.update(task, completed=event["done"], clause=event["clause"])
            case "footer":
                self._end()

    def _end(self) -> None:
        self.stop()
        self._show_causes()
        for group in dict.fromkeys(row["group"] for row in self._run.plan):
            self._console.print(f"\n[bold]{escape(group)}[/bold]")
            for line in self._rows(group):
                self._console.print(line, soft_wrap=True)
        for verdict in self._run.list_shortfalls():
            if verdict["verdict"] == "fail" and verdict["evidence"] is not None:
                self._show(verdict, verdict["evidence"])
        self._show_accepted(self._run.footer)
        sentence, good = self._run.summarize()
        style = "bold green" if good else "bold red"
        self._console.print(f"\n[{style}]{sentence}[/{style}] {self._run.format_counts()}.")

    def _show_causes(self) -> None:
        causes = find_common_causes(self._run.list_shortfalls())
        if causes:
            self._console.print("\n[bold]Common causes[/bold]")
        for each in causes:
            for text, indent in ((each.cause, ""), (each.count(), " " * 4)):
                for line in wrap(escape_unprintable(text), 76 - len(indent), break_on_hyphens=False):
                    self._console.print(f"{indent}{line}", markup=False, soft_wrap=True)

    def _show(self, verdict: Verdict, evidence: Evidence) -> None:
        text = render_violation(evidence, verdict["level"])
        self._show_evidence(text, fails_run=verdict["fails_run"])
        if "also" in verdict:
            self._console.print(f"  also      {', '.join(verdict['also'])}", markup=False, soft_wrap=True)

    def _rows(self, group: str) -> Iterator[str]:
        for row in self._run.plan:
            if row["group"] != group:
                continue
            verdict = self._run.verdicts[row["clause"]]
            label, exercised = label_verdict(verdict), verdict["exercised"] or ""
            yield f"[{_STYLES[label]}]{label:8}[/]{row['level']:8}{row['clause']:30}{exercised:>6}"
            if note := self._note(verdict):
                yield from (
                    f"[dim]{'':16}{escape(line)}[/]"
                    for line in wrap(escape_unprintable(note), 62, break_on_hyphens=False)
                )

    def _note(self, verdict: Verdict) -> str:
        reason = verdict.get("reason", "")
        if verdict["evidence"] and verdict["verdict"] == "fail":
            return f"{verdict['evidence']['text']} {reason}".rstrip()
        if verdict["verdict"] in ("not-supported", "not-exercised"):
            return f"Not tested: {reason}"
        return reason.strip().rpartition("\n")[2] if verdict["verdict"] == "error" else reason
