"""The `contracts` commands: list the shipped contracts, show one, validate files, write clause pages."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from graphcontract.cli.catalogue import FromCatalogue, list_facts, load_catalogue, summarize_operation
from graphcontract.cli.completion import complete_names
from graphcontract.cli.options import ContractName
from graphcontract.contract.model import DEFAULT_CONTRACT, Contract

if TYPE_CHECKING:
    from rich.console import Console

    from graphcontract.catalogue.catalogue import Catalogue
    from graphcontract.contract.model import Base, Clause, Level

app = typer.Typer(no_args_is_help=True, help="List, show and validate contracts.")

_LEVELS: Sequence[Level] = ("MUST", "SHOULD", "MAY")
_STYLES = {"MUST": "bold", "SHOULD": "", "MAY": "dim"}
_SCHEMES = {
    "DelegatedWork": "delegated, work or school account",
    "DelegatedPersonal": "delegated, personal account",
    "Application": "application",
}

AsJson = Annotated[bool, typer.Option("--json", help="Write JSON to standard output.")]
Name = Annotated[
    str,
    typer.Argument(
        metavar="ID|FILE",
        help="A shipped contract or conventions file by id, a file, or an operation of the catalogue.",
        autocompletion=complete_names,
    ),
]
Names = Annotated[list[str], typer.Argument(metavar="FILE", help="Contract or conventions files.")]


@app.command("list", short_help="List contracts, or operations of a catalogue.")
def list_contracts(
    operations: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN",
            help="List the operations of a catalogue whose name or id matches, as in 'beta POST /users/*'; "
            "all: every one. May be repeated.",
        ),
    ] = None,
    catalogue: FromCatalogue = None,
    as_json: AsJson = False,
) -> None:
    """List the shipped contracts, with the number of their clauses by level, or operations of a catalogue."""
    from graphcontract.contract.loader import load_shipped

    if operations or catalogue:
        _list_operations(load_catalogue(catalogue), operations or ["all"], as_json=as_json)
        return
    rows = [_summary(contract) for contract in load_shipped()]
    if as_json:
        _write_json(rows)
    else:
        heads = ["ID", *_LEVELS, "SOURCE", "ACTION"]
        _write_columns([heads, *([str(cell) for cell in _cells(row)] for row in rows)])


@app.command(short_help="Show a contract and its clauses.")
def show(name: Name, catalogue: FromCatalogue = None, as_json: AsJson = False) -> None:
    """Show a contract: its request, its success response, and its clauses by group."""
    from graphcontract.catalogue.lookup import find_operation
    from graphcontract.clauses import list_kinds
    from graphcontract.contract.loader import document, load_any

    known = list_kinds()
    operation = find_operation(name, load_catalogue(catalogue) if catalogue else None)
    if as_json:
        _write_json(
            document(name, known) if operation is None else operation[0].document(operation[1], known)
        )
        return
    found = load_any(name, known) if operation is None else operation[0].contract(operation[1], known)
    stated = () if operation is None else list_facts(*operation)
    from rich.console import Console

    console = Console(markup=False, highlight=False, emoji=False)
    console.print(found.title, style="bold", soft_wrap=True)
    for label, line in (*_facts(found), *stated):
        console.print(f"  {label:<19}{line}", soft_wrap=True)
    _print_clauses(console, list(found.clauses.values()))


@app.command(short_help="Validate contract files.")
def validate(names: Names) -> None:
    """Validate contract files, including the files that they extend. Exit status 2 if any is invalid."""
    from graphcontract.clauses import list_kinds
    from graphcontract.contract.loader import ContractError, load_untrusted

    wrong = False
    for name in names:
        try:
            clauses = load_untrusted(name, list_kinds()).clauses
        except ContractError as error:
            typer.echo(error.format_for_terminal(), err=True)
            wrong = True
        else:
            typer.echo(f"{name}: ok: {len(clauses)} clauses")
    if wrong:
        raise typer.Exit(2)


@app.command(short_help="Write a Markdown page for each clause.")
def pages(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="The folder to write to.", file_okay=False)
    ],
    name: ContractName = DEFAULT_CONTRACT,
) -> None:
    """Write a Markdown page for each clause of a contract, and an index page."""
    from graphcontract.clauses import list_kinds
    from graphcontract.contract.clause_pages import render_pages as made
    from graphcontract.contract.loader import load

    folder.mkdir(parents=True, exist_ok=True)
    for file, text in made(load(name, list_kinds())).items():
        (folder / file).write_text(text, encoding="utf-8")
    typer.echo(f"{folder}: written")


def _list_operations(catalogue: Catalogue, patterns: Sequence[str], *, as_json: bool) -> None:
    ids = list(dict.fromkeys(id for pattern in patterns for id in catalogue.find(pattern)))
    rows = [summarize_operation(catalogue, id) for id in ids]
    if as_json:
        _write_json(rows)
        return
    cells = [
        [row["id"], ",".join(row["sources"]), f"{row['version']} {row['method']} {row['path']}"]
        for row in rows
    ]
    _write_columns([["ID", "SOURCES", "OPERATION"], *cells])


def _summary(contract: Contract) -> dict[str, Any]:
    levels = Counter(clause.counted_level for clause in contract.clauses.values())
    request = contract.request
    return {
        "id": contract.id,
        "title": contract.title,
        "method": request.method,
        "path": f"/{request.version}{request.path}",
        "clauses": {level: levels[level] for level in _LEVELS},
        "date": contract.provenance.date if contract.provenance is not None else None,
        "sha256": contract.sha256,
    }


def _cells(row: Mapping[str, Any]) -> Sequence[object]:
    counts = (row["clauses"][level] for level in _LEVELS)
    return [row["id"], *counts, row["date"] or "-", f"{row['method']} {row['path']}"]


def _write_columns(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())


def _write_json(value: object) -> None:
    typer.echo(json.dumps(value, indent=2))


def _facts(found: Contract | Base) -> Iterator[tuple[str, str]]:
    """Yield label and text of everything except the clauses. A conventions file has fewer facts."""
    yield "id", found.id
    if isinstance(found, Contract):
        yield from _request_facts(found)
        yield "success", f"{found.success.statuses_text}, content {found.success.content}"
        for entry in found.permissions or ():
            higher = f" (or higher: {', '.join(entry.higher)})" if entry.higher else ""
            yield "permission", f"{_SCHEMES[entry.scheme]}: {' or '.join(entry.least) or 'none'}{higher}"
        if found.precondition is not None:
            statuses = ", ".join(found.precondition.statuses) or "none"
            yield "precondition", f"{found.precondition.statement} (status: {statuses})"
        if found.clouds:
            yield "clouds", ", ".join(found.clouds)
    if found.provenance is not None:
        dated = f", {found.provenance.date}" if found.provenance.date else ""
        yield "source", f"{found.provenance.source}{dated}"
        yield from (("note", note) for note in found.provenance.notes)


def _request_facts(contract: Contract) -> Iterator[tuple[str, str]]:
    request = contract.request
    yield "request", f"{request.method} {request.root}/{request.version}{request.path}"
    for name, schema in request.parameters.items():
        described = f": {schema['description']}" if "description" in schema else ""
        yield "parameter", f"{name} ({schema['type']}){described}"
    for name, value in contract.example.items():
        yield "example", f"{name} = {value}"
    yield "query", request.query
    for name, rule in request.fields.items():
        yield "field", f"{name}: {rule}"
    media = f", {request.media_type}" if request.media_type else ""
    yield "content", f"{request.content}{media}"


def _print_clauses(console: Console, clauses: Sequence[Clause]) -> None:
    """Print clauses by group, in columns of the same width for all groups."""
    from textwrap import wrap

    heads = [(_level(clause), clause.id) for clause in clauses]
    widths = [max(map(len, column)) for column in zip(*heads, strict=True)]
    left = sum(widths) + 6
    for group in dict.fromkeys(clause.group for clause in clauses):
        console.print()
        console.print(group, style="bold")
        for clause, (level, id) in zip(clauses, heads, strict=True):
            if clause.group != group:
                continue
            first, *rest = wrap(
                clause.statement,
                max(24, console.width - left),
                break_on_hyphens=False,
                break_long_words=False,
            )
            line = f"  {level:{widths[0]}}  {id:{widths[1]}}  {first}"
            console.print(
                "\n".join([line, *(" " * left + each for each in rest)]),
                style=_STYLES[clause.level],
                soft_wrap=True,
            )


def _level(clause: Clause) -> str:
    return f"{clause.level} (disputed)" if clause.disputed else clause.level
