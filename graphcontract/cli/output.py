"""What several commands write: a text to standard output or to a file, and lists of clauses."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from graphcontract.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from graphcontract.contract.model import Clause
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
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"{output} cannot be written", "Give another path.", cause=error.strerror or ""
        ) from None
    typer.echo(f"{output}: written")


def parse_reports(
    arguments: Sequence[str], formats: Mapping[str, Callable[[Any], str]]
) -> list[tuple[Callable[[Any], str], str]]:
    """Parse FORMAT=PATH arguments of a drift run; `UserError` for one that is not a report."""
    found = []
    for argument in arguments:
        name, _, path = argument.partition("=")
        if name not in formats or not path:
            raise UserError(
                f"{argument!r} is not a report",
                f"Give FORMAT=PATH, such as json=drift.json, where FORMAT is one of {', '.join(formats)}.",
            )
        found.append((formats[name], path))
    return found


def write_report(path: str, text: str) -> None:
    """Write to a file, whose folders are made, or for `-` to standard output; `UserError` if it cannot be."""
    if path == "-":
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"{path} cannot be written", "Give another path.", cause=error.strerror or ""
        ) from error


def list_clauses(clauses: Mapping[str, Clause], chosen: Iterable[str]) -> None:
    """Write the chosen clauses, a line each: level, id and statement."""
    for id in chosen:
        clause = clauses[id]
        typer.echo(f"{clause.counted_level:6}  {id:28}{clause.statement}")


def make_emitter(terminal: OperationsTerminal, reports: Sequence[str]) -> Callable[[Event], None]:
    """Make what passes the events of a run over many operations to the terminal and to its reports. These are
    opened with the first event, so that an error before it leaves files as they are.
    """
    from graphcontract.reporting import Listener, make_listeners

    listeners: list[Listener] = []

    def emit(event: Event) -> None:
        if event["event"] == "header":
            listeners.extend([terminal, *make_listeners(reports, operations=True)])
        for listener in listeners:
            listener.pytest_graphcontract_event(event)

    return emit


def make_console(reports: Sequence[str]) -> Console:
    """The console of a terminal report: standard error if one of the `reports` goes to standard output."""
    from rich.console import Console

    from graphcontract.reporting import writes_to_standard_output

    return Console(stderr=writes_to_standard_output(reports), highlight=False, emoji=False)
