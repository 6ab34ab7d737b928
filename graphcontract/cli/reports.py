"""`diff`, `replay` and `known-failures update`: commands that read a report."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from graphcontract.cli.options import (
    AllowOwnRoot,
    Baseline,
    KnownFailures,
    Quiet,
    Reports,
    Verbose,
    find_detail,
)
from graphcontract.cli.output import make_console, make_emitter
from graphcontract.errors import UserError

if TYPE_CHECKING:
    from graphcontract.reporting.events import Event, Verdict
    from graphcontract.run.options import Options

known_failures = typer.Typer(no_args_is_help=True, help="Maintain the list of accepted failures of a client.")
report = typer.Typer(no_args_is_help=True, help="Make a page of a report, compare reports, or join them.")
baseline = typer.Typer(no_args_is_help=True, help="Maintain the list of operations that a client supports.")

Path1 = Annotated[str, typer.Argument(metavar="REPORT", help="A report made with --report jsonl=PATH.")]


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
    report: Path1,
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


@baseline.callback()
def _group() -> None:
    """Maintain the list of the operations that a client supports."""


@known_failures.command(short_help="Write the failures of a report to the list.")
def update(
    report: Path1,
    file: Annotated[Path, typer.Option("--file", metavar="FILE", help="The list to write.", dir_okay=False)],
    contract: Annotated[
        str | None,
        typer.Option(
            metavar="ID|FILE",
            help="The contract of the failures [default: the report's].",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write the failures of a report, MUST and SHOULD, to the list; reasons that are in the file stay.

    For a run over many operations, entries name the operations; patterns that are in the file stay.

    Write a reason for each new entry before you use the list: without one, the list is rejected.
    """
    from graphcontract.reporting.operations_summary import count
    from graphcontract.reporting.report_reader import covers_operations

    many = covers_operations(report)
    if many and contract is not None:
        raise UserError(f"{report} is the report of many operations: leave --contract out")
    text = _update_for_operations(report, file) if many else _update_for_contract(report, file, contract)
    file.write_text(text, encoding="utf-8")
    rows = json.loads(text)["known_failures"]
    evidence = {id for row in rows for id in row["evidence"]}
    clauses = {row["clause"] for row in rows}
    typer.echo(f"{file}: {count(len(evidence), 'known failure')} of {count(len(clauses), 'clause')}")
    for line in _reminders(rows):
        typer.echo(line)


def _update_for_contract(report: str, file: Path, contract: str | None) -> str:
    from graphcontract.judging.known_failures import format_updated, load
    from graphcontract.reporting.report_reader import read_report
    from graphcontract.run.session import load_contract

    read = read_report(report)
    loaded = load_contract(contract or read.header["contract"]["id"])
    entries = load(file, loaded.current_ids(), drafts=True) if file.exists() else []
    covering = [entry for entry in entries if entry.covers(loaded)]
    listed = {entry.clause for entry in covering}
    failing = {
        clause: ids
        for clause, ids in read.failing().items()
        if clause in listed or read.verdicts[clause]["level"] in ("MUST", "SHOULD")
    }
    return format_updated(covering, failing, [entry for entry in entries if entry not in covering])


def _update_for_operations(report: str, file: Path) -> str:
    from graphcontract.contract.model import list_current_ids
    from graphcontract.judging.known_failures import load
    from graphcontract.operations.known_update import format_updated
    from graphcontract.operations.run import load_conventions
    from graphcontract.reporting.operations_reader import read_operations_report

    read = read_operations_report(report)
    ids = list_current_ids(load_conventions().clauses)
    entries = load(file, ids, drafts=True) if file.exists() else []
    return format_updated(entries, read, ids)


@report.callback()
def _group_reports() -> None:
    """Make an HTML page of a report, compare reports, or join those of shards."""


@report.command(short_help="Join the reports of the shards of a run.")
def merge(
    events: Annotated[
        list[str], typer.Argument(metavar="EVENTS", help="The jsonl report of each shard, in any order.")
    ],
    report: Reports = None,
    known_failures: KnownFailures = None,
    baseline: Baseline = None,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """Join the jsonl reports of all shards of a run over many operations into one.

    Give the same --known-failures and --baseline as to the shards: what is fixed is decided over all shards.

    Exit status: that of a run over all operations. 2 if a report is cut, missing, or of another run.
    """
    from graphcontract.contract.model import list_current_ids
    from graphcontract.operations.lists import load_lists
    from graphcontract.operations.merge_reports import merge_reports
    from graphcontract.operations.run import load_conventions
    from graphcontract.reporting.operations_reader import read_operations_report
    from graphcontract.reporting.operations_terminal import OperationsTerminal

    detail = find_detail(verbose=verbose, quiet=quiet)
    conventions = load_conventions()
    lists = load_lists(known_failures, baseline, conventions)
    read = [read_operations_report(path) for path in events]
    written = tuple(report or ())
    emit = make_emitter(OperationsTerminal(make_console(written), detail), written)
    raise typer.Exit(merge_reports(read, list_current_ids(conventions.clauses), lists, emit))


@baseline.command("update", short_help="Write what the client supports to the list.")
def update_baseline(
    report: Path1,
    file: Annotated[Path, typer.Option("--file", metavar="FILE", help="The file to write.", dir_okay=False)],
) -> None:
    """Write the operations that the client supports to the list, from the report of a run over many.

    Operations that are not in the report stay as they are in the file.
    """
    from graphcontract.operations.baseline import format_baseline, load_baseline
    from graphcontract.reporting.operations_reader import read_operations_report
    from graphcontract.reporting.operations_summary import count

    read = read_operations_report(report)
    listed = load_baseline(file) if file.exists() else None
    text = format_baseline(listed, {each["operation"]: each["verdict"] for each in read.operations})
    file.write_text(text, encoding="utf-8")
    before, after = listed.ids if listed else frozenset(), set(json.loads(text)["supported_operations"])
    new, removed = len(after - before), len(before - after)
    typer.echo(f"{file}: {count(len(after), 'operation')}, {new:,} new, {removed:,} removed")


def _reminders(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what the user still has to change before the list accepts anything."""
    from datetime import date

    from graphcontract.contract.acceptance import is_placeholder

    new = sorted({row["clause"] for row in rows if is_placeholder(row["reason"])})
    if new:
        yield f"write a reason for: {', '.join(new)} (without one, the list is rejected)"
    today = date.today().isoformat()
    old = sorted({row["clause"] for row in rows if row.get("expires", today) < today})
    if old:
        yield f"expired: {', '.join(old)} (set a later `expires`, or fix them)"
