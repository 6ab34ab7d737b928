"""What several commands write: a text to standard output or to a file, and lists of clauses."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from graphcontract.errors import UserError

if TYPE_CHECKING:
    from graphcontract.contract.model import Clause
    from graphcontract.reporting.console_report import ReportConsole
    from graphcontract.reporting.events import Event
    from graphcontract.reporting.operations_terminal import OperationsTerminal

STYLES_OF_LEVELS = {"err": "bold red", "warn": "yellow", "info": "cyan"}
"""How a terminal shows drift findings of each level."""

Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write to this file [default: standard output]."),
]


def write_text(text: str, output: Path | None) -> None:
    """Write to a file, or to standard output; `UserError` if the file cannot be written."""
    if output is None:
        typer.echo(text, nl=False)
        return
    with _as_user_error(output):
        output.write_text(text, encoding="utf-8")
    typer.echo(f"{output}: written")


def parse_reports(
    arguments: Sequence[str], formats: Mapping[str, Callable[[Any], str]]
) -> list[tuple[Callable[[Any], str], str]]:
    """Parse FORMAT=PATH arguments of a drift run; `UserError` for one that is not a report, or whose file
    cannot be written.
    """
    found = []
    for argument in arguments:
        name, _, path = argument.partition("=")
        if name not in formats or not path:
            raise UserError(
                f"{argument!r} is not a report",
                f"Give FORMAT=PATH, such as json=drift.json, where FORMAT is one of {', '.join(formats)}.",
            )
        check_report(path)
        found.append((formats[name], path))
    return found


def check_report(path: str) -> None:
    """Raise `UserError` if `write_report` cannot write to this file, which stays as it is."""
    from graphcontract.reporting.report_file import check_writable

    if path != "-":
        with _as_user_error(path):
            check_writable(Path(path))


def write_report(path: str, text: str) -> None:
    """Write to a file, whose folders are made, or for `-` to standard output; `UserError` if it cannot be."""
    if path == "-":
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    with _as_user_error(path):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text, encoding="utf-8")


@contextmanager
def _as_user_error(path: str | Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        problem = f"{path} cannot be written"
        raise UserError(problem, "Give another path.", cause=error.strerror or "") from None


def list_clauses(clauses: Mapping[str, Clause], chosen: Iterable[str]) -> None:
    """Write the chosen clauses, a line each: level, id and statement."""
    for id in chosen:
        clause = clauses[id]
        typer.echo(f"{clause.counted_level:6}  {id:28}{clause.statement}")


def make_emitter(terminal: OperationsTerminal, reports: Sequence[str]) -> Callable[[Event], None]:
    """Make what passes the events of a run over many operations to the terminal and to its reports. Raises
    ReportError for one that is not a report, or cannot be written.
    """
    from graphcontract.reporting import make_listeners

    listeners = [terminal, *make_listeners(reports, operations=True)]

    def emit(event: Event) -> None:
        for listener in listeners:
            listener.pytest_graphcontract_event(event)

    return emit


def make_console(reports: Sequence[str]) -> ReportConsole:
    """The console of a terminal report: standard error if one of the `reports` goes to standard output."""
    from graphcontract.reporting import writes_to_standard_output
    from graphcontract.reporting.console_report import ReportConsole

    return ReportConsole(stderr=writes_to_standard_output(reports), highlight=False, emoji=False)
