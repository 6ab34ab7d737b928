"""Options that several commands share, so that each has one help text and one default."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from graphcontract.cli.completion import complete_clauses, complete_contracts
from graphcontract.errors import UserError

if TYPE_CHECKING:
    from graphcontract.reporting.console_report import Detail

START_TIMEOUT = 60.0


class Profile(StrEnum):
    """How many inputs to try."""

    QUICK = "quick"
    GATE = "gate"
    NIGHTLY = "nightly"


class Level(StrEnum):
    """The lowest level whose violation fails the run."""

    MUST = "must"
    SHOULD = "should"


ContractName = Annotated[
    str,
    typer.Option(
        "--contract",
        metavar="ID|FILE",
        help="A shipped contract by id, or a file.",
        autocompletion=complete_contracts,
    ),
]
FailOn = Annotated[Level, typer.Option(help="Lowest level whose violation fails the run.")]
Select = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CLAUSE",
        help="Check only matching clauses, such as 'error.*'; repeatable.",
        autocompletion=complete_clauses,
    ),
]
Deselect = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CLAUSE", help="Skip matching clauses; repeatable.", autocompletion=complete_clauses
    ),
]
AllowOwnRoot = Annotated[
    bool,
    typer.Option(
        "--allow-own-root",
        help="Let the client call its own service root even if such calls could leave this machine.",
    ),
]
StartTimeout = Annotated[
    float, typer.Option(metavar="SECONDS", min=0.1, help="Maximum time for a driver to start.")
]
ImplementationName = Annotated[
    str | None,
    typer.Option(
        "--implementation",
        metavar="NAME[@VERSION]",
        help="Name of the client in reports [default: its own].",
    ),
]
ReportPath = Annotated[str, typer.Argument(metavar="REPORT", help="A report made with --report jsonl=PATH.")]
Reports = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FORMAT=PATH",
        help="Write html=, jsonl=, junit=, markdown=, github= or har=PATH, such as html=report.html; - is "
        "standard output; repeatable.",
    ),
]
KnownFailures = Annotated[
    str | None,
    typer.Option(
        metavar="FILE", help="Accept the failures that this file lists; any other one fails the run."
    ),
]
Baseline = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="With many operations: fail if the client does not support one that this file lists.",
    ),
]
ListClauses = Annotated[
    bool, typer.Option("--list", help="List the clauses that would be checked, and exit.")
]
Verbose = Annotated[
    bool,
    typer.Option("-v", "--verbose", help="Print every clause, and the evidence of each failure in full."),
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print the verdict alone.")]


def find_detail(*, verbose: bool, quiet: bool) -> Detail:
    """How much to print; UserError if both are asked for."""
    from graphcontract.reporting.console_report import Detail

    if verbose and quiet:
        raise UserError("--verbose and --quiet are both given", "Give one of them, or neither.")
    return Detail.EVERYTHING if verbose else Detail.VERDICT if quiet else Detail.FAULTS
