"""`graphcontract explain`: what a clause requires and why, how clients fail it, and how to fix them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from graphcontract.cli.completion import complete_clauses, complete_contracts
from graphcontract.contract.model import DEFAULT_CONTRACT
from graphcontract.errors import UserError

if TYPE_CHECKING:
    from graphcontract.contract.model import Base, Clause, Contract

_EVIDENCE = re.compile(r"(.+)-[0-9a-f]{12}")
_WIDEST = 100


def explain(
    name: Annotated[
        str,
        typer.Argument(
            metavar="CLAUSE|EVIDENCE", help="A clause, or an evidence id.", autocompletion=complete_clauses
        ),
    ],
    report: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="The jsonl report with that evidence, to show it too."),
    ] = None,
    contract: Annotated[
        str | None,
        typer.Option(
            metavar="ID|FILE",
            help=f"The contract of the clause, or an operation of the catalogue [default: the report's, or "
            f"{DEFAULT_CONTRACT}].",
            show_default=False,
            autocompletion=complete_contracts,
        ),
    ] = None,
) -> None:
    """Explain a clause: what it requires and why, how clients fail it, and how to fix them.

    With an evidence id and its report, the failure comes first, also of a run over many operations.

    graphcontract explain request.path-parameters

    graphcontract explain request.body-b53a5d6ac2a9 --report report.jsonl
    """
    from shutil import get_terminal_size

    from graphcontract.contract.clause_text import explain_clause

    reported = None if report is None else _show_evidence(report, name)
    clause = _find_clause(name, _load(contract, reported))
    for line in explain_clause(clause, min(get_terminal_size().columns, _WIDEST)):
        typer.echo(line)


def _load(name: str | None, reported: str | None) -> Contract | Base:
    """Load the contract that is given or `reported`; the conventions, for an operation of your own source."""
    from graphcontract.clauses import list_kinds
    from graphcontract.contract.loader import load

    if name is None and reported is None:
        return load(DEFAULT_CONTRACT, list_kinds())
    from graphcontract.operations.run import load_conventions
    from graphcontract.run.session import load_contract

    try:
        return load_contract(name or reported or "")
    except UserError:
        if name is not None:
            raise
        return load_conventions()


def _show_evidence(report: str, id: str) -> str:
    """Print the failure, and return the contract of its report, or the operation that shows it."""
    from graphcontract.reporting.evidence_text import render_violation
    from graphcontract.reporting.report_reader import covers_operations, read_report

    if covers_operations(report):
        return _show_distinct_fault(report, id)
    read = read_report(report)
    verdict = read.verdict_of(id)
    if verdict is not None and verdict["evidence"] is not None:
        if verdict["evidence"]["id"] != id:
            typer.echo(f"{id} is a further failure of this clause; the report shows the first one in full.\n")
        typer.echo(f"{render_violation(verdict['evidence'], verdict['level'])}\n")
    elif _EVIDENCE.fullmatch(id):
        raise UserError(f"{report} has no evidence with the id {id}")
    return read.header["contract"]["id"]


def _show_distinct_fault(report: str, id: str) -> str:
    """Print a fault in many operations, and return the operation that its evidence is from."""
    from graphcontract.reporting.once_summary import OnceSummary
    from graphcontract.reporting.operations_reader import read_operations_report
    from graphcontract.reporting.operations_summary import render_finding

    read = read_operations_report(report)
    once = OnceSummary()
    for verdict in read.verdicts:
        once.hear(verdict)
    for finding in (*read.findings, *once.list_findings(())):
        if finding["evidence"]["id"] == id:
            typer.echo(f"{render_finding(finding)}\n")
            return finding["operation"]
    if _EVIDENCE.fullmatch(id):
        raise UserError(f"{report} has no evidence with the id {id}")
    return next((each["operation"] for each in read.operations), DEFAULT_CONTRACT)


def _find_clause(name: str, contract: Contract | Base) -> Clause:
    """The clause with this id or evidence id, or with an earlier id of it."""
    from graphcontract.contract.jsonfile import suggest_name
    from graphcontract.contract.model import list_current_ids

    ids = list_current_ids(contract.clauses)
    found = _EVIDENCE.fullmatch(name)
    for each in (name, found[1] if found else name):
        if each in ids:
            return contract.clauses[ids[each]]
    hint = suggest_name(name.lower(), ids) or f"`graphcontract contracts show {contract.id}` lists them."
    raise UserError(f"{contract.id} has no clause {name}", hint)
