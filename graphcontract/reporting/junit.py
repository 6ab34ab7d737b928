"""The JUnit report, for CI systems: one testcase for each clause."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TextIO
from xml.etree import ElementTree

from graphcontract.reporting.accepted_failures import count_accepted, list_accepted
from graphcontract.reporting.events import Footer, Verdict
from graphcontract.reporting.evidence_text import render_violation
from graphcontract.reporting.received_run import ReceivedRun
from graphcontract.reporting.run_summary import RunSummary
from graphcontract.reporting.summary_report import SummaryReport
from graphcontract.reporting.verdict_text import is_untested, name_verdict

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class JUnit(SummaryReport[RunSummary]):
    """Writes one testsuite at the footer. A violation that does not fail the run is `skipped`."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream, RunSummary())

    def render(self, run: RunSummary) -> Iterator[str]:
        """Yield the XML document in pieces."""
        groups = {row["clause"]: row["group"] for row in run.plan}
        contract = run.header["contract"]["id"]
        cases = [make_case(contract, verdict, groups[id]) for id, verdict in run.verdicts.items()]
        properties = [*list_properties(run.footer), *_list_protocols(run)]
        return render_suite(run, cases, properties)


def render_suite(
    run: ReceivedRun, cases: Sequence[ElementTree.Element], properties: Sequence[tuple[str, str]]
) -> Iterator[str]:
    """Yield a document with the testcases and properties of a run in one testsuite, in pieces."""
    counted = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    totals = {
        "name": clean_xml(run.header["contract"]["id"]),
        "tests": str(len(cases)),
        **{name: str(sum(case.find(tag) is not None for case in cases)) for name, tag in counted.items()},
        "time": f"{run.footer['duration']:.3f}",
    }
    root = ElementTree.Element("testsuites", {**totals, "name": "graphcontract"})
    timestamp = run.header["started"].rstrip("Z")
    suite = ElementTree.SubElement(root, "testsuite", {**totals, "timestamp": timestamp})
    if properties:
        listed = ElementTree.SubElement(suite, "properties")
        for name, value in properties:
            ElementTree.SubElement(listed, "property", {"name": name, "value": clean_xml(value)})
    suite.extend(cases)
    ElementTree.indent(root)
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield ElementTree.tostring(root, encoding="unicode")
    yield "\n"


def list_properties(footer: Footer) -> list[tuple[str, str]]:
    """The accepted known failures as properties; nothing for a run without --known-failures."""
    if "accepted" not in footer:
        return []
    accepted = ("known failures accepted", count_accepted(footer) or "none")
    return [accepted, *(("known failure", line) for line in list_accepted(footer))]


def _list_protocols(run: RunSummary) -> Iterator[tuple[str, str]]:
    """Yield which clauses were checked over another version of HTTP than most, as properties."""
    clauses: dict[str, list[str]] = {}
    for verdict in run.verdicts.values():
        if over := run.describe_protocols(verdict):
            clauses.setdefault(f"checked {over}", []).append(verdict["clause"])
    yield from ((over, ", ".join(ids)) for over, ids in clauses.items())


def make_case(contract: str, verdict: Verdict, group: str) -> ElementTree.Element:
    """Make the testcase of a clause, as checked against a contract."""
    case = ElementTree.Element(
        "testcase",
        {
            "classname": f"{contract}.{group.lower().replace(' ', '-')}",
            "name": verdict["clause"],
            "time": f"{verdict['duration']:.4f}",
        },
    )
    kind, evidence = verdict["verdict"], verdict["evidence"]
    if kind == "fail" and evidence is not None:
        message = f"{verdict['level']}: {evidence['text']} {verdict.get('reason', '')}".rstrip()
        tag = "failure" if verdict["fails_run"] else "skipped"
        child = ElementTree.SubElement(case, tag, {"message": clean_xml(message), "type": evidence["id"]})
        child.text = clean_xml(render_violation(evidence, verdict["level"]))
    elif kind == "error":
        ElementTree.SubElement(
            case, "error", {"message": "graphcontract failed", "type": kind}
        ).text = clean_xml(verdict["reason"])
    elif kind != "pass":
        attributes = {"message": clean_xml(f"{name_verdict(verdict)}: {verdict['reason']}")}
        # JUnit's `error` is a test that could not be carried out, and `failure` one that found something.
        tag = "error" if is_untested(verdict) else "failure"
        if verdict["fails_run"]:
            ElementTree.SubElement(case, tag, attributes | {"type": kind})
        else:
            ElementTree.SubElement(case, "skipped", attributes)
    return case


def clean_xml(text: str) -> str:
    """Replace characters that XML cannot have."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
