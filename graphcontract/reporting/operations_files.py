"""Report files of a run over many operations: JUnit, a summary in Markdown, and annotations for GitHub."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TextIO
from xml.etree import ElementTree

from graphcontract.reporting import finish
from graphcontract.reporting.events import Event, FindingEvent, OperationEvent
from graphcontract.reporting.github import (
    escape_cell,
    escape_markdown,
    fold,
    limit_summary,
    render_title,
)
from graphcontract.reporting.github_commands import attribute, data
from graphcontract.reporting.junit import clean_xml, render_suite
from graphcontract.reporting.operations_summary import (
    OperationsSummary,
    find_area,
    name_operations,
    render_finding,
)
from graphcontract.reporting.summary_report import SummaryReport


class OperationsJUnit(SummaryReport[OperationsSummary]):
    """Writes one testcase for each operation, by service area. A violation that does not fail the run is
    `skipped`, as is an operation that the client does not support.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream, OperationsSummary())
        self._operations: list[OperationEvent] = []

    def pytest_graphcontract_event(self, event: Event) -> None:
        """Receive one event; what a finding is, is known at the end only."""
        if event["event"] == "operation":
            self._operations.append(event)
        super().pytest_graphcontract_event(event)

    def render(self, run: OperationsSummary) -> Iterator[str]:
        """Yield the XML document in pieces."""
        findings = {each["evidence"]["id"]: each for each in run.findings}
        return render_suite(run, [_make_case(each, findings) for each in self._operations])


def _make_case(event: OperationEvent, findings: dict[str, FindingEvent]) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase",
        {
            "classname": clean_xml(f"operations.{find_area(event['request']).lstrip('/')}"),
            "name": clean_xml(event["operation"]),
            "time": f"{event['duration']:.4f}",
        },
    )
    verdict = event["verdict"]
    shown = [findings[id] for id in event.get("findings", ())]
    if shown:
        shown.sort(key=lambda each: not each["fails_run"])
        tag = "failure" if event["fails_run"] else "skipped"
        message = f"{shown[0]['level']}: {shown[0]['evidence']['text']}"
        attributes = {"message": clean_xml(message), "type": shown[0]["evidence"]["id"]}
        child = ElementTree.SubElement(case, tag, attributes)
        child.text = clean_xml("\n".join([event["request"], *map(_describe_in_case(event), shown)]))
    elif verdict != "pass":
        tag = "error" if event["fails_run"] else "skipped"
        message = f"{verdict.replace('-', ' ')}: {event.get('reason', '')}"
        ElementTree.SubElement(case, tag, {"message": clean_xml(message), "type": verdict})
    return case


def _describe_in_case(event: OperationEvent) -> Callable[[FindingEvent], str]:
    """Show the evidence in the operation that has it, and its id in the others."""

    def describe(finding: FindingEvent) -> str:
        if finding["operation"] == event["operation"]:
            return render_finding(finding)
        evidence = finding["evidence"]
        return f"{evidence['id']} ({finding['level']})\n  {evidence['text']}\n  as in {finding['operation']}"

    return describe


class OperationsMarkdown(SummaryReport[OperationsSummary]):
    """Writes a summary of at most 1 MiB: verdict, faults, areas, and the evidence, collapsed."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream, OperationsSummary())

    def render(self, run: OperationsSummary) -> Iterator[str]:
        """Yield the summary in pieces. The last one says so if the rest did not fit."""
        return limit_summary(_parts(run))


def _parts(run: OperationsSummary) -> Iterator[str]:
    yield render_title(run)
    if run.findings:
        yield "\n| fault | level | operations | details |\n| --- | --- | --- | --- |\n"
    for each in run.findings:
        details = escape_cell(f"{each['evidence']['text']} Seen {name_operations(each)}")
        cells = [f"`{each['evidence']['id']}`", each["level"], f"{each['operations']:,}", details]
        yield f"| {' | '.join(cells)} |\n"
    yield "\n| area | operations | judged | unsupported | violated |\n| --- | --- | --- | --- | --- |\n"
    for name, area in run.list_areas():
        counts = (area.planned, area.judged, area.unsupported, area.violated)
        yield f"| {escape_cell(name)} | {' | '.join(f'{each:,}' for each in counts)} |\n"
    for what, ids in run.problems.items():
        yield f"\n{len(ids):,} operations {escape_markdown(what)}\n"
    for each in run.findings:
        yield fold(each["evidence"]["id"], render_finding(each))


class OperationsAnnotations:
    """Writes workflow commands: an error for each distinct fault that fails the run, a warning for others."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def pytest_graphcontract_event(self, event: Event) -> None:
        """Annotate one fault; close the stream after the footer."""
        if event["event"] == "finding":
            command = "error" if event["fails_run"] else "warning"
            title = attribute(f"{event['clause']} ({event['level']})")
            text = data(f"{event['evidence']['text']} Seen {name_operations(event)}")
            self._stream.write(f"::{command} title={title}::{text}\n")
        elif event["event"] == "footer":
            finish(self._stream)
