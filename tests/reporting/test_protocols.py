"""Where reports show the version of HTTP that a clause was checked over: it must not be the usual one."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest
from lxml import html
from rich.console import Console

from graphcontract.judging.verdict import ClauseResult
from graphcontract.reporting import Listener
from graphcontract.reporting.console_report import Detail
from graphcontract.reporting.github import Annotations, Markdown
from graphcontract.reporting.html_report import Html
from graphcontract.reporting.junit import JUnit
from graphcontract.reporting.terminal import Terminal
from tests.reporting import broken, events_of

PARTS = (
    replace(broken("request.path"), protocols=("1.1", "2")),
    replace(broken("http2.goaway"), protocols=("2",)),
    ClauseResult("request.method", "pass", 3, protocols=("1.1",)),
    ClauseResult("http2.ping", "pass", 2, protocols=("2",)),
    ClauseResult("http2.response", "not-supported", reason="no ALPN"),
)


class Kept(io.StringIO):
    def close(self) -> None:
        pass


def terminal(stream: io.StringIO, detail: Detail) -> Listener:
    return Terminal(Console(file=stream, width=80, highlight=False, emoji=False, _environ={}), detail)


REPORTS: dict[str, Callable[[Any], Listener]] = {
    "terminal": lambda stream: terminal(stream, Detail.FAULTS),
    "terminal -v": lambda stream: terminal(stream, Detail.EVERYTHING),
    "html": Html,
    "markdown": Markdown,
    "junit": JUnit,
    "github": Annotations,
}


def written(report: str, *parts: ClauseResult, http: str = "auto") -> str:
    stream = Kept()
    listener = REPORTS[report](stream)
    for event in events_of(*parts):
        if event["event"] == "header":
            event |= {"started": "2026-11-23T14:00:00Z", "http": http}
        elif event["event"] == "footer":
            event["duration"] = 1.0
        listener.pytest_graphcontract_event(event)
    return stream.getvalue()


def test_the_terminal_shows_it_beside_the_number_of_calls() -> None:
    rows = {
        "FAIL    MUST    request.path                       3  over HTTP/1.1 and HTTP/2",
        "pass    MUST    request.method                     3",
        "pass    MUST    http2.ping                         2  over HTTP/2",
        "n/a     MUST    http2.response",
    }
    assert rows <= set(written("terminal -v", *PARTS).splitlines())
    assert "3  over HTTP/1.1 and HTTP/2\n" in written("terminal", *PARTS)


def test_a_run_over_http2_shows_what_used_another_version() -> None:
    lines = written("terminal -v", *PARTS, http="2").splitlines()
    assert [line.partition("  over ")[2] for line in lines if "  over " in line] == [
        "HTTP/1.1 and HTTP/2",
        "HTTP/1.1",
    ]


def test_the_page_shows_it_in_the_table_and_with_failures() -> None:
    page: Any = html.fromstring(written("html", *PARTS))
    notes = {
        row.get("id"): [each.text for each in row.xpath(".//div[@class='note']")]
        for row in page.xpath("//tr[@data-item]")
    }
    assert notes == {
        "request.path": ["Checked over HTTP/1.1 and HTTP/2."],
        "http2.goaway": ["Checked over HTTP/2."],
        "request.method": [],
        "http2.ping": ["Checked over HTTP/2."],
        "http2.response": ["no ALPN"],
    }
    texts = [each.text for each in page.xpath("//details[@class='finding']/p")]
    assert "Checked over HTTP/1.1 and HTTP/2." in texts


def test_the_summary_shows_it_beside_the_clause() -> None:
    text = written("markdown", *PARTS)
    assert "| `request.path` over HTTP/1.1 and HTTP/2 | MUST | FAIL | " in text
    assert "| `http2.goaway` over HTTP/2 | MUST | FAIL | " in text


def test_junit_has_properties() -> None:
    root = ElementTree.fromstring(written("junit", *PARTS))
    assert [(each.get("name"), each.get("value")) for each in root.iter("property")] == [
        ("checked over HTTP/1.1 and HTTP/2", "request.path"),
        ("checked over HTTP/2", "http2.goaway, http2.ping"),
    ]


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize(("http", "usual"), [("auto", "1.1"), ("1.1", "1.1"), ("2", "2")])
def test_the_usual_version_and_an_older_report_show_nothing(report: str, http: str, usual: str) -> None:
    """Reports had no versions before: a run with one version has the same texts as such a report."""
    parts = [replace(each, protocols=(usual,) if each.exercised else ()) for each in PARTS]
    older = [replace(each, protocols=()) for each in PARTS]
    assert written(report, *parts, http=http) == written(report, *older, http=http)
