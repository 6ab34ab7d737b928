"""`known-failures update` and `baseline update`: lists of what is accepted, written from a report."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from graphcontract.cli.options import ReportPath
from graphcontract.errors import UserError

known_failures = typer.Typer(no_args_is_help=True, help="Maintain the list of accepted failures of a client.")
baseline = typer.Typer(no_args_is_help=True, help="Maintain the list of operations that a client supports.")


@baseline.callback()
def _group() -> None:
    """Maintain the list of the operations that a client supports."""


@known_failures.command(short_help="Write the failures of a report to the list.")
def update(
    report: ReportPath,
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


@baseline.command("update", short_help="Write what the client supports to the list.")
def update_baseline(
    report: ReportPath,
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
