"""The command `contracts catalogue build`, and how commands show operations of a catalogue.

Heavy imports are inside the commands, so that others start fast.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from graphcontract.cli.output import Output, write_text
from graphcontract.errors import UserError

if TYPE_CHECKING:
    from graphcontract.catalogue.catalogue import Catalogue
    from graphcontract.catalogue.operation import CatalogueSource, Stated

app = typer.Typer(no_args_is_help=True, help="Make a catalogue of operations.")

From = Annotated[
    Path | None,
    typer.Option(
        "--from",
        metavar="FILE",
        help="Where operations come from: a catalogue, a source to make one of, such as an OpenAPI "
        "description, or a folder of contract files [default: the shipped catalogue].",
    ),
]
FromCatalogue = Annotated[
    Path | None,
    typer.Option(
        "--from",
        metavar="FILE",
        help="A catalogue, or a source to make one of, such as an OpenAPI description [default: the shipped "
        "catalogue].",
    ),
]


@app.callback()
def _group() -> None:
    """Make a catalogue of operations."""


@app.command(short_help="Make a catalogue of the operations that sources list.")
def build(
    sources: Annotated[
        list[Path],
        typer.Argument(metavar="SOURCE", help="Routes of an SDK, CSDL, OpenAPI, or permissions.json."),
    ],
    facts: Annotated[
        list[Path] | None,
        typer.Option(metavar="SOURCE", help="A source that only adds facts to the operations of the others."),
    ] = None,
    output: Output = None,
) -> None:
    """Make a catalogue of the operations without request content that sources list."""
    from graphcontract.catalogue.catalogue import Catalogue
    from graphcontract.drift.model import Source
    from graphcontract.drift.operations.build import build_catalogue

    text = build_catalogue(
        [Source(each, str(each)) for each in sources], [Source(each, str(each)) for each in facts or ()]
    )
    write_text(text, output)
    typer.echo(_count(Catalogue(text, "the catalogue")), err=True)


def load_catalogue(path: Path | None) -> Catalogue:
    """Load the shipped catalogue, or one from a file or another source; `UserError` if there is no file."""
    from graphcontract.catalogue.catalogue import Catalogue
    from graphcontract.drift.model import Source
    from graphcontract.drift.operations.build import open_catalogue

    if path is None:
        return Catalogue.load()
    if not path.exists():
        problem = f"--from {path}: this file does not exist"
        raise UserError(
            problem, "Give a catalogue or a source, or leave --from out for the shipped catalogue."
        )
    return open_catalogue(Source(path, str(path)))


def summarize_operation(catalogue: Catalogue, id: str) -> dict[str, Any]:
    """Summarize an operation for a list, as JSON has it."""
    operation = catalogue.operation(id)
    family = catalogue.find_family(operation)
    return {
        "id": id,
        "version": operation.version,
        "method": operation.method,
        "path": operation.path,
        "sources": sorted({catalogue.sources[code].kind for code in operation.route}),
        "self_derived": family,
        "deprecated": bool(operation.deprecated),
        "disagreements": sorted(operation.list_disagreements()),
    }


def list_facts(catalogue: Catalogue, id: str) -> Iterator[tuple[str, str]]:
    """Yield label and text of what the sources of an operation state."""
    operation = catalogue.operation(id)
    for code in operation.route:
        yield "stated by", catalogue.sources[code].title
    family = catalogue.find_family(operation)
    if family is not None:
        yield "self-derived", f"for clients of the family {family}: no other source has the operation"
    for name, stated in operation.list_statements().items():
        yield name, _format_stated(stated, catalogue.sources)
    if operation.deprecated:
        yield "deprecated", ", ".join(catalogue.sources[code].title for code in operation.deprecated)
    for name, stated in operation.list_disagreements().items():
        yield "disagreement", f"on {name}: {' or '.join(stated)}"


def _format_stated(stated: Stated, sources: Mapping[str, CatalogueSource]) -> str:
    kinds = {value: sorted({sources[code].kind for code in codes}) for value, codes in stated.items()}
    return "; ".join(f"{value} ({', '.join(each)})" for value, each in kinds.items())


def _count(catalogue: Catalogue) -> str:
    operations = [operation for _, operation in catalogue.iterate_operations()]
    own = sum(catalogue.find_family(each) is not None for each in operations)
    differing = sum(bool(each.list_disagreements()) for each in operations)
    return (
        f"{len(operations)} operations: {own} that only SDKs of one family have, {differing} on which "
        "sources disagree"
    )
