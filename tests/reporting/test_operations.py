"""Reports of a run over many operations: events as the schema has them, files, and the terminal."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from xml.etree import ElementTree

import pytest
from rich.console import Console

from graphcontract.clients import Implementation
from graphcontract.exchange import Call, Outcome
from graphcontract.judging.known_failures import Entry
from graphcontract.operations.baseline import Baseline
from graphcontract.operations.known_findings import KnownFindings
from graphcontract.operations.tally import Lists
from graphcontract.reporting import make_listeners
from graphcontract.reporting.events import Event
from graphcontract.reporting.operations_summary import find_area
from graphcontract.reporting.operations_terminal import OperationsTerminal
from tests.operations import AnyOperation
from tests.operations.many import Ran, load_unstated, run_many
from tests.operations.test_unknown_success import accepting
from tests.reporting import problems


class Mixed(AnyOperation):
    """Sends PUT for one operation, lacks another, and a query with a third one, which is a warning."""

    def cancel(self, call: Call) -> Outcome:
        if call.path.endswith("/archive"):
            return Outcome.unsupported("no such method")
        return super().cancel(call)

    def method(self, call: Call) -> str:
        return "PUT" if call.path.endswith("/softDelete") else super().method(call)

    def framing(self, call: Call) -> list[tuple[str, str]]:
        return [] if call.path.endswith("/task1") else super().framing(call)


@pytest.fixture(scope="module")
def ran() -> Ran:
    return run_many(Mixed().cancel, profile="quick")


def write(ran: Ran, name: str, tmp_path: object) -> str:
    path = f"{tmp_path}/report"
    (listener,) = make_listeners([f"{name}={path}"], operations=True)
    for event in ran.events:
        listener.pytest_graphcontract_event(event)
    with open(path, encoding="utf-8") as file:
        return file.read()


def render(events: Sequence[Event], *, width: int = 200) -> str:
    stream = io.StringIO()
    terminal = OperationsTerminal(Console(file=stream, width=width, highlight=False, emoji=False))
    for event in events:
        terminal.pytest_graphcontract_event(event)
    return stream.getvalue()


def test_events_keep_to_the_schema(ran: Ran) -> None:
    assert [problem for event in ran.events for problem in problems(event)] == []
    kinds = [each["event"] for each in ran.events]
    assert kinds == ["header", "plan", *["operation"] * 40, "finding", "finding", "footer"]


@pytest.mark.parametrize("kind", ["operation", "finding"])
def test_members_may_be_added_to_an_event_and_none_left_out(ran: Ran, kind: str) -> None:
    event = dict(next(each for each in ran.events if each["event"] == kind))
    assert problems({**event, "later": 1}) == []
    for name in event.keys() - {"event", "findings", "reason", "after"}:
        assert problems({key: value for key, value in event.items() if key != name}), name


def test_junit_has_a_case_for_each_operation(ran: Ran, tmp_path: object) -> None:
    (suite,) = ElementTree.fromstring(write(ran, "junit", tmp_path))
    assert suite.attrib["tests"] == "40"
    assert (suite.attrib["failures"], suite.attrib["errors"], suite.attrib["skipped"]) == ("1", "0", "2")
    cases = {case.attrib["name"]: case for case in suite}
    failed = next(case for name, case in cases.items() if "softdelete" in name)
    assert failed.attrib["classname"] == "operations.teams"
    child = failed.find("failure")
    assert child is not None
    assert child.text is not None
    assert "expected  POST" in child.text
    unsupported = next(case.find("skipped") for name, case in cases.items() if "archive" in name)
    assert unsupported is not None
    assert unsupported.attrib["message"] == "not supported: no such method"


def test_markdown_has_faults_and_areas(ran: Ran, tmp_path: object) -> None:
    text = write(ran, "markdown", tmp_path)
    assert "**The client violates the contract in 1 of 39 operations (1 distinct fault).**" in text
    assert "| /teams | 3 | 2 | 1 | 1 |" in text
    assert "| MUST | 1 |" in text


def test_github_has_an_annotation_for_each_fault(ran: Ran, tmp_path: object) -> None:
    first, second = write(ran, "github", tmp_path).splitlines()
    assert first.startswith("::error title=request.method (MUST)::")
    assert second.startswith("::warning title=request.content-length (SHOULD)::")


def test_jsonl_has_every_event(ran: Ran, tmp_path: object) -> None:
    assert len(write(ran, "jsonl", tmp_path).splitlines()) == len(ran.events)


def test_terminal_shows_each_fault_areas_and_the_verdict(ran: Ran) -> None:
    text = render(ran.events)
    assert "in 1 operation: teams-id-channels-id-messages-id-softdelete-v1-0" in text
    lines = text.splitlines()
    (area,) = (line for line in lines if line.startswith("/teams"))
    assert area.split() == ["/teams", "2/3", "1", "1"]
    verdict = "The client violates the contract in 1 of 39 operations (1 distinct fault). "
    assert lines[3].startswith(f"{verdict}Judged 39 of 40 operations, 1 not supported; ")
    assert not any(line.endswith(" ") for line in lines)
    assert "serve --evidence" not in text


def test_terminal_names_operations_that_were_not_judged(ran: Ran) -> None:
    changed: list[Event] = []
    for each in ran.events:
        if each["event"] == "operation" and each["verdict"] == "pass" and len(changed) < 10:
            each = {**each, "verdict": "not-run", "reason": "the run was interrupted", "fails_run": True}
        changed.append(each)
    text = render(changed)
    assert "Not judged" in text
    assert "not run: the run was interrupted" in text


@pytest.mark.parametrize(
    ("request_line", "area"),
    [
        ("beta POST /users/{id}/x", "/users"),
        ("v1.0 DELETE /me", "/me"),
        ("beta POST /getByName(name='{name}')/x", "/getByName"),
    ],
)
def test_the_area_is_the_first_segment(request_line: str, area: str) -> None:
    assert find_area(request_line) == area


@pytest.fixture(scope="module")
def listed(ran: Ran) -> Ran:
    """The same run with its first fault accepted, another entry out of date, and an operation lost."""
    evidence = frozenset(each["evidence"]["id"] for each in ran.must)
    gone = frozenset(["request.path-0123456789ab"])
    entries = [
        Entry("request.method", evidence, "waits for <2.0>", None, "#7", None, "known.json:3", ("*soft*",)),
        Entry("request.path", gone, "was here", None, None, None, "known.json:9"),
    ]
    known = KnownFindings(entries, Implementation("z"), today=date(2026, 6, 1))
    lost = frozenset(id for id, each in ran.operations.items() if each["verdict"] == "not-supported")
    return run_many(Mixed().cancel, profile="quick", lists=Lists(known, Baseline(lost)))


def test_every_report_shows_what_is_accepted_fixed_and_lost(listed: Ran, tmp_path: object) -> None:
    assert [problem for event in listed.events for problem in problems(event)] == []
    terminal = render(listed.events)
    assert "waits for <2.0> (1 failure in *soft*; issue #7; no expiry)" in terminal
    fixed = "request.path-0123456789ab is no longer seen in any operation: update known.json:9"
    assert fixed in terminal
    assert "newly unsupported: no such method" in terminal
    assert "The client no longer supports 1 operation of the baseline." in terminal
    assert "The list of known failures is out of date." in terminal
    assert "expected  POST" not in terminal, "an accepted fault has no evidence there"
    (suite,) = ElementTree.fromstring(write(listed, "junit", tmp_path))
    cases = {case.attrib["name"]: case for case in suite if case.tag == "testcase"}
    known = next(case.find("skipped") for name, case in cases.items() if "softdelete" in name)
    assert known is not None
    assert known.attrib["message"].startswith("known failure, MUST: ")
    lost = next(case.find("failure") for name, case in cases.items() if "archive" in name)
    assert lost is not None
    assert lost.attrib["message"] == "newly unsupported: no such method"
    (gone,) = (case.find("failure") for name, case in cases.items() if name.startswith("request.path-"))
    assert gone is not None
    assert gone.attrib["message"] == fixed
    markdown = write(listed, "markdown", tmp_path)
    assert "Accepted as known failures: 1 MUST" in markdown
    assert "no longer seen in any operation" in markdown
    lines = write(listed, "github", tmp_path).splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["::error", "::error", "::error", "::notice"]


def test_every_report_shows_notes(tmp_path: object) -> None:
    ran = run_many(accepting(204, 202).cancel, catalogue=load_unstated(), profile="quick")
    assert [problem for event in ran.events for problem in problems(event)] == []
    note = "The client reports success for 204, and reports failure for 200 without content"
    text = render(ran.events)
    assert text.count("\nNotes\n") == " ".join(text.split()).count(note) == 1
    assert " and 37 more\n" in text
    for name in ("markdown", "html", "github"):
        written = write(ran, name, tmp_path)
        assert written.count(note) == 1, name
        assert "40 operations" in written, name
    assert "::notice title=note::" in written


def test_reports_without_notes_do_not_mention_them(ran: Ran, tmp_path: object) -> None:
    assert "Notes" not in render(ran.events)
    assert 'id="notes"' not in write(ran, "html", tmp_path)


def test_the_terminal_is_80_columns_wide_but_for_evidence(listed: Ran) -> None:
    lines = render(listed.events, width=80).splitlines()
    end = lines[lines.index(next(line for line in lines if line.startswith("area"))) :]
    assert [line for line in end if len(line) > 80] == []
