"""`graphcontract new driver`: writes a driver to fill in. Knows the terminal and files."""

from __future__ import annotations

import shlex
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Write what a client in another language needs.")


class Language(StrEnum):
    """What a driver is written in."""

    PYTHON = "python"
    TYPESCRIPT = "typescript"
    DOTNET = "dotnet"
    GO = "go"
    JAVA = "java"


@app.callback()
def _new() -> None:
    """Keep `driver` a word of its own, whatever else there will be."""


@app.command()
def driver(
    language: Annotated[
        Language, typer.Argument(metavar="LANG", help="python, typescript, dotnet, go or java.")
    ],
    output: Annotated[
        Path,
        typer.Option(metavar="DIR", help="Where to write it; made where it is missing.", file_okay=False),
    ] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False,
) -> None:
    """Write a commented driver to fill in, that speaks the driver protocol.

    It drives a small client of its own, so that it can be judged before it is changed.
    """
    from graphcontract.errors import UserError
    from graphcontract.templates import DRIVERS, text_of

    template = DRIVERS[language.value]
    paths = [output / file for file in template.files]
    there = [str(path) for path in paths if path.exists()]
    if there and not force:
        raise UserError(f"{', '.join(there)}: there already; --force overwrites")
    try:
        output.mkdir(parents=True, exist_ok=True)
        for path in paths:
            path.write_text(text_of(path.name), encoding="utf-8")
    except OSError as error:
        raise UserError(f"{output} cannot be written to: {error.strerror}") from error
    typer.echo(f"{', '.join(map(str, paths))}: written")
    if template.tested is None:
        typer.echo("It has not been tested. See what works: put `doctor` in place of `check`.")
    client = f"process:{template.run.format(driver=shlex.quote(str(paths[0])))}"
    typer.echo(f"next: graphcontract check {shlex.quote(client)} --profile quick")
