"""The base of the terminal reports: what is tested, a progress line, and evidence, short or whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from textwrap import wrap
from typing import Generic, TypeVar

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, ProgressColumn
from rich.text import Text

from graphcontract.reporting import discard_output
from graphcontract.reporting.accepted_failures import describe_accepted
from graphcontract.reporting.events import Footer
from graphcontract.reporting.evidence import Evidence
from graphcontract.reporting.evidence_text import describe_input, escape_unprintable
from graphcontract.reporting.received_run import ReceivedRun

Run = TypeVar("Run", bound=ReceivedRun)

INDENT = " " * 8
_WIDEST = 120
_LABEL = 10
# Lines of evidence that are copied, or are what was sent.
_VERBATIM = ("  >", "  <", "  =", "  reproduce", "  curl", " " * 12)


class Detail(IntEnum):
    """How much a terminal report shows: the verdict alone, each fault in a few lines, or everything."""

    VERDICT = 0
    FAULTS = 1
    EVERYTHING = 2


class ReportConsole(Console):
    """A console for a report that is one of several: the run goes on if the reader closes the pipe."""

    def on_broken_pipe(self) -> None:
        """Discard the rest; rich itself would end the program."""
        self.quiet = True
        discard_output(self.file)


class ConsoleReport(Generic[Run]):
    """Writes to a rich console; progress and colour only if it is a terminal."""

    def __init__(self, console: Console, run: Run, detail: Detail = Detail.FAULTS) -> None:
        self._console = console
        self._run = run
        self._detail = detail
        self._progress: Progress | None = None

    def stop(self) -> None:
        """Remove the progress line, also after an exception."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    @property
    def _width(self) -> int:
        return min(self._console.width, _WIDEST)

    def _show_run(self) -> None:
        if self._detail is Detail.VERDICT:
            return
        run = escape(escape_unprintable(self._run.describe_run()))
        self._console.print(f"Checking [bold]{run}[/bold]\n{self._run.describe_settings()}", soft_wrap=True)

    def _start_progress(self, columns: tuple[ProgressColumn, ...], total: int) -> None:
        if self._console.is_terminal and self._detail is not Detail.VERDICT:
            self._progress = Progress(*columns, console=self._console, transient=True)
            self._progress.add_task("", total=total, clause="")
            self._progress.start()

    def _show_verdict(self) -> None:
        sentence, good = self._run.summarize()
        style = "bold green" if good else "bold red"
        if self._detail is not Detail.VERDICT:
            self._console.print()
        text = Text.assemble((sentence, style), f" {self._run.format_counts()}.")
        for line in text.wrap(self._console, self._console.width):
            line.rstrip()
            self._console.print(line, soft_wrap=True)

    def _show_fault(
        self, heading: str, evidence: Evidence, *, reason: str = "", also: str = "", fails_run: bool
    ) -> None:
        """Show a violation in at most 12 lines: its heading, what was wrong, and what tells most about it."""
        self._show_heading(heading, fails_run=fails_run)
        self._print_lines(self._cut(self._wrap(evidence["text"], INDENT), 3 if reason else 4))
        if reason:
            self._print_lines(self._cut(self._wrap(reason, INDENT), 2))
        members = (
            ("expected", evidence["expected"], 2),
            ("actual", evidence["actual"], 2),
            ("input", describe_input(evidence["input"]), 1 if reason else 2),
            ("evidence", evidence["id"] + also, 1),
        )
        for name, text, most in members:
            lines = self._cut(self._wrap(text, INDENT + " " * _LABEL), most)
            self._print_lines([f"{INDENT}{name:{_LABEL}}{lines[0].lstrip()}", *lines[1:]])

    def _show_heading(self, heading: str, *, fails_run: bool) -> None:
        style = "bold red" if fails_run else "bold yellow"
        self._console.print(f"\n[{style}]{escape(heading.rstrip())}[/{style}]", soft_wrap=True)

    def _wrap(self, text: str, indent: str = "") -> list[str]:
        """Wrap a text to the width of the terminal, between words; one line at least."""
        shown = escape_unprintable(text)
        lines = wrap(
            shown,
            self._width,
            initial_indent=indent,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        return lines or [indent]

    def _cut(self, lines: list[str], most: int) -> list[str]:
        """Keep so many lines, of which the last one says that there are more, within the width."""
        if len(lines) <= most:
            return lines
        last = lines[most - 1]
        while len(last) > self._width - 2 and " " in last.strip():
            last = last.rpartition(" ")[0]
        return [*lines[: most - 1], f"{last} …"]

    def _print_lines(self, lines: Iterable[str], style: str | None = None) -> None:
        for line in lines:
            self._console.print(line, markup=False, soft_wrap=True, style=style)

    def _show_list(self, title: str, rows: Mapping[str, Sequence[str]], most: int) -> None:
        """Show names by what they have in common, some of many."""
        if rows:
            self._console.print(f"\n[bold]{title}[/bold]")
        for what, names in rows.items():
            more = f" and {len(names) - most:,} more" if len(names) > most else ""
            self._print_lines(self._wrap(f"{', '.join(names[:most])}{more}"))
            self._print_lines(self._wrap(what, " " * 4))

    def _show_more(self, commands: Mapping[str, str]) -> None:
        """Say how to see more: commands and what they show."""
        self._console.print("\n[bold]To see more[/bold]")
        widest = max(map(len, commands))
        self._print_lines(f"{command:{widest}}  {what}" for command, what in commands.items())

    def _show_evidence(self, text: str, *, fails_run: bool) -> None:
        head, _, rest = text.partition("\n")
        self._show_heading(head, fails_run=fails_run)
        for line in rest.split("\n"):
            is_prose = self._console.is_terminal and not line.startswith(_VERBATIM)
            self._print_lines(self._hang(line) if is_prose else [line])

    def _hang(self, line: str) -> list[str]:
        """Wrap a line of a block; what follows the first is below the text that its label names."""
        first, *rest = self._wrap(line, line[: len(line) - len(line.lstrip())])
        return [first, *self._wrap(" ".join(rest), " " * 12)] if rest else [first]

    def _show_accepted(self, footer: Footer) -> None:
        rows = footer.get("accepted", ())
        if rows:
            self._console.print("\n[bold]Accepted as known failures[/bold]")
        for row in rows:
            self._console.print(f"{row['level']:8}{row['clause']}", style="cyan", markup=False)
            for line in wrap(describe_accepted(row), 70):
                self._console.print(f"{'':8}{line}", markup=False, soft_wrap=True)
