"""Report files of a run over many operations: JUnit, a summary in Markdown, and annotations for GitHub."""

from __future__ import annotations

import html
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import TextIO
from xml.etree import ElementTree

from graphcontract.reporting import finish
from graphcontract.reporting.events import Event, FindingEvent, OperationEvent
from graphcontract.reporting.github import escape_markdown
from graphcontract.reporting.github_commands import attribute, data
from graphcontract.reporting.junit import clean_xml
from graphcontract.reporting.operations_summary import (
    OperationsSummary,
    find_area,
    name_operations,
    render_finding,
)

_MOST_BYTES = 1000 * 1024  # GitHub rejects a summary of more than 1 MiB.
_FENCE = re.compile("`{3,}")


class _OperationsReport(ABC):
    """Collects the events of a run, and writes what `render` returns once it is over."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.run = OperationsSummary()

    def pytest_graphcontract_event(self, event: Event) -> None:
        """Receive one event; write the report at the footer."""
        self.run.hear(event)
        if event["event"] == "footer":
            self._stream.writelines(self.render())
            finish(self._stream)

    @abstractmethod
    def render(self) -> Iterator[str]:
        """Yield the report on a finished run in pieces."""


class OperationsJUnit(_OperationsReport):
    """Writes one testcase for each operation, by service area. A violation that does not fail the run is
    `skipped`, as is an operation that the client does not support.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._operations: list[OperationEvent] = []

    def pytest_graphcontract_event(self, event: Event) -> None:
        """Receive one event; what a finding is, is known at the end only."""
        if event["event"] == "operation":
            self._operations.append(event)
        super().pytest_graphcontract_event(event)

    def render(self) -> Iterator[str]:
        """Yield the XML document in pieces."""
        findings = {each["evidence"]["id"]: each for each in self.run.findings}
        cases = [_make_case(each, findings) for each in self._operations]
        counted = {"failures": "failure", "errors": "error", "skipped": "skipped"}
        totals = {
            "name": "graphcontract",
            "tests": str(len(cases)),
            **{name: str(sum(case.find(tag) is not None for case in cases)) for name, tag in counted.items()},
            "time": f"{self.run.footer['duration']:.3f}",
        }
        suites = ElementTree.Element("testsuites", totals)
        timestamp = self.run.header["started"].rstrip("Z")
        named = {**totals, "name": clean_xml(self.run.header["contract"]["id"]), "timestamp": timestamp}
        ElementTree.SubElement(suites, "testsuite", named).extend(cases)
        ElementTree.indent(suites)
        yield '<?xml version="1.0" encoding="UTF-8"?>\n'
        yield ElementTree.tostring(suites, encoding="unicode")
        yield "\n"


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


class OperationsMarkdown(_OperationsReport):
    """Writes a summary of at most 1 MiB: verdict, faults, areas, and the evidence, collapsed."""

    def render(self) -> Iterator[str]:
        """Yield the summary in pieces. The last one says so if the rest did not fit."""
        left = _MOST_BYTES
        for part in self._parts():
            left -= len(part.encode())
            if left < 0:
                yield "\nThe rest did not fit into the summary. The jsonl report has all of it.\n"
                return
            yield part

    def _parts(self) -> Iterator[str]:
        run = self.run
        sentence, _ = run.summarize()
        yield f"## {escape_markdown(run.describe_run())}\n\n**{sentence}** {run.format_counts()}.\n"
        if run.findings:
            yield "\n| fault | level | operations | details |\n| --- | --- | --- | --- |\n"
        for each in run.findings:
            details = f"{each['evidence']['text']} Seen {name_operations(each)}"
            cells = [f"`{each['evidence']['id']}`", each["level"], f"{each['operations']:,}", _cell(details)]
            yield f"| {' | '.join(cells)} |\n"
        yield "\n| area | operations | judged | unsupported | violated |\n| --- | --- | --- | --- | --- |\n"
        for name, area in run.list_areas():
            counts = (area.planned, area.judged, area.unsupported, area.violated)
            yield f"| {_cell(name)} | {' | '.join(f'{each:,}' for each in counts)} |\n"
        for what, ids in run.problems.items():
            yield f"\n{len(ids):,} operations {escape_markdown(what)}\n"
        for each in run.findings:
            yield _render_folded(each)


def _cell(text: str) -> str:
    return escape_markdown(text).replace("|", "\\|")


def _render_folded(finding: FindingEvent) -> str:
    text = render_finding(finding)
    fence = "`" * max([3, *(len(found) + 1 for found in _FENCE.findall(text))])
    summary = f"<summary><code>{html.escape(finding['evidence']['id'])}</code></summary>"
    return f"\n<details>{summary}\n\n{fence}text\n{text}\n{fence}\n\n</details>\n"


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
