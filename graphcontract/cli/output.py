"""Where commands that make one text write it: to standard output, or to a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from graphcontract.errors import UserError

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
