"""Report files of a run over many operations: JUnit, a summary in Markdown, and annotations for GitHub."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TextIO
from xml.etree import ElementTree

from graphcontract.reporting.events import Event, FindingEvent, FixedFailure, OperationEvent
from graphcontract.reporting.github import (
    annotate_accepted,
    escape_cell,
    escape_markdown,
    fold,
    limit_summary,
    render_accepted,
    render_title,
)
from graphcontract.reporting.github_commands import attribute, data
from graphcontract.reporting.junit import clean_xml, list_properties, make_case, render_suite
from graphcontract.reporting.operations_summary import (
    OperationsSummary,
    count,
    describe_fixed,
    describe_note,
    find_area,
    name_operations,
    name_outcome,
    render_finding,
)
from graphcontract.reporting.summary_report import SummaryReport


class OperationsJUnit(SummaryReport[OperationsSummary]):
    """Writes one testcase for each operation, by service area, and one for each clause that is checked once.
    A violation that does not fail the run is `skipped`, as is an operation that the client does not support.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream, OperationsSummary())
        self._operations: list[OperationEvent] = []
        self._groups: dict[str, str] = {}

    def pytest_graphcontract_event(self, event: Event) -> None:
        """Receive one event; what a finding is, is known at the end only."""
        if event["event"] == "operation":
            self._operations.append(event)
        elif event["event"] == "plan":
            self._groups = {each["clause"]: each["group"] for each in event["clauses"]}
        super().pytest_graphcontract_event(event)

    def render(self, run: OperationsSummary) -> Iterator[str]:
        """Yield the XML document in pieces."""
        findings = {(each["evidence"]["id"], "accepted" in each): each for each in run.findings}
        cases = [_make_case(each, findings) for each in self._operations]
        cases.sort(key=lambda case: (case.attrib["classname"], case.attrib["name"]))
        fixed = [_make_fixed_case(each) for each in run.footer.get("fixed", ())]
        once = [
            make_case(each.get("operation", ""), each, self._groups[each["clause"]])
            for each in run.once.verdicts
        ]
        return render_suite(run, [*cases, *once, *fixed], list_properties(run.footer))


def _make_case(event: OperationEvent, findings: dict[tuple[str, bool], FindingEvent]) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase",
        {
            "classname": clean_xml(f"operations.{find_area(event['request']).lstrip('/')}"),
            "name": clean_xml(event["operation"]),
            "time": f"{event['duration']:.4f}",
        },
    )
    verdict = event["verdict"]
    keys = [(id, id in event.get("accepted", ())) for id in event.get("findings", ())]
    shown = [findings[key] for key in keys if key in findings]
    if shown:
        shown.sort(key=lambda each: not each["fails_run"])
        tag = "failure" if event["fails_run"] else "skipped"
        known = "known failure, " if verdict == "known-failure" else ""
        message = f"{known}{shown[0]['level']}: {shown[0]['evidence']['text']}"
        attributes = {"message": clean_xml(message), "type": shown[0]["evidence"]["id"]}
        child = ElementTree.SubElement(case, tag, attributes)
        child.text = clean_xml("\n".join([event["request"], *map(_describe_in_case(event), shown)]))
    elif verdict != "pass":
        failing = "failure" if "newly_unsupported" in event else "error"
        tag = failing if event["fails_run"] else "skipped"
        message = f"{name_outcome(event)}: {event.get('reason', '')}"
        ElementTree.SubElement(case, tag, {"message": clean_xml(message), "type": verdict})
    return case


def _make_fixed_case(fixed: FixedFailure) -> ElementTree.Element:
    """Make the case of an entry that is out of date, which is of no single operation."""
    name = f"{fixed['evidence']} in {fixed['operations']}"
    case = ElementTree.Element("testcase", {"classname": "known-failures", "name": clean_xml(name)})
    message = clean_xml(describe_fixed(fixed))
    ElementTree.SubElement(case, "failure", {"message": message, "type": "fixed"})
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
    new = [each for each in run.findings if "accepted" not in each]
    if new:
        yield "\n| fault | level | operations | details |\n| --- | --- | --- | --- |\n"
    for each in new:
        details = escape_cell(f"{each['evidence']['text']} Seen {name_operations(each)}")
        cells = [f"`{each['evidence']['id']}`", each["level"], f"{each['operations']:,}", details]
        yield f"| {' | '.join(cells)} |\n"
    yield from render_accepted(run.footer)
    for fixed in run.footer.get("fixed", ()):
        yield f"\n{escape_markdown(describe_fixed(fixed))}\n"
    yield "\n| area | operations | judged | unsupported | violated |\n| --- | --- | --- | --- | --- |\n"
    for name, area in run.list_areas():
        counts = (area.planned, area.judged, area.unsupported, area.violated)
        yield f"| {escape_cell(name)} | {' | '.join(f'{each:,}' for each in counts)} |\n"
    if run.once.leads:
        yield "\n| checked once, on | clauses | judged | unsupported | violated |\n"
        yield "| --- | --- | --- | --- | --- |\n"
    for name, lead in run.once.leads.items():
        counts = (lead.planned, lead.judged, lead.unsupported, lead.violated)
        yield f"| `{name}` | {' | '.join(map(str, counts))} |\n"
    for text in _list_remarks(run):
        yield f"\n{escape_markdown(text)}\n"
    for each in new:
        yield fold(each["evidence"]["id"], render_finding(each))


def _list_remarks(run: OperationsSummary) -> Iterator[str]:
    """List what was not judged, and what is worth knowing."""
    for clause, why in run.once.list_untested():
        yield f"{clause}: {why}"
    for what, ids in run.problems.items():
        yield f"{len(ids):,} operations {what}"
    for note, ids in run.notes.items():
        yield describe_note(note, ids)


class OperationsAnnotations(SummaryReport[OperationsSummary]):
    """Writes workflow commands: an error for each distinct fault that fails the run, a warning for others;
    an error for each clause that should have been checked once; and a notice for each distinct note.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream, OperationsSummary())

    def render(self, run: OperationsSummary) -> Iterator[str]:
        """Yield the commands."""
        for each in run.findings:
            if "accepted" not in each:
                command = "error" if each["fails_run"] else "warning"
                title = attribute(f"{each['clause']} ({each['level']})")
                text = data(f"{each['evidence']['text']} Seen {name_operations(each)}")
                yield f"::{command} title={title}::{text}\n"
        for clause, why in run.once.list_untested():
            yield f"::error title={attribute(clause)}::{data(why)}\n"
        for fixed in run.footer.get("fixed", ()):
            title = attribute("known failure is no longer seen")
            yield f"::error title={title}::{data(describe_fixed(fixed))}\n"
        if "baseline" in run.footer and run.footer["baseline"]["lost"]:
            lost = count(run.footer["baseline"]["lost"], "operation")
            text = data(f"The client no longer supports {lost} of the baseline.")
            yield f"::error title={attribute('newly unsupported')}::{text}\n"
        for note, ids in run.notes.items():
            yield f"::notice title={attribute('note')}::{data(describe_note(note, ids))}\n"
        yield annotate_accepted(run.footer)
