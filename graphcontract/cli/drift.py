"""The command `graphcontract drift`: compares a contract with its published sources."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from graphcontract.cli.catalogue import From
from graphcontract.cli.completion import complete_contracts, complete_operations
from graphcontract.cli.output import STYLES_OF_LEVELS as STYLES
from graphcontract.cli.output import parse_reports, write_report
from graphcontract.contract.model import DEFAULT_CONTRACT

if TYPE_CHECKING:
    from rich.console import Console

    from graphcontract.contract.model import Contract
    from graphcontract.drift.findings import DriftFinding
    from graphcontract.drift.model import FactOrigin, Source
    from graphcontract.drift.pipeline import Result
    from graphcontract.drift.waivers import DriftSources

SOURCES = """SOURCE is a file. Its kind is detected by its content:

  documentation     a page or an include, as in microsoft-graph-docs-contrib
  permissions.json  of microsoft-graph-devx-content
  CSDL, OpenAPI     of msgraph-metadata
  an SDK            for Python, made by Kiota: its wheel,
                    a …_request_builder.py, or kiota-dom-export.txt
  a recorded run    of `live`: --report jsonl=PATH, or HAR

Examples:

  graphcontract drift sharepointmigrationtask-cancel.md
  graphcontract drift --published --fail-on warn --report markdown=drift.md
  graphcontract drift snapshot page.md --output snapshot.json
  graphcontract drift page.md --since snapshot.json
  graphcontract drift openapi.yaml --operations 'beta POST /users/*'
  graphcontract drift beta.csdl --operations all --since beta.jsonl"""

_LEAVE_OUT = "Leave it out, or give the source that has it."


class _CompareByDefault(TyperGroup):
    """`drift SOURCE...` is `drift compare SOURCE...`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or args[0] not in self.commands:
            args = ["compare", *args]
        return super().parse_args(ctx, args)


class _UnnamedContext(typer.Context):
    """Shows the default command in help without its name."""

    @property
    def command_path(self) -> str:
        """The command line without the name of the default command."""
        return str(super().command_path).removesuffix(f" {self.info_name}")


class _Unnamed(TyperCommand):
    context_class = _UnnamedContext


app = typer.Typer(cls=_CompareByDefault)


class Level(StrEnum):
    """The lowest level that fails the run."""

    ERR = "err"
    WARN = "warn"
    INFO = "info"


Sources = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SOURCE", help="A file to read; its kind is detected by its content.", show_default=False
    ),
]
ContractName = Annotated[
    str,
    typer.Option(
        "--contract",
        metavar="ID|FILE",
        help="The contract of the operation: a shipped one by id, or a file.",
        autocompletion=complete_contracts,
    ),
]
Root = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="The folder that a page may include files from [default: the one that holds api-reference].",
        show_default=False,
    ),
]
Published = Annotated[
    bool,
    typer.Option(
        "--published",
        help="Also fetch the sources that the contract lists as published; with --operations, those of many "
        "operations.",
    ),
]
Cache = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Keep fetched files there [default: graphcontract/drift in the user's cache folder].",
        show_default=False,
    ),
]


Operations = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PATTERN",
        help="Many operations instead of one contract: all, or a glob over ids and names such as "
        "'beta POST /users/*'; repeatable. Each SOURCE is then routes of an SDK, kiota-dom-export.txt, CSDL, "
        "OpenAPI, or permissions.json.",
        autocompletion=complete_operations,
    ),
]


@app.command(
    cls=_Unnamed,
    short_help="Compare sources with contracts.",
    epilog="\b\n" + SOURCES.replace("\n\n", "\n\n\b\n"),
)
def compare(
    ctx: typer.Context,
    sources: Sources = None,
    contract: ContractName = DEFAULT_CONTRACT,
    operations: Operations = None,
    catalogue: From = None,
    since: Annotated[
        Path | None,
        typer.Option(
            metavar="SNAPSHOT",
            help="Compare each source with itself in this snapshot, not with the contract.",
        ),
    ] = None,
    fail_on: Annotated[Level, typer.Option(help="Fail on findings of this level or worse.")] = Level.ERR,
    waivers: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Accept the findings that this file lists, each with a reason."),
    ] = None,
    root: Root = None,
    published: Published = False,
    cache: Cache = None,
    report: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FORMAT=PATH",
            help="Write json=, sarif=, markdown= or github=PATH; - is standard output; repeatable.",
        ),
    ] = None,
) -> None:
    """Compare what is published about one operation, or many, with the contract, and sources with each other.

    With --operations, operations that were added or removed come first, then facts that changed. The same
    difference in many operations is one finding, with their number.

    Exit status 0: no finding at the level of --fail-on. 2: usage error, or a file is not a source. 3: a
    source cannot be fetched or read; the others are compared, and reports are written. 4: drift, or nothing
    was compared.
    """
    from datetime import date

    from graphcontract.cli import drift_operations

    if operations or catalogue:
        drift_operations.reject_other_options(ctx, operations)
        many = drift_operations.Many(
            tuple(sources or ()), tuple(operations or ()), catalogue, published, cache
        )
        raise typer.Exit(drift_operations.compare(many, since, waivers, report or [], fail_on.value))

    from graphcontract.drift.model import Source, SourceError
    from graphcontract.drift.pipeline import check_drift
    from graphcontract.drift.reports import FORMATS
    from graphcontract.drift.snapshots import read_snapshot
    from graphcontract.drift.waivers import read_waivers as read_waivers

    reports = parse_reports(report or [], FORMATS)
    loaded, about = _load_contract(contract)
    accepted = read_waivers(waivers) if waivers else []
    before = read_snapshot(since, loaded.id) if since else None
    unfetched: list[SourceError] = []
    try:
        given, gone = _collect_sources(sources, root, about, published=published, cache=cache)
    except SourceError as error:
        unfetched = [error]
        given, gone = [Source(Path(name), name, root=root) for name in sources or ()], ()
    result = check_drift(
        loaded,
        contract,
        given,
        snapshot=before,
        gone=gone,
        unfetched=unfetched,
        known=about.known,
        waivers=accepted,
        today=date.today(),
    )
    for write, path in reports:
        write_report(path, write(result))
    _show(result, to_stderr=any(path == "-" for _, path in reports))
    if result.unread:
        raise result.unread[0]
    raise typer.Exit(4 if result.fails(fail_on.value) else 0)


@app.command(short_help="Write what sources state, to compare with later.")
def snapshot(
    ctx: typer.Context,
    sources: Sources = None,
    output: Annotated[
        str, typer.Option(metavar="FILE", help="Write the snapshot there; - is standard output.")
    ] = "-",
    contract: ContractName = DEFAULT_CONTRACT,
    operations: Operations = None,
    catalogue: From = None,
    root: Root = None,
    published: Published = False,
    cache: Cache = None,
) -> None:
    """Write the facts of sources as JSON to commit, for `drift --since`.

    A snapshot has no line numbers, so that it changes only if a fact changes. With --operations, it has what
    the sources state of many operations, one line each.
    """
    from graphcontract.cli import drift_operations

    if operations or catalogue:
        drift_operations.reject_other_options(ctx, operations)
        many = drift_operations.Many(
            tuple(sources or ()), tuple(operations or ()), catalogue, published, cache
        )
        write_report(output, drift_operations.make_snapshot(many))
        return

    from graphcontract.drift import contract_facts, readers
    from graphcontract.drift.findings import explain_missing_operation
    from graphcontract.drift.model import NotASource, SourceError, Unknown
    from graphcontract.drift.snapshots import format_snapshot

    loaded, about = _load_contract(contract)
    wanted = contract_facts.identify_operation(loaded)
    readings = []
    given, gone = _collect_sources(sources, root, about, published=published, cache=cache)
    if gone:
        raise SourceError(f"{gone[0][0].source}: {gone[0][1]}", "Write the snapshot without it, from files.")
    for source in given:
        try:
            readings.append(readers.read(source, wanted))
        except Unknown as unknown:
            raise SourceError(f"{source.name}: {unknown}", _LEAVE_OUT) from None
    for each in readings:
        if lacking := explain_missing_operation(each):
            raise NotASource(f"{each.origin.source}: {lacking}", _LEAVE_OUT)
        for problem_found in each.problems:
            typer.echo(f"{each.origin.source}: {problem_found.fact}: {problem_found.text}", err=True)
    write_report(output, format_snapshot(loaded.id, wanted, readings))


@app.command(short_help="Write a Markdown page for each drift rule.")
def pages(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="The folder to write to.", file_okay=False)
    ],
) -> None:
    """Write the Markdown page of each drift rule, and an index."""
    from graphcontract.drift.rule_pages import render_pages as made

    folder.mkdir(parents=True, exist_ok=True)
    for file, text in made().items():
        (folder / file).write_text(text, encoding="utf-8")
    typer.echo(f"{folder}: written")


def _load_contract(name: str) -> tuple[Contract, DriftSources]:
    """Load a contract and its drift-sources file."""
    from graphcontract.clauses import list_kinds
    from graphcontract.contract.loader import list_shipped, load
    from graphcontract.drift.waivers import read_drift_sources

    contract = load(name, list_kinds())
    return contract, read_drift_sources(contract.id, None if name in list_shipped() else Path(name).parent)


def _collect_sources(
    names: Sequence[str] | None,
    root: Path | None,
    about: DriftSources,
    *,
    published: bool,
    cache: Path | None,
) -> tuple[list[Source], Sequence[tuple[FactOrigin, str]]]:
    """List the sources that are given or fetched, and those that are no longer published."""
    from graphcontract.cli import drift_published
    from graphcontract.drift.model import Source
    from graphcontract.errors import UserError

    if not names and not published:
        raise UserError("no source given", f"Give files, or --published.\n\n{SOURCES}")
    if root is not None and not root.is_dir():
        raise UserError(
            f"--root {root}: this folder does not exist", "Give the folder that holds api-reference."
        )
    given = [Source(Path(name), name, root=root) for name in names or ()]
    if not published:
        return given, ()
    fetched = drift_published.fetch_sources(about.published, cache)
    return [*fetched.sources, *given], fetched.gone


def _show(result: Result, *, to_stderr: bool) -> None:
    from rich.console import Console

    from graphcontract.drift.reports import (
        count_facts,
        explain_acceptance,
        format_location,
        format_operation,
        summarize,
    )

    console = Console(stderr=to_stderr, markup=False, highlight=False, emoji=False)
    console.print(f"{result.contract.title}\n{format_operation(result)}", soft_wrap=True)
    for source, compared in zip(result.readings, result.compared, strict=True):
        origin = source.origin
        shown = f"  {origin.kind:<12}{origin.source}  {origin.version or ''}".rstrip()
        console.print(f"{shown}  {count_facts(compared)}", soft_wrap=True)
    counting = [each for each in result.findings if each.counts]
    if counting:
        _show_findings(console, counting)
    for each in result.findings:
        if not each.counts:
            word = "known" if each.known is not None else "waived"
            row = f"{word:<8}{each.rule}  {format_location(each)}\n      {explain_acceptance(each)}"
            console.print(row, style="dim", soft_wrap=True)
    for note in result.notes:
        console.print(f"note  {note}", style="dim", soft_wrap=True)
    style = STYLES[counting[0].level] if counting else "bold green" if any(result.compared) else "bold red"
    console.print(f"{summarize(result)}.", style=style, soft_wrap=True)


def _show_findings(console: Console, findings: Sequence[DriftFinding]) -> None:
    from graphcontract.drift.reports import format_location

    console.print()
    for each in findings:
        head = f"{each.level:<6}{each.cls:<11}{each.rule:<30}{each.fingerprint}"
        console.print(head, style=STYLES[each.level], soft_wrap=True)
        console.print(f"      {each.describe()}", soft_wrap=True)
        console.print(f"      {format_location(each)}", style="dim", soft_wrap=True)
    console.print()
