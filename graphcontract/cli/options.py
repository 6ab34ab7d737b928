"""Options that several commands take: one wording, one default each."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

START_TIMEOUT = 60.0


class Profile(StrEnum):
    """How much to explore."""

    QUICK = "quick"
    GATE = "gate"
    NIGHTLY = "nightly"


class Level(StrEnum):
    """What fails the run."""

    MUST = "must"
    SHOULD = "should"


ContractName = Annotated[
    str, typer.Option("--contract", metavar="ID|FILE", help="A shipped contract, or a file.")
]
FailOn = Annotated[Level, typer.Option(help="Lowest level whose violation fails the run.")]
Select = Annotated[
    list[str] | None,
    typer.Option(metavar="CLAUSE", help="Judge only clauses that match, as 'error.*' does; repeatable."),
]
Deselect = Annotated[
    list[str] | None, typer.Option(metavar="CLAUSE", help="Leave out clauses that match; repeatable.")
]
AllowOwnRoot = Annotated[
    bool,
    typer.Option(
        "--allow-own-root",
        help="Let the client call its own root though nothing keeps such calls on this machine.",
    ),
]
StartTimeout = Annotated[
    float, typer.Option(metavar="SECONDS", min=0.1, help="How long a driver may take to start.")
]
ImplementationName = Annotated[
    str | None,
    typer.Option("--implementation", metavar="NAME[@VERSION]", help="What reports call the client."),
]
Reports = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FORMAT=PATH",
        help="Write jsonl=, junit=, markdown= or github=PATH; - is standard output; repeatable.",
    ),
]
KnownFailures = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Failures that are known: green is a run that shows just these."),
]
ListClauses = Annotated[
    bool, typer.Option("--list", help="List the clauses that would be judged, and judge nothing.")
]
