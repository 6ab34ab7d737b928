"""The commands `contracts import` and `contracts export`.

Heavy imports are inside the commands, so that others start fast.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from graphcontract.errors import UserError

Output = Annotated[Path | None, typer.Option(metavar="FILE", help="Write there, not to standard output.")]


def import_contract(
    source: Annotated[Path, typer.Argument(metavar="PAGE|CSDL|OPENAPI", help="What to make a contract of.")],
    action: Annotated[
        str, typer.Option(metavar="TYPE/ACTION", help="The action, as in sharePointMigrationTask/cancel.")
    ],
    path: Annotated[
        str | None,
        typer.Option(
            metavar="PATH",
            help="A path that the source has, as in /me/messages/{id}/archive. [default: a shortest]",
        ),
    ] = None,
    api_version: Annotated[
        str | None, typer.Option(metavar="beta|v1.0", help="Its version, where the source does not tell.")
    ] = None,
    output: Output = None,
) -> None:
    """Make a contract file of an action's documentation page, of CSDL, or of an OpenAPI description."""
    from graphcontract.clauses import known
    from graphcontract.drift.csdl.edm import short
    from graphcontract.drift.import_contract import contract_file, other_paths
    from graphcontract.drift.model import Source

    binding, slash, name = action.rpartition("/")
    if not slash or not binding or not name:
        raise UserError(
            f"--action {action} is not TYPE/ACTION", "Give both, as in sharePointMigrationTask/cancel."
        )
    if api_version not in (None, "beta", "v1.0"):
        raise UserError(f"--api-version {api_version} is not a version", "Give beta or v1.0.")
    if path is not None and not path.startswith("/"):
        raise UserError(f"--path {path} does not begin with a slash", "Give the path below the version.")
    from_file, binding, name = Source(source, str(source)), short(binding), short(name)
    text = contract_file(from_file, binding, name, path, api_version, known())
    _write(text, output)
    others = "" if path else other_paths(from_file, binding, name, text)
    if others:
        typer.echo(f"note: other paths lead to {binding}: {name}; choose one with --path:{others}", err=True)


def export(
    name: Annotated[str, typer.Argument(metavar="ID|FILE", help="A shipped contract, or a file.")],
    openapi: Annotated[bool, typer.Option("--openapi", help="Write an OpenAPI 3.1 description.")] = False,
    output: Output = None,
) -> None:
    """Write what a contract says of its action in a format that other tools read."""
    from graphcontract.contract.loader import load
    from graphcontract.drift.export_openapi import openapi as described

    if not openapi:
        raise UserError("no format given", "Give --openapi.")
    _write(described(load(name, None)), output)


def _write(text: str, output: Path | None) -> None:
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{output} cannot be written", cause=error.strerror or "") from None
    typer.echo(f"{output}: written")
