"""The command `graphcontract drift`: compares a contract with its published sources."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from graphcontract.contract.model import DEFAULT_CONTRACT

if TYPE_CHECKING:
    from rich.console import Console

    from graphcontract.contract.model import Contract
    from graphcontract.drift.findings import DriftFinding
    from graphcontract.drift.model import FactOrigin, Source
    from graphcontract.drift.pipeline import Result
    from graphcontract.drift.published import Fetched
    from graphcontract.drift.waivers import Address, Dossier

SOURCES = """SOURCE is a file; its content tells what it is:

  a documentation page or include   Markdown, as in microsoft-graph-docs-contrib
  permissions.json                  of microsoft-graph-devx-content
  CSDL ($metadata), OpenAPI         of msgraph-metadata
  an SDK's API export               kiota-dom-export.txt of a Kiota SDK
  a recorded live run               --report jsonl=PATH, or HAR

`graphcontract drift snapshot SOURCE... --output FILE` keeps what they say, for --since."""

_LEAVE_OUT = "Leave it out, or give the source that has it."
_STYLES = {"err": "bold red", "warn": "yellow", "info": "cyan"}


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
    list[str] | None, typer.Argument(metavar="SOURCE", help="Files; see below.", show_default=False)
]
ContractName = Annotated[str, typer.Option("--contract", metavar="ID|FILE", help="The contract.")]
Root = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="The docs root that includes must stay in [default: the folder that holds api-reference].",
        show_default=False,
    ),
]
Published = Annotated[
    bool, typer.Option("--published", help="Fetch what is published about the contract's operation.")
]
Cache = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Where fetched files are kept [default: graphcontract/drift in the user's cache].",
        show_default=False,
    ),
]


@app.command(cls=_Unnamed, epilog="\b\n" + SOURCES.replace("\n\n", "\n\n\b\n"))
def compare(
    sources: Sources = None,
    contract: ContractName = DEFAULT_CONTRACT,
    since: Annotated[
        Path | None,
        typer.Option(metavar="SNAPSHOT", help="Compare with what they said then, not with the contract."),
    ] = None,
    fail_on: Annotated[Level, typer.Option(help="Lowest level of a finding that fails the run.")] = Level.ERR,
    waivers: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Findings that are accepted for now, with reasons.")
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
    """Hold what is published against a contract, clause by clause, and sources against each other.

    Exit status: 0 nothing at the level asked for; 2 usage, or a file is not a source; 3 a source cannot be
    had or read; 4 drift, or nothing was compared.
    """
    from datetime import date

    from graphcontract.drift.pipeline import drift
    from graphcontract.drift.snapshots import read
    from graphcontract.drift.waivers import waivers as read_waivers

    reports = _reports(report or [])
    loaded, about = _loaded(contract)
    accepted = read_waivers(waivers) if waivers else []
    before = read(since, loaded.id) if since else None
    given, gone = _gathered(sources, root, about, published=published, cache=cache)
    result = drift(
        loaded,
        contract,
        given,
        snapshot=before,
        gone=gone,
        known=about.known,
        waivers=accepted,
        today=date.today(),
    )
    for write, path in reports:
        _write(path, write(result))
    _show(result, to_stderr=any(path == "-" for _, path in reports))
    raise typer.Exit(4 if result.fails(fail_on.value) else 0)


@app.command()
def snapshot(
    sources: Sources = None,
    output: Annotated[
        str, typer.Option(metavar="FILE", help="Where to write it; - is standard output.")
    ] = "-",
    contract: ContractName = DEFAULT_CONTRACT,
    root: Root = None,
    published: Published = False,
    cache: Cache = None,
) -> None:
    """Write what sources say, as JSON to commit: without lines, so that it changes only where they do."""
    from graphcontract.drift import contract_facts, readers
    from graphcontract.drift.findings import lacks_operation
    from graphcontract.drift.model import NotASource, SourceError, Unknown
    from graphcontract.drift.snapshots import written

    loaded, about = _loaded(contract)
    wanted = contract_facts.wanted(loaded)
    readings = []
    given, gone = _gathered(sources, root, about, published=published, cache=cache)
    if gone:
        raise SourceError(f"{gone[0][0].source}: {gone[0][1]}", "Write the snapshot without it, from files.")
    for source in given:
        try:
            readings.append(readers.read(source, wanted))
        except Unknown as unknown:
            raise SourceError(f"{source.name}: {unknown}", _LEAVE_OUT) from None
    for each in readings:
        if lacking := lacks_operation(each):
            raise NotASource(f"{each.origin.source}: {lacking}", _LEAVE_OUT)
        for problem_found in each.problems:
            typer.echo(f"{each.origin.source}: {problem_found.fact}: {problem_found.text}", err=True)
    _write(output, written(loaded.id, wanted, readings))


@app.command()
def pages(
    folder: Annotated[Path, typer.Argument(help="Where to write them.", file_okay=False)],
) -> None:
    """Write a Markdown page for each rule, and an index."""
    from graphcontract.drift.rule_pages import pages as made

    folder.mkdir(parents=True, exist_ok=True)
    for file, text in made().items():
        (folder / file).write_text(text, encoding="utf-8")
    typer.echo(f"{folder}: written")


def _loaded(name: str) -> tuple[Contract, Dossier]:
    """Load a contract and its drift-sources file."""
    from graphcontract.clauses import known
    from graphcontract.contract.loader import load, shipped
    from graphcontract.drift.waivers import dossier

    contract = load(name, known())
    return contract, dossier(contract.id, None if name in shipped() else Path(name).parent)


def _gathered(
    names: Sequence[str] | None, root: Path | None, about: Dossier, *, published: bool, cache: Path | None
) -> tuple[list[Source], Sequence[tuple[FactOrigin, str]]]:
    """List the sources that are given or fetched, and those that are no longer published."""
    from graphcontract.drift.model import Source
    from graphcontract.errors import UserError

    if not names and not published:
        raise UserError("no source given", SOURCES)
    if root is not None and not root.is_dir():
        raise UserError(f"--root {root}: this folder does not exist")
    given = [Source(Path(name), name, root=root) for name in names or ()]
    if not published:
        return given, ()
    fetched = _fetched(about.published, cache)
    return [*fetched.sources, *given], fetched.gone


def _fetched(addresses: Sequence[Address], cache: Path | None) -> Fetched:
    """Fetch, with progress on a terminal."""
    import os

    from rich.console import Console

    from graphcontract.drift.published import fetch
    from graphcontract.errors import UserError

    if not addresses:
        raise UserError(
            "the contract has no published sources", "Give files, or write drift-sources/ID.json."
        )
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    console = Console(stderr=True, markup=False, highlight=False, emoji=False)
    with console.status("fetching") as status:

        def progress(url: str, size: int, whole: int | None) -> None:
            of = f" of {whole >> 10}" if whole else ""
            status.update(f"{url}  {size >> 10}{of} KiB" if size else f"{url}  not modified")

        return fetch(addresses, cache or Path(home) / "graphcontract" / "drift", progress)


def _reports(arguments: Sequence[str]) -> list[tuple[Any, str]]:
    from graphcontract.drift.reports import FORMATS
    from graphcontract.errors import UserError

    found = []
    for argument in arguments:
        name, _, path = argument.partition("=")
        if name not in FORMATS or not path:
            raise UserError(
                f"{argument!r} is not a report",
                f"Give FORMAT=PATH, where FORMAT is one of {', '.join(FORMATS)}, "
                "for example json=drift.json.",
            )
        found.append((FORMATS[name], path))
    return found


def _write(path: str, text: str) -> None:
    from graphcontract.errors import UserError

    if path == "-":
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be written", cause=error.strerror or "") from error


def _show(result: Result, *, to_stderr: bool) -> None:
    from rich.console import Console

    from graphcontract.drift.reports import count_facts, describe_waived, operation, place, verdict

    console = Console(stderr=to_stderr, markup=False, highlight=False, emoji=False)
    console.print(f"{result.contract.title}\n{operation(result)}", soft_wrap=True)
    for source, compared in zip(result.readings, result.compared, strict=True):
        origin = source.origin
        shown = f"  {origin.kind:<12}{origin.source}  {origin.version or ''}".rstrip()
        console.print(f"{shown}  {count_facts(compared)}", soft_wrap=True)
    counting = [each for each in result.findings if each.counts]
    if counting:
        _rows(console, counting)
    for each in result.findings:
        if not each.counts:
            word = "known" if each.known is not None else "waived"
            row = f"{word:<8}{each.rule}  {place(each)}\n      {describe_waived(each)}"
            console.print(row, style="dim", soft_wrap=True)
    for note in result.notes:
        console.print(f"note  {note}", style="dim", soft_wrap=True)
    style = _STYLES[counting[0].level] if counting else "bold green" if any(result.compared) else "bold red"
    console.print(f"{verdict(result)}.", style=style, soft_wrap=True)


def _rows(console: Console, findings: Sequence[DriftFinding]) -> None:
    from graphcontract.drift.reports import place

    console.print()
    for each in findings:
        head = f"{each.level:<6}{each.cls:<11}{each.rule:<30}{each.fingerprint}"
        console.print(head, style=_STYLES[each.level], soft_wrap=True)
        console.print(f"      {each.sentence()}", soft_wrap=True)
        console.print(f"      {place(each)}", style="dim", soft_wrap=True)
    console.print()
