"""All reports of one run with a list of known failures: what is accepted, and what fails the run."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from xml.etree import ElementTree

import pytest
from rich.console import Console

from graphcontract.judging.known_failures import KnownFailures
from graphcontract.judging.verdict import ClauseResult
from graphcontract.reporting.events import FailOn
from graphcontract.reporting.github import Annotations, Markdown
from graphcontract.reporting.jsonl import JsonLines
from graphcontract.reporting.junit import JUnit
from graphcontract.reporting.terminal import Terminal
from tests.reporting import broken, events_of, listed

MUST, SHOULD = "request.method", "error.code"
LAST = date(2026, 6, 30)
PAST = date(2026, 5, 31)


class Kept(io.StringIO):
    def close(self) -> None:
        pass


@dataclass(frozen=True)
class Shown:
    """What each report says of one run."""

    events: list[Any]
    terminal: str
    markdown: str
    annotations: list[str]
    junit: ElementTree.Element
    jsonl: list[dict[str, Any]]

    @property
    def footer(self) -> Any:
        return self.events[-1]


def shown(parts: Sequence[ClauseResult], known: KnownFailures | None, fail_on: FailOn = "must") -> Shown:
    events = events_of(*parts, known=known, fail_on=fail_on)
    screen = io.StringIO()
    terminal = Terminal(Console(file=screen, width=80, highlight=False, emoji=False, _environ={}))
    markdown, annotations, junit, jsonl = Kept(), Kept(), Kept(), Kept()
    heard = (terminal, Markdown(markdown), Annotations(annotations), JUnit(junit), JsonLines(jsonl))
    for event in events:
        for listener in heard:
            listener.pytest_graphcontract_event(event)
    return Shown(
        events,
        screen.getvalue(),
        markdown.getvalue(),
        annotations.getvalue().splitlines(),
        ElementTree.fromstring(junit.getvalue()),
        [json.loads(line) for line in jsonl.getvalue().splitlines()],
    )


def failures(found: Shown) -> dict[str, set[str]]:
    """The clauses that fail the run, as each report has it."""
    return {
        "events": {each["clause"] for each in found.events if each.get("fails_run")},
        "jsonl": {each["clause"] for each in found.jsonl if each.get("fails_run")},
        "terminal": {
            line.split()[2] for line in found.terminal.splitlines() if line.startswith(("FAIL ", "fixed "))
        },
        "markdown": {
            line.split("`")[1]
            for line in found.markdown.splitlines()
            if "| FAIL |" in line or "| fixed |" in line
        },
        "annotations": {
            line.split("title=")[1].split(" ")[0] for line in found.annotations if line.startswith("::error")
        },
        "junit": {
            str(case.get("name")) for case in found.junit.iter("testcase") if case.find("failure") is not None
        },
    }


PASSED = ClauseResult(MUST, "pass", 3)


@pytest.mark.parametrize("fail_on", ["must", "should"])
@pytest.mark.parametrize(
    ("parts", "known", "failing"),
    [
        ([PASSED, broken(SHOULD)], listed(), {SHOULD}),
        ([broken(MUST), broken(SHOULD)], listed(), {MUST, SHOULD}),
        ([broken(MUST), broken(SHOULD)], listed(MUST), {SHOULD}),
        ([broken(MUST), broken(SHOULD)], listed(SHOULD), {MUST}),
        ([broken(MUST), broken(SHOULD)], listed(MUST, SHOULD), set()),
        ([broken(MUST), broken(SHOULD)], listed(MUST, SHOULD, expires=LAST), set()),
        ([broken(MUST), broken(SHOULD)], listed(MUST, SHOULD, expires=PAST), {MUST, SHOULD}),
        ([PASSED, broken(SHOULD)], listed(SHOULD, expires=PAST), {SHOULD}),
        ([PASSED, broken(SHOULD)], listed(SHOULD, evidence_id=f"{SHOULD}-0123456789ab"), {SHOULD}),
        ([PASSED, ClauseResult(SHOULD, "pass", 3)], listed(SHOULD), {SHOULD}),
        ([PASSED, ClauseResult(SHOULD, "not-run", reason="cut short")], listed(SHOULD), set()),
    ],
)
def test_with_a_list_every_other_failure_fails_the_run_in_all_reports(
    parts: list[ClauseResult], known: KnownFailures, failing: set[str], fail_on: FailOn
) -> None:
    found = shown(parts, known, fail_on)
    assert failures(found) == dict.fromkeys(failures(found), failing)
    assert found.footer["exit_status"] == (1 if failing else 0)
    assert found.events[0]["fail_on"] == "should"


def test_without_a_list_a_should_is_noted_as_before() -> None:
    found = shown([PASSED, broken(SHOULD)], None)
    assert failures(found) == {report: set() for report in failures(found)}
    assert (found.footer["exit_status"], "accepted" in found.footer) == (0, False)
    assert "accepted" not in found.terminal.casefold()
    assert found.junit.find("testsuite/properties") is None


def test_what_was_accepted_is_counted_and_listed_with_reason_issue_and_last_day() -> None:
    found = shown([broken(MUST), broken(SHOULD)], listed(MUST, SHOULD, expires=LAST))
    assert [(row["clause"], row["level"]) for row in found.footer["accepted"]] == [
        (MUST, "MUST"),
        (SHOULD, "SHOULD"),
    ]
    assert found.jsonl[-1]["accepted"] == found.footer["accepted"]
    assert "1 MUST and 1 SHOULD accepted as known" in found.terminal.split("\n\n")[1]
    assert "1 MUST and 1 SHOULD accepted as known" in found.markdown.splitlines()[2]
    assert "known failures%3A 1 MUST and 1 SHOULD accepted" in found.annotations[-1]
    (suite,) = found.junit
    properties = [str(each.get("value")) for each in suite.iter("property")]
    assert properties[0] == "1 MUST and 1 SHOULD"
    for clause, level in ((MUST, "MUST"), (SHOULD, "SHOULD")):
        words = f"{clause} ({level}): {clause} waits | for <2.0> (1 failure; issue #7; until 2026-06-30)"
        assert words in found.annotations[-1]
        assert words in properties
        row = f"| `{clause}` | {level} | {clause} waits \\| for \\<2.0\\> | \\#7 | 2026-06-30 |"
        assert row in found.markdown
        below = " ".join(found.terminal.partition("Accepted as known failures")[2].split())
        assert f"{level} {clause}" in below
        assert f"{clause} waits | for <2.0> (1 failure; issue #7; until 2026-06-30)" in below


def test_an_empty_list_is_in_the_footer_and_counts_nothing() -> None:
    found = shown([PASSED], listed())
    assert found.footer["accepted"] == []
    assert "accepted" not in found.terminal.casefold()


def test_an_expired_entry_says_so_in_every_report() -> None:
    found = shown([PASSED, broken(SHOULD)], listed(SHOULD, expires=PAST))
    words = "the entry expired on 2026-05-31: fix the failure, or set a later `expires` at known.json:3"
    sentence = "Known failures have expired."
    assert words in " ".join(found.terminal.split())
    assert sentence in found.terminal
    assert sentence in found.markdown
    assert "the entry expired on 2026-05-31" in found.markdown
    assert words.replace(":", "%3A") in found.annotations[-1] or words in found.annotations[-1]
    (failure,) = found.junit.iter("failure")
    assert words in str(failure.get("message"))
    (verdict,) = (
        each for each in found.events if each.get("clause") == SHOULD and each["event"] == "verdict"
    )
    assert verdict["expired"] is True
