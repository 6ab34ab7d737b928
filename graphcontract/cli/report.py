"""`report html` and `report compare`: pages made from the reports of runs that have ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from graphcontract.cli.output import Output, write_text
from graphcontract.errors import UserError

if TYPE_CHECKING:
    from graphcontract.reporting.comparison import Comparison

Events = Annotated[list[str], typer.Argument(metavar="EVENTS", help="Reports made with --report jsonl=PATH.")]


def html(
    events: Annotated[str, typer.Argument(metavar="EVENTS", help="A report made with --report jsonl=PATH.")],
    output: Output = None,
) -> None:
    """Make an HTML page from the jsonl report of a run: one file that needs no network.

    graphcontract report html report.jsonl -o report.html
    """
    from graphcontract.reporting.html_report import render_events

    write_text("".join(render_events(events)), output)


def compare(events: Events, output: Output = None) -> None:
    """Put runs side by side: implementations, versions of one client, or nights of one tenant.

    Writes Markdown with the rows that differ, or an HTML page with all rows if the name of the output ends
    in .html. If the last two runs are of one implementation, what changed comes first.

    graphcontract report compare last-night.jsonl tonight.jsonl -o changes.html
    """
    from graphcontract.reporting.comparison_files import write_html, write_markdown

    if len(events) < 2:
        raise UserError("there is one report to compare", "Give two reports or more, the oldest first.")
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
