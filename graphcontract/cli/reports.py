"""`diff`, `replay` and `known-failures update`: what can be done with a report once it is there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from graphcontract.cli.options import AllowOwnRoot

if TYPE_CHECKING:
    from graphcontract.reporting.report_reader import Report
    from graphcontract.run.session import Options

known_failures = typer.Typer(no_args_is_help=True, help="Keep the list of a client's known failures.")

_JUDGED = ("pass", "fail", "known-failure", "fixed")
Path1 = Annotated[str, typer.Argument(metavar="REPORT", help="A report made with --report jsonl=PATH.")]


def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help="The earlier report.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The later one.")],
) -> None:
    """Compare two reports: what newly fails, is fixed, stopped or started running.

    Exit status 1 where something newly fails or stopped running.
    """
    from graphcontract.reporting.report_reader import read_report

    before, after = read_report(old), read_report(new)
    failing, failed = _ids(after), _ids(before)
    groups: dict[str, list[str]] = {
        "newly failing": sorted(failing - failed),
        "fixed": sorted(id for id in failed - failing if _clause_of(id, before) in _judged(after)),
        "stopped running": sorted(_judged(before) - _judged(after)),
        "started running": sorted(_judged(after) - _judged(before)),
    }
    for name, found in groups.items():
        for each in found:
            typer.echo(f"{name}: {each}")
    if not any(groups.values()):
        typer.echo("no difference")
    if groups["newly failing"] or groups["stopped running"]:
        raise typer.Exit(1)


def _ids(report: Report) -> set[str]:
    return {id for ids in report.failing().values() for id in ids}


def _judged(report: Report) -> set[str]:
    return {clause for clause, verdict in report.verdicts.items() if verdict["verdict"] in _JUDGED}


def _clause_of(evidence: str, report: Report) -> str | None:
    return next((clause for clause, ids in report.failing().items() if evidence in ids), None)


def replay(
    report: Path1,
    evidence: Annotated[str, typer.Argument(metavar="ID", help="An evidence id of the report.")],
    allow_own_root: AllowOwnRoot = False,
) -> None:
    """Repeat one failure with the client, contract and seed of the report.

    Exit status: 0 it is fixed; 1 it still fails; 3 it cannot be judged.
    """
    from graphcontract.errors import UserError
    from graphcontract.reporting.report_reader import read_report
    from graphcontract.run.session import Options

    read = read_report(report)
    found = read.verdict_of(evidence)
    if found is None:
        raise UserError(f"{report} has no evidence with the id {evidence}")
    if read.header["kind"] == "live":
        again = found["evidence"]["repeat"]
        typer.echo(f"cannot be judged: a tenant is not asked again by a report; run: {again}", err=True)
        raise typer.Exit(3)
    options = Options.of_report(
        read.header.get("options", {}), found["clause"], allow_own_root=allow_own_root
    )
    verdict = _repeated(options)
    seen = [verdict["evidence"]["id"], *verdict.get("also", [])] if verdict and verdict["evidence"] else []
    if evidence in seen:
        typer.echo(f"still failing: {evidence}")
        raise typer.Exit(1)
    if verdict is None or verdict["verdict"] not in ("pass", "fail"):
        reason = verdict.get("reason", "") if verdict else "the run came to no verdict"
        typer.echo(f"cannot be judged: {evidence}: {reason}", err=True)
        raise typer.Exit(3)
    typer.echo(f"fixed: {evidence}")


def _repeated(options: Options) -> Mapping[str, Any] | None:
    """Judge the one clause of these options again, and give its verdict event."""
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
    """Keeps the verdicts of a run."""

    def __init__(self) -> None:
        self.verdicts: dict[str, Mapping[str, Any]] = {}

    def pytest_graphcontract_event(self, event: Mapping[str, Any]) -> None:
        """Take a verdict in."""
        if event["event"] == "verdict":
            self.verdicts[event["clause"]] = event


@known_failures.command()
def update(
    report: Path1,
    file: Annotated[Path, typer.Option("--file", metavar="FILE", help="The list to write.", dir_okay=False)],
    contract: Annotated[
        str | None,
        typer.Option(metavar="ID|FILE", help="Its contract [default: the report's].", show_default=False),
    ] = None,
) -> None:
    """Write the list that makes the report's failures known, MUST and SHOULD; reasons in the file are kept.

    Write a reason for each new entry before you use the list: until then it is refused.
    """
    from graphcontract.clauses import known
    from graphcontract.contract.loader import load as load_contract
    from graphcontract.judging.known_failures import load, updated
    from graphcontract.reporting.report_reader import read_report

    read = read_report(report)
    ids = load_contract(contract or read.header["contract"]["id"], known()).current_ids()
    entries = load(file, ids, drafts=True) if file.exists() else []
    listed = {entry.clause for entry in entries}
    failing = {
        clause: ids
        for clause, ids in read.failing().items()
        if clause in listed or read.verdicts[clause]["level"] in ("MUST", "SHOULD")
    }
    text = updated(entries, failing)
    file.write_text(text, encoding="utf-8")
    typer.echo(f"{file}: {sum(map(len, failing.values()))} known failures of {len(failing)} clauses")
    for line in _reminders(json.loads(text)["known_failures"]):
        typer.echo(line)


def _reminders(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What is left to do by hand before the list makes a run green."""
    from datetime import date

    from graphcontract.contract.acceptance import is_placeholder

    new = sorted({row["clause"] for row in rows if is_placeholder(row["reason"])})
    if new:
        yield f"write a reason for: {', '.join(new)} (the list is refused until it has them)"
    today = date.today().isoformat()
    old = sorted({row["clause"] for row in rows if row.get("expires", today) < today})
    if old:
        yield f"past their last day: {', '.join(old)} (write a later `expires`, or fix them)"
