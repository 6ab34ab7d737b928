"""What a person sees of a run: progress while it lasts, then verdicts by group and each violation in full."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from graphcontract.reporting.prose import harmless, violation

_STYLES = {
    "pass": "green",
    "FAIL": "bold red",
    "short": "yellow",
    "not run": "red",
    "n/a": "dim",
    "ERROR": "bold red",
    "known": "cyan",
    "fixed": "bold red",
}
_WORDS = {
    "pass": "pass",
    "not-supported": "n/a",
    "not-run": "not run",
    "error": "ERROR",
    "known-failure": "known",
    "fixed": "fixed",
}


class Terminal:
    """Writes to a rich console; progress and colour only where that is a terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._header: Mapping[str, Any] = {}
        self._plan: list[Mapping[str, Any]] = []
        self._verdicts: dict[str, Mapping[str, Any]] = {}
        self._progress: Progress | None = None

    def pytest_graphcontract_event(self, event: Mapping[str, Any]) -> None:
        """Show an event."""
        show = {
            "header": self._on_header,
            "plan": self._on_plan,
            "progress": self._on_progress,
            "verdict": self._on_verdict,
            "footer": self._on_footer,
        }.get(event["event"])
        if show is not None:
            show(event)

    def stop(self) -> None:
        """Take the progress line away, whatever has happened."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def _on_header(self, event: Mapping[str, Any]) -> None:
        self._header = event
        implementation = event["implementation"]
        name = " ".join(
            harmless(str(implementation[key])) for key in ("name", "version") if implementation.get(key)
        )
        over = " over TLS" if event.get("tls") else ""
        self._console.print(
            f"[bold]{escape(name)}[/bold] before [bold]{escape(event['contract']['title'])}[/bold]\n"
            f"transport {event['transport']}{over}, profile {event['profile']}, seed {event['seed']}"
        )

    def _on_plan(self, event: Mapping[str, Any]) -> None:
        self._plan = event["clauses"]
        if self._console.is_terminal:
            self._progress = Progress(
                TextColumn("judging"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TextColumn("{task.fields[clause]}"),
                console=self._console,
                transient=True,
            )
            self._progress.add_task("clauses", total=len(self._plan), clause="")
            self._progress.start()

    def _on_progress(self, event: Mapping[str, Any]) -> None:
        if self._progress is not None:
            self._progress.update(self._progress.task_ids[0], completed=event["done"], clause=event["clause"])

    def _on_verdict(self, event: Mapping[str, Any]) -> None:
        self._verdicts[event["clause"]] = event

    def _on_footer(self, event: Mapping[str, Any]) -> None:
        self.stop()
        for group in dict.fromkeys(row["group"] for row in self._plan):
            self._console.print(f"\n[bold]{escape(group)}[/bold]")
            for line in self._rows(group):
                self._console.print(line, soft_wrap=True)
        failed = [verdict for verdict in self._verdicts.values() if verdict["verdict"] == "fail"]
        for verdict in sorted(failed, key=lambda each: each["level"] != "MUST"):
            head, _, rest = violation(verdict["evidence"], verdict["level"]).partition("\n")
            style = "bold red" if verdict["fails_run"] else "bold yellow"
            self._console.print(f"\n[{style}]{escape(head)}[/{style}]")
            self._console.print(rest, markup=False, soft_wrap=True)
            if "also" in verdict:
                self._console.print(f"  also     {', '.join(verdict['also'])}", markup=False, soft_wrap=True)
        self._console.print()
        self._console.print(self._sum(event))

    def _rows(self, group: str) -> Iterator[str]:
        for row in self._plan:
            if row["group"] != group:
                continue
            verdict = self._verdicts[row["clause"]]
            word, exercised = self._word(verdict), verdict["exercised"] or ""
            yield f"[{_STYLES[word]}]{word:8}[/]{row['level']:8}{row['clause']:30}{exercised:>6}"
            if note := self._note(verdict):
                yield from (f"[dim]{'':16}{escape(line)}[/]" for line in wrap(harmless(note), 62))

    def _note(self, verdict: Mapping[str, Any]) -> str:
        reason = str(verdict.get("reason", ""))
        if verdict["evidence"] and verdict["verdict"] == "fail":
            return f"{verdict['evidence']['text']} {reason}".rstrip()
        return reason.strip().rpartition("\n")[2] if verdict["verdict"] == "error" else reason

    def _word(self, verdict: Mapping[str, Any]) -> str:
        if verdict["verdict"] == "fail":
            return "FAIL" if verdict["fails_run"] else "short"
        return _WORDS[verdict["verdict"]]

    def _sum(self, event: Mapping[str, Any]) -> str:
        must, verdicts = event["must"], self._verdicts.values()
        parts = [f"{must['judged']} of {must['planned']} MUST judged"]
        for level in ("MUST", "SHOULD"):
            broken = sum(each["verdict"] == "fail" and each["level"] == level for each in verdicts)
            parts.append(f"{broken} {level} {'violated' if level == 'MUST' else 'not met'}")
        parts.append(f"{event['exchanges']} exchanges in {event['duration']:.1f} s")
        if event.get("interrupted"):
            return f"[bold red]Interrupted.[/bold red] {', '.join(parts)}."
        status = event["exit_status"]
        known = event["counts"].get("known-failure", 0)
        verdict = {
            0: "[bold cyan]The client fails as is known.[/bold cyan]"
            if known
            else "[bold green]The client honours the contract.[/bold green]",
            1: "[bold red]The client does not honour the contract.[/bold red]",
            5: "[bold red]Nothing was exercised.[/bold red]",
            6: "[bold red]The harness failed; this is a defect of graphcontract.[/bold red]",
        }[status]
        return f"{verdict} {', '.join(parts)}."
