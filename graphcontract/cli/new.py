"""`graphcontract new driver`: writes a driver template."""

from __future__ import annotations

import shlex
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from graphcontract.cli.options import ContractName
from graphcontract.contract.model import DEFAULT_CONTRACT

app = typer.Typer(no_args_is_help=True, help="Write a driver for a client.")


class Language(StrEnum):
    """The language of a driver."""

    PYTHON = "python"
    TYPESCRIPT = "typescript"
    JAVASCRIPT = "javascript"
    DOTNET = "dotnet"
    GO = "go"
    JAVA = "java"


@app.callback()
def _new() -> None:
    """Make typer keep `driver` as a subcommand: with one command only, it would drop the name."""


@app.command()
def driver(
    language: Annotated[
        Language,
        typer.Argument(metavar="LANG", help="python, typescript, javascript, dotnet (C#), go or java."),
    ],
    output: Annotated[
        Path,
        typer.Option(
            metavar="DIR", help="The folder to write to; created if it is missing.", file_okay=False
        ),
    ] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Overwrite existing files.")] = False,
    contract: ContractName = DEFAULT_CONTRACT,
) -> None:
    """Write a driver template for your client, with comments.

    It contains a small client, so that you can run `check` before you change anything. It serves the
    operation of any contract; `--contract` is the one to begin with.
    """
    from graphcontract.errors import UserError
    from graphcontract.run.session import load_contract
    from graphcontract.templates import DRIVERS, text_of

    request = load_contract(contract).request
    template = DRIVERS[language.value]
    paths = [output / file for file in template.files]
    there = [str(path) for path in paths if path.exists()]
    if there and not force:
        raise UserError(
            f"{', '.join(there)}: already there",
            "Choose another folder with --output, or overwrite with --force.",
        )
    try:
        output.mkdir(parents=True, exist_ok=True)
        for path in paths:
            path.write_text(text_of(path.name), encoding="utf-8")
    except OSError as error:
        raise UserError(f"{output} cannot be written to", cause=error.strerror or "") from error
    typer.echo(f"{', '.join(map(str, paths))}: written")
    if template.untested:
        typer.echo(
            f"This template was tested with {template.tested}, not with {template.untested}. "
            "Run `doctor` before `check` to see what works."
        )
    if template.build:
        typer.echo(f"build: {template.build.format(project=shlex.quote(str(paths[-1])))}")
    program = output / (template.built or template.files[0])
    client = f"process:{template.run.format(driver=shlex.quote(str(program)))}"
    typer.echo(f"operation: {request.method} /{request.version}{request.path}")
    chosen = "" if contract == DEFAULT_CONTRACT else f" --contract {shlex.quote(contract)}"
    typer.echo(f"next: graphcontract check {shlex.quote(client)}{chosen} --profile quick")
