"""What several commands write: a text to standard output or to a file, and lists of clauses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graphcontract.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from graphcontract.contract.model import Clause

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


def list_clauses(clauses: Mapping[str, Clause], chosen: Iterable[str]) -> None:
    """Write the chosen clauses, a line each: level, id and statement."""
    for id in chosen:
        clause = clauses[id]
        typer.echo(f"{clause.counted_level:6}  {id:28}{clause.statement}")


def make_console(reports: Sequence[str]) -> Console:
    """The console of a terminal report: standard error if one of the `reports` goes to standard output."""
    from rich.console import Console

    from graphcontract.reporting import writes_to_standard_output

    return Console(stderr=writes_to_standard_output(reports), highlight=False, emoji=False)
