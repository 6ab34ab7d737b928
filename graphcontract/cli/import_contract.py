"""The commands `contracts import` and `contracts export`.

Heavy imports are inside the commands, so that others start fast.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from graphcontract.cli.catalogue import FromCatalogue, load_catalogue
from graphcontract.cli.completion import complete_names
from graphcontract.cli.output import Output, write_text
from graphcontract.errors import UserError


def import_contract(
    source: Annotated[Path, typer.Argument(metavar="PAGE|CSDL|OPENAPI", help="The source to import.")],
    action: Annotated[
        str,
        typer.Option(
            metavar="TYPE/ACTION",
            help="The action to import, as in sharePointMigrationTask/cancel, or message/delete for DELETE.",
        ),
    ],
    path: Annotated[
        str | None,
        typer.Option(
            metavar="PATH",
            help="The path to import, as in /me/messages/{id}/archive [default: the only one].",
        ),
    ] = None,
    api_version: Annotated[
        str | None,
        typer.Option(metavar="beta|v1.0", help="The API version, if the source does not state it."),
    ] = None,
    output: Output = None,
) -> None:
    """Make a contract file from a documentation page, from CSDL, or from OpenAPI."""
    from graphcontract.clauses import list_kinds
    from graphcontract.drift.csdl.edm import strip_namespace
    from graphcontract.drift.import_contract import make_contract
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
    from_file, binding, name = Source(source, str(source)), strip_namespace(binding), strip_namespace(name)
    text = make_contract(from_file, binding, name, path, api_version, list_kinds())
    write_text(text, output)
    if output is not None:
        request = json.loads(text)["request"]
        typer.echo(f"{request['method']} /{request['version']}{request['path']}")


def export(
    name: Annotated[
        str,
        typer.Argument(
            metavar="ID|FILE",
            help="The contract or operation of a catalogue to export.",
            autocompletion=complete_names,
        ),
    ],
    openapi: Annotated[
        bool,
        typer.Option("--openapi", help="Write an OpenAPI 3.1 description; required."),
    ] = False,
    catalogue: FromCatalogue = None,
    output: Output = None,
) -> None:
    """Export the facts of a contract in a format that other tools read."""
    from graphcontract.catalogue.lookup import find_operation
    from graphcontract.contract.loader import load
    from graphcontract.drift.export_openapi import format_openapi

    if not openapi:
        raise UserError("no format given", "Give --openapi.")
    found = find_operation(name, load_catalogue(catalogue) if catalogue else None)
    contract = load(name, None) if found is None else found[0].contract(found[1])
    write_text(format_openapi(contract), output)
