"""`graphcontract tenant`: serves the reference tenant until it is interrupted."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from graphcontract.cli.options import ContractName
from graphcontract.contract.model import DEFAULT_CONTRACT

if TYPE_CHECKING:
    from graphcontract.tenant import Entry


def tenant(
    port: Annotated[int, typer.Option(metavar="N", min=0, max=65535, help="Port; 0 takes a free one.")] = 0,
    tls: Annotated[
        bool, typer.Option("--tls", help="Speak https, with an authority made for the run.")
    ] = False,
    fault: Annotated[
        str | None, typer.Option(metavar="NAME", help="Break one clause, or be odd; `help` lists the names.")
    ] = None,
    contract: ContractName = DEFAULT_CONTRACT,
    list_faults: Annotated[
        bool, typer.Option("--list-faults", help="List faults and variants, and serve nothing.")
    ] = False,
) -> None:
    """Serve a tenant on 127.0.0.1 to try `graphcontract live` on, or a client. It keeps all in memory.

    One JSON line on standard output says, when it is ready, where it is and how to get in: the root, the
    authority that gives tokens, credentials, and the ids of some tasks. Ctrl-C ends it.
    """
    if list_faults or fault == "help":
        _list_faults()
        return
    from graphcontract.contract.loader import load
    from graphcontract.tenant import running

    previous = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with running(contract=load(contract, None), fault=fault, tls=tls, port=port) as serving:
            typer.echo(f"A made-up tenant at {serving.root}: nothing in it is real.{_shown(fault)}", err=True)
            typer.echo("Ctrl-C ends it, and all that it keeps is gone.", err=True)
            typer.echo(json.dumps(serving.described()))
            threading.Event().wait()
    except KeyboardInterrupt:
        typer.echo("ended", err=True)
    finally:
        signal.signal(signal.SIGTERM, previous)


def _shown(fault: str | None) -> str:
    return f" It shows {fault}." if fault else ""


def _list_faults() -> None:
    from graphcontract.tenant import faults, variants

    _write("Faults, each breaking one clause:", faults())
    typer.echo()
    _write("Variants, which are odd and break no MUST:", variants())


def _write(title: str, entries: Sequence[Entry]) -> None:
    typer.echo(title)
    width = max(len(entry.name) for entry in entries)
    for entry in entries:
        where = f"{entry.breaks}: " if entry.breaks else ""
        typer.echo(f"  {entry.name:{width}}  {where}{entry.sentence}")
