from __future__ import annotations

import io
from xml.etree import ElementTree

import pytest

from graphcontract.judging.verdict import ClauseResult
from graphcontract.reporting.events import FailOn
from graphcontract.reporting.junit import JUnit
from tests.clauses import CONTRACT
from tests.reporting import broken, events_of

ODD = "\x00\x1b[31m<&>\"' ]]> é \ud800 \uffff \U0001f600 \u202e"


def written_out(*parts: ClauseResult, fail_on: FailOn = "must") -> ElementTree.Element:
    stream = io.StringIO()
    stream.close = lambda: None  # type: ignore[method-assign]
    junit = JUnit(stream)
    for event in events_of(*parts, fail_on=fail_on):
        junit.pytest_graphcontract_event(event)
    text = stream.getvalue().encode("utf-8")
    assert text.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n')
    return ElementTree.fromstring(text)


def case(part: ClauseResult, fail_on: FailOn = "must") -> ElementTree.Element:
    (found,) = written_out(part, fail_on=fail_on).iter("testcase")
    return found


def test_a_testcase_a_clause() -> None:
    root = written_out(
        ClauseResult("request.method", "pass", 3, 0.25),
        broken("request.path"),
        broken("request.content-length"),
        ClauseResult("input.injection", "error", reason="Traceback"),
        ClauseResult("error.encoded", "not-supported", reason="no coding"),
    )
    assert root.tag == "testsuites"
    (suite,) = root
    totals = {"tests": "5", "failures": "1", "errors": "1", "skipped": "2"}
    assert {name: suite.get(name) for name in totals} == totals
    assert {name: root.get(name) for name in totals} == totals
    assert suite.get("name") == CONTRACT.id
    assert str(suite.get("timestamp")).count(":") == 2
    assert [each.get("name") for each in suite] == [
        "request.method",
        "request.path",
        "request.content-length",
        "input.injection",
        "error.encoded",
    ]
    assert {each.get("classname") for each in suite} == {f"{CONTRACT.id}.request", f"{CONTRACT.id}.response"}
    assert suite[0].get("time") == "0.2500"
    assert list(suite[0]) == []


def test_a_violation() -> None:
    (failure,) = case(broken("request.method"))
    assert failure.tag == "failure"
    assert str(failure.get("message")).startswith("MUST: ")
    assert failure.get("type") == "request.method-04fd417d7b00"
    assert "actual    post" in str(failure.text)
    assert "reproduce repeat request.method" in str(failure.text)


@pytest.mark.parametrize(("fail_on", "tag"), [("must", "skipped"), ("should", "failure")])
def test_a_should_is_as_the_run_takes_it(fail_on: FailOn, tag: str) -> None:
    (child,) = case(broken("request.content-length"), fail_on)
    assert child.tag == tag
    assert str(child.get("message")).startswith("SHOULD: ")
    assert "repeat" in str(child.text)


@pytest.mark.parametrize(
    ("part", "tag", "message"),
    [
        (ClauseResult("request.method", "not-run", reason="cut short"), "error", "not run: cut short"),
        (ClauseResult("error.code", "not-run", reason="cut short"), "skipped", "not run: cut short"),
        (ClauseResult("request.method", "not-exercised", reason="no"), "error", "not exercised: no"),
        (ClauseResult("error.code", "not-exercised", reason="no"), "skipped", "not exercised: no"),
        (ClauseResult("request.method", "not-supported", reason="no"), "skipped", "not supported: no"),
        (ClauseResult("error.code", "error", reason="Traceback"), "error", "graphcontract failed"),
    ],
)
def test_what_was_not_judged(part: ClauseResult, tag: str, message: str) -> None:
    (child,) = case(part)
    assert (child.tag, child.get("message")) == (tag, message)


def test_odd_characters_give_valid_xml() -> None:
    (failure,) = case(broken("request.method", actual=ODD, text=ODD))
    assert "<&>\"' ]]> é" in str(failure.text)
    assert "�" in str(failure.get("message"))
    (error,) = case(ClauseResult("request.method", "error", reason=ODD))
    assert "\x1b" not in str(error.text)
    (skipped,) = case(ClauseResult("error.code", "not-run", reason=ODD))
    assert "]]>" in str(skipped.get("message"))


def test_another_reader_reads_the_same() -> None:
    """junitparser, as CI systems do, knows nothing of how the report is written."""
    from junitparser import Error, Failure, JUnitXml, Skipped, TestSuite

    root = written_out(
        ClauseResult("request.method", "pass", 3, 0.25),
        broken("request.path", actual=ODD),
        ClauseResult("input.injection", "error", reason="Traceback"),
        ClauseResult("error.encoded", "not-supported", reason="no coding"),
    )
    (suite,) = JUnitXml.fromstring(ElementTree.tostring(root))
    assert isinstance(suite, TestSuite)
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (4, 1, 1, 1)
    outcomes = {each.name: [type(result) for result in each.result] for each in suite}
    assert outcomes == {
        "request.method": [],
        "request.path": [Failure],
        "input.injection": [Error],
        "error.encoded": [Skipped],
    }
