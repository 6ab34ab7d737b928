"""The `report` commands: an HTML page of a report, runs side by side, and the reports of shards joined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from graphcontract.cli.options import Baseline, KnownFailures, Quiet, Reports, Verbose, find_detail
from graphcontract.cli.output import Output, make_console, make_emitter, write_text
from graphcontract.errors import UserError

if TYPE_CHECKING:
    from graphcontract.reporting.comparison import Comparison

app = typer.Typer(no_args_is_help=True, help="Make a page of a report, compare reports, or join them.")

Events = Annotated[list[str], typer.Argument(metavar="EVENTS", help="Reports made with --report jsonl=PATH.")]


@app.callback()
def _group() -> None:
    """Make an HTML page of a report, compare reports, or join those of shards."""


@app.command(short_help="Join the reports of the shards of a run.")
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


@app.command(short_help="Make an HTML page of a report.")
def html(
    events: Annotated[str, typer.Argument(metavar="EVENTS", help="A report made with --report jsonl=PATH.")],
    output: Output = None,
) -> None:
    """Make an HTML page from the jsonl report of a run: one file that needs no network.

    graphcontract report html report.jsonl -o report.html
    """
    from graphcontract.reporting.html_report import render_events

    write_text("".join(render_events(events)), output)


@app.command(short_help="Put runs side by side, and list what changed.")
def compare(events: Events, output: Output = None) -> None:
    """Put runs side by side: implementations, versions of one client, or nights of one tenant.

    Writes Markdown with the rows that differ, or an HTML page with all rows if the name of the output ends
    in .html. If the last two runs are of one implementation, what changed comes first.

    graphcontract report compare last-night.jsonl tonight.jsonl -o changes.html
    """
    from graphcontract.reporting.comparison_files import write_html, write_markdown

    if len(events) < 2:
        raise UserError("only one report is given", "Give two reports or more, the oldest first.")
    comparison = _compare(events)
    is_page = output is not None and output.suffix.lower() in (".html", ".htm")
    parts = write_html(comparison) if is_page else write_markdown(comparison)
    write_text("".join(parts), output)


def _compare(paths: list[str]) -> Comparison:
    from graphcontract.reporting.comparison import compare_operations, compare_reports
    from graphcontract.reporting.operations_reader import read_operations_report
    from graphcontract.reporting.report_reader import covers_operations, read_report

    if covers_operations(paths[0]):
        return compare_operations([read_operations_report(each) for each in paths])
    return compare_reports([read_report(each) for each in paths])
