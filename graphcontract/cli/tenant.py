"""`graphcontract tenant`: serves the reference tenant until it is interrupted."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from graphcontract.cli.options import ContractName
from graphcontract.contract.model import DEFAULT_CONTRACT

if TYPE_CHECKING:
    from graphcontract.tenant import Entry


def tenant(
    port: Annotated[int, typer.Option(metavar="N", min=0, max=65535, help="Port; 0 chooses a free one.")] = 0,
    tls: Annotated[
        bool, typer.Option("--tls", help="Use https, with a certificate authority made for the run.")
    ] = False,
    fault: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Violate one clause, or behave unusually; `help` lists the names."),
    ] = None,
    contract: ContractName = DEFAULT_CONTRACT,
    list_faults: Annotated[
        bool, typer.Option("--list-faults", help="List faults and variants, and exit.")
    ] = False,
) -> None:
    """Serve a reference tenant on 127.0.0.1, to try `graphcontract live` or a client. All data is in memory.

    When it is ready, it prints one JSON line to standard output: the service root, the authority that issues
    tokens, credentials, and the ids of some tasks. Ctrl-C ends it.
    """
    if list_faults or fault == "help":
        _list_faults()
        return
    from graphcontract.contract.loader import load_with_lifecycle
    from graphcontract.tenant import running

    loaded = load_with_lifecycle(contract, None, "graphcontract tenant")
    try:
        with running(contract=loaded, fault=fault, tls=tls, port=port) as serving:
            typer.echo(
                f"A reference tenant at {serving.root}, with made-up data.{_describe_fault(fault)}", err=True
            )
            typer.echo("Ctrl-C ends it and deletes its data.", err=True)
            typer.echo(json.dumps(serving.describe()))
            threading.Event().wait()
    except KeyboardInterrupt:
        typer.echo("ended", err=True)


def _describe_fault(fault: str | None) -> str:
    return f" It has the fault or variant {fault}." if fault else ""


def _list_faults() -> None:
    from graphcontract.tenant import faults, variants

    _write("Faults, each of which violates one clause:", faults())
    typer.echo()
    _write("Variants, which are unusual and violate no MUST:", variants())


def _write(title: str, entries: Sequence[Entry]) -> None:
    typer.echo(title)
    width = max(len(entry.name) for entry in entries)
    for entry in entries:
        where = f"{entry.breaks}: " if entry.breaks else ""
        typer.echo(f"  {entry.name:{width}}  {where}{entry.sentence}")
