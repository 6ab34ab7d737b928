"""The HTML report: one file that needs no network, and no script to be read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from graphcontract.reporting import ReportError, html_view
from graphcontract.reporting.common_causes import find_common_causes
from graphcontract.reporting.event_validation import check_event
from graphcontract.reporting.html_templates import render
from graphcontract.reporting.operations_summary import OperationsSummary, describe_fixed
from graphcontract.reporting.received_run import ReceivedRun
from graphcontract.reporting.report_reader import covers_operations, read_events, reject_truncated
from graphcontract.reporting.run_summary import RunSummary
from graphcontract.reporting.summary_report import SummaryReport

_MOST_IDS = 200
_FIRST = 8


class Html(SummaryReport[RunSummary]):
    """Writes the page of a run over one contract."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream, RunSummary())

    def render(self, run: RunSummary) -> Iterator[str]:
        """Yield the page in pieces."""
        return render_run(run)


class OperationsHtml(SummaryReport[OperationsSummary]):
    """Writes the page of a run over many operations."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream, OperationsSummary())

    def render(self, run: OperationsSummary) -> Iterator[str]:
        """Yield the page in pieces."""
        return render_operations(run)


def render_events(path: str) -> Iterator[str]:
    """Yield the page of a run whose report is in a file; ReportError if that is not valid or not whole."""
    many = OperationsSummary() if covers_operations(path) else None
    one = RunSummary()
    run = many or one
    for number, event in read_events(path, exchanges=False):
        check_event(path, number, event, "Give a report made with --report jsonl=PATH.")
        run.hear(event)
    if not run.ended:
        raise reject_truncated(path)
    try:
        return render_operations(many) if many else render_run(one)
    except LookupError as error:
        problem = f"{path} has been edited: its events do not belong together"
        raise ReportError(problem, "Run the check again.", cause=str(error)) from None


def render_run(run: RunSummary) -> Iterator[str]:
    """Yield the page of a run over one contract in pieces. Needs the footer."""
    rows = html_view.list_rows(run)
    groups = html_view.list_groups(rows.values())
    shortfalls = run.list_shortfalls()
    listed = [rows[each["clause"]] for each in shortfalls]
    first = [*find_common_causes(shortfalls), *(each for each in listed if not each.explained)]
    return _render(
        "check.html",
        run,
        first=first[:_FIRST],
        more=len(first[_FIRST:]),
        findings=[each for each in listed if each.evidence],
        accepted=run.footer.get("accepted", ()),
        groups=groups,
        choices=html_view.list_choices(rows.values()),
        times=html_view.measure_groups(groups, run.verdicts),
    )


def render_operations(run: OperationsSummary) -> Iterator[str]:
    """Yield the page of a run over many operations in pieces. Needs the footer."""
    faults = html_view.make_faults(run.findings)
    return _render(
        "operations.html",
        run,
        findings=faults,
        fixed=list(map(describe_fixed, run.footer.get("fixed", ()))),
        areas=list(run.list_areas()),
        leads=list(run.once.leads.items()),
        coverage=html_view.measure_coverage(run.footer),
        problems=list(run.problems.items()),
        notes=list(run.notes.items()),
        untested=list(run.once.list_untested()),
        limit=_MOST_IDS,
        choices=html_view.list_choices(faults),
    )


def _render(template: str, run: ReceivedRun, **shown: object) -> Iterator[str]:
    sentence, good = run.summarize()
    return render(template, run=run, sentence=sentence, good=good, **shown)
