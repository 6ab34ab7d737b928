"""The terminal report: progress during a run, then the verdict, and as much of the rest as is asked for."""

from __future__ import annotations

from itertools import groupby

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn

from graphcontract.reporting.common_causes import find_common_causes
from graphcontract.reporting.console_report import INDENT, ConsoleReport, Detail
from graphcontract.reporting.events import Event, Verdict
from graphcontract.reporting.evidence import Evidence
from graphcontract.reporting.evidence_text import render_violation
from graphcontract.reporting.run_summary import RunSummary
from graphcontract.reporting.verdict_text import is_untested, label_verdict, name_verdict

_MOST_NAMED = 6
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

    def __init__(self, console: Console, detail: Detail = Detail.FAULTS) -> None:
        super().__init__(console, RunSummary(), detail)

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
        if self._detail is Detail.EVERYTHING:
            self._show_causes()
            self._show_table()
            for verdict in self._run.list_shortfalls():
                if verdict["verdict"] == "fail" and verdict["evidence"] is not None:
                    self._show_whole(verdict, verdict["evidence"])
            self._show_accepted(self._run.footer)
        self._show_verdict()
        if self._detail is Detail.FAULTS:
            self._show_causes()
            for verdict in self._run.list_shortfalls():
                self._show_short(verdict)
            self._show_untested()
            self._show_accepted(self._run.footer)
            self._show_more(self._list_commands())

    def _show_causes(self) -> None:
        causes = find_common_causes(self._run.list_shortfalls())
        if causes:
            self._console.print("\n[bold]Common causes[/bold]")
        for each in causes:
            self._print_lines(self._wrap(each.cause))
            self._print_lines(self._wrap(each.count(), " " * 4))

    def _show_short(self, verdict: Verdict) -> None:
        if is_untested(verdict):
            return
        also, reason, fails = len(verdict.get("also", ())), _find_reason(verdict), verdict["fails_run"]
        more = f", and {also} more" if also else ""
        if verdict["evidence"] is not None and verdict["verdict"] == "fail":
            self._show_fault(
                self._format_row(verdict), verdict["evidence"], reason=reason, also=more, fails_run=fails
            )
        else:
            self._show_heading(self._format_row(verdict), fails_run=fails)
            self._print_lines(self._wrap(reason, INDENT))

    def _show_untested(self) -> None:
        """Show which clauses have no verdict, by reason; those that fail the run first."""
        rows: dict[str, list[str]] = {}
        for verdict in sorted(self._run.list_verdicts(), key=lambda each: not each["fails_run"]):
            if is_untested(verdict) or verdict["verdict"] == "not-supported":
                rows.setdefault(f"{name_verdict(verdict)}: {_find_reason(verdict)}", []).append(
                    verdict["clause"]
                )
        self._show_list("Not tested", rows, _MOST_NAMED)

    def _list_commands(self) -> dict[str, str]:
        failed = any(each["verdict"] == "fail" for each in self._run.verdicts.values())
        explain = (
            {"graphcontract explain CLAUSE": "what a clause requires, and how to fix it"} if failed else {}
        )
        # The reasons of clauses do not say what is wrong with a driver that makes no call right.
        unmet = sum(
            each["verdict"] == "not-exercised" and each["level"] == "MUST"
            for each in self._run.verdicts.values()
        )
        hardly = self._run.footer["exit_status"] == 5 or unmet * 2 > self._run.footer["must"]["planned"]
        idle = self._run.header["kind"] == "check" and hardly
        doctor = {"graphcontract doctor CLIENT": "a few plain calls, and what does not work"} if idle else {}
        return {
            **doctor,
            "-v": "every clause, and each failure in full",
            **explain,
            "--report html=report.html": "a page with all of it",
        }

    def _show_whole(self, verdict: Verdict, evidence: Evidence) -> None:
        text = render_violation(evidence, verdict["level"])
        self._show_evidence(text, fails_run=verdict["fails_run"])
        if "also" in verdict:
            first, *rest = self._wrap(", ".join(verdict["also"]), " " * 12)
            self._print_lines([f"  also      {first.lstrip()}", *rest])

    def _show_table(self) -> None:
        self._console.print(f"\n[dim]{'verdict':8}{'level':8}{'clause':30}{'calls':>6}[/dim]")
        for group in dict.fromkeys(row["group"] for row in self._run.plan):
            self._console.print(f"\n[bold]{escape(group)}[/bold]")
            rows = [self._run.verdicts[row["clause"]] for row in self._run.plan if row["group"] == group]
            for note, alike in groupby(rows, _describe):
                for verdict in alike:
                    self._show_row(verdict)
                if note:
                    self._print_lines(self._wrap(note, " " * 16), style="dim")

    def _show_row(self, verdict: Verdict) -> None:
        label = label_verdict(verdict)
        row = self._format_row(verdict).removeprefix(f"{label:8}")
        self._console.print(f"[{_STYLES[label]}]{label:8}[/]{escape(row).rstrip()}", soft_wrap=True)

    def _format_row(self, verdict: Verdict) -> str:
        label, calls = label_verdict(verdict), verdict["exercised"] or ""
        row = f"{label:8}{verdict['level']:8}{verdict['clause']:30}{calls:>6}"
        return f"{row}  {self._run.describe_protocols(verdict)}".rstrip()


def _describe(verdict: Verdict) -> str:
    """What the table says below a clause, or below several with the same: what was wrong, or why it was not
    tested.
    """
    reason = _find_reason(verdict)
    if verdict["evidence"] and verdict["verdict"] == "fail":
        return f"{verdict['evidence']['text']} {reason}".rstrip()
    return f"Not tested: {reason}" if verdict["verdict"] in ("not-supported", "not-exercised") else reason


def _find_reason(verdict: Verdict) -> str:
    """The reason; of a traceback the last line."""
    reason = verdict.get("reason", "")
    return reason.strip().rpartition("\n")[2] if verdict["verdict"] == "error" else reason
