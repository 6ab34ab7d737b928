"""`graphcontract doctor`: diagnoses a client's set-up before `check` runs."""

from __future__ import annotations

from textwrap import wrap
from typing import Annotated

import typer

from graphcontract.cli.options import START_TIMEOUT, AllowOwnRoot, ContractName, StartTimeout
from graphcontract.contract.model import DEFAULT_CONTRACT

_LABELS = {True: "ok", False: "NO", None: "-"}


def doctor(
    client: Annotated[str, typer.Argument(metavar="CLIENT", help="The client, as in `check`.")],
    contract: ContractName = DEFAULT_CONTRACT,
    tls: Annotated[bool, typer.Option("--tls", help="Use https for all calls.")] = False,
    start_timeout: StartTimeout = START_TIMEOUT,
    allow_own_root: AllowOwnRoot = False,
) -> None:
    """Make a few ordinary calls, report what works, and say which limit to declare for what cannot work.

    Exit status: 0 everything works; 1 something does not; 3 the client could not be started.
    """
    from graphcontract.reporting.evidence_text import escape_unprintable
    from graphcontract.run.doctor import examine
    from graphcontract.run.options import Options
    from graphcontract.run.session import Session

    options = Options(
        client=client,
        contract=contract,
        tls=tls,
        start_timeout=start_timeout,
        allow_own_root=allow_own_root,
    )
    session = Session.of(options)
    failed = False
    try:
        implementation = session.open().implementation
        typer.echo(escape_unprintable(f"{implementation.name} {implementation.version or ''}".rstrip()))
        assert session.harness is not None
        for finding in examine(session.harness):
            failed = failed or finding.works is False
            lines = wrap(escape_unprintable(finding.seen), 64, break_on_hyphens=False)
            advice = f"advice: {finding.advice}" if finding.advice else ""
            typer.echo(f"{_LABELS[finding.works]:4}{finding.call:10}{lines[0]}")
            for line in [*lines[1:], *wrap(advice, 64, break_on_hyphens=False)]:
                typer.echo(f"{'':14}{line}")
    finally:
        session.close()
    raise typer.Exit(1 if failed else 0)
