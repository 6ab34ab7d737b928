"""The base of the terminal reports: what is tested, a progress line, and blocks of evidence."""

from __future__ import annotations

from textwrap import wrap
from typing import Generic, TypeVar

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, ProgressColumn

from graphcontract.reporting.accepted_failures import describe_accepted
from graphcontract.reporting.events import Footer
from graphcontract.reporting.evidence_text import escape_unprintable
from graphcontract.reporting.received_run import ReceivedRun

Run = TypeVar("Run", bound=ReceivedRun)


class ConsoleReport(Generic[Run]):
    """Writes to a rich console; progress and colour only if it is a terminal."""

    def __init__(self, console: Console, run: Run) -> None:
        self._console = console
        self._run = run
        self._progress: Progress | None = None

    def stop(self) -> None:
        """Remove the progress line, also after an exception."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def _show_run(self) -> None:
        run = escape(escape_unprintable(self._run.describe_run()))
        self._console.print(f"Checking [bold]{run}[/bold]\n{self._run.describe_settings()}", soft_wrap=True)

    def _start_progress(self, columns: tuple[ProgressColumn, ...], total: int) -> None:
        if self._console.is_terminal:
            self._progress = Progress(*columns, console=self._console, transient=True)
            self._progress.add_task("", total=total, clause="")
            self._progress.start()

    def _show_evidence(self, text: str, *, fails_run: bool) -> None:
        head, _, rest = text.partition("\n")
        style = "bold red" if fails_run else "bold yellow"
        self._console.print(f"\n[{style}]{escape(head)}[/{style}]")
        self._console.print(rest, markup=False, soft_wrap=True)

    def _show_accepted(self, footer: Footer) -> None:
        rows = footer.get("accepted", ())
        if rows:
            self._console.print("\n[bold]Accepted as known failures[/bold]")
        for row in rows:
            self._console.print(f"{row['level']:8}{row['clause']}", style="cyan", markup=False)
            for line in wrap(describe_accepted(row), 70):
                self._console.print(f"{'':8}{line}", markup=False, soft_wrap=True)
