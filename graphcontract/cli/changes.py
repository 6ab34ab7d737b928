"""`diff` and `replay`: what changed since a report was made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from graphcontract.cli.options import AllowOwnRoot, ReportPath
from graphcontract.errors import UserError

if TYPE_CHECKING:
    from graphcontract.reporting.events import Event, Verdict
    from graphcontract.run.options import Options


def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help="The earlier report.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The later one.")],
    ids: Annotated[bool, typer.Option("--ids", help="List the evidence ids of each clause too.")] = False,
) -> None:
    """Compare two reports of one contract: what changed, one line for each clause.

    Exit status: 0 no new failure and no clause that stopped running; 1 otherwise.
    """
    from graphcontract.reporting.changes import list_changes
    from graphcontract.reporting.report_reader import read_report

    changes = list_changes(read_report(old), read_report(new))
    for each in changes:
        typer.echo(each.describe())
        for id in each.evidence if ids else ():
            typer.echo(f"  {id}")
    if not changes:
        typer.echo("no difference")
    if any(each.is_worse for each in changes):
        raise typer.Exit(1)


def replay(
    report: ReportPath,
    evidence: Annotated[str, typer.Argument(metavar="ID", help="An evidence id of the report.")],
    allow_own_root: AllowOwnRoot = False,
) -> None:
    """Reproduce one failure with the client, contract and seed of the report.

    Exit status: 0 it is fixed; 1 it still fails; 3 it could not be reproduced or ruled out.
    """
    from graphcontract.reporting.report_reader import read_report
    from graphcontract.run.options import Options

    read = read_report(report)
    found = read.verdict_of(evidence)
    if found is None or found["evidence"] is None:
        raise UserError(f"{report} has no evidence with the id {evidence}")
    if read.header["kind"] == "live":
        again = found["evidence"]["repeat"]
        typer.echo(f"cannot be replayed: a report does not send requests to a tenant; run: {again}", err=True)
        raise typer.Exit(3)
    options = Options.of_report(
        read.header.get("options", {}), found["clause"], allow_own_root=allow_own_root
    )
    verdict = _repeat(options)
    seen = [verdict["evidence"]["id"], *verdict.get("also", [])] if verdict and verdict["evidence"] else []
    if evidence in seen:
        typer.echo(f"still failing: {evidence}")
        raise typer.Exit(1)
    if verdict is None or verdict["verdict"] not in ("pass", "fail"):
        reason = verdict.get("reason", "") if verdict else "the run ended without a verdict"
        typer.echo(f"cannot be replayed: {evidence}: {reason}", err=True)
        raise typer.Exit(3)
    typer.echo(f"fixed: {evidence}")


def _repeat(options: Options) -> Verdict | None:
    """Check the one clause of these options again, and return its verdict event."""
    from graphcontract.cli.pytest_run import run
    from graphcontract.run.session import Session

    (clause,) = options.select
    session = Session.of(options)
    typer.echo(session.options.repeat(clause), err=True)
    keeper = _Keeper()
    try:
        session.open()
        run(session, [keeper])
    finally:
        session.close()
    return keeper.verdicts.get(clause)


class _Keeper:
    """Collects the verdict events of a run by clause."""

    def __init__(self) -> None:
        self.verdicts: dict[str, Verdict] = {}

    def pytest_graphcontract_event(self, event: Event) -> None:
        """Receive one event."""
        if event["event"] == "verdict":
            self.verdicts[event["clause"]] = event
