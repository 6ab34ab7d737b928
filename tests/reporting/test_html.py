"""The HTML page: one file without network, in which hostile text is text and every link leads somewhere."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterable
from typing import Any

import pytest
from lxml import html

from graphcontract.judging.verdict import ClauseResult
from graphcontract.reporting.events import Event
from graphcontract.reporting.html_report import Html, OperationsHtml
from graphcontract.reporting.summary_report import SummaryReport
from tests.operations import AnyOperation
from tests.operations.many import run_many
from tests.reporting import broken, events_of, evidence, listed

HOSTILE = (
    "</script><script>alert(1)</script>\x00\x1b[2J\u202e\ud800\r\n<img src=x onerror=alert(1)> \"'& "
    + "x" * 300
)


class Kept(io.StringIO):
    def close(self) -> None:
        pass


def write(report: type[SummaryReport[Any]], events: Iterable[Event]) -> str:
    stream = Kept()
    listener = report(stream)  # type: ignore[call-arg]
    for event in events:
        listener.pytest_graphcontract_event(event)
    return stream.getvalue()


def page_of(*parts: ClauseResult, **members: Any) -> html.HtmlElement:
    return html.fromstring(write(Html, events_of(*parts, **members)))


def text_of(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def wrong() -> Any:
    """Evidence that is hostile wherever a client or a service can put something."""
    exchange = evidence()["exchange"]
    request = {**exchange["requests"][0], "raw": {"text": HOSTILE, "size": 9, "sha256": "0" * 64}}
    outcome = {"kind": "crash", "reason": HOSTILE}
    hostile = {**exchange, "requests": [request], "outcome": outcome}
    arguments = {"input": {**evidence()["input"], "arguments": {"id": HOSTILE}}}
    return evidence(
        id="request.body-000000000000",
        expected=HOSTILE,
        actual=HOSTILE,
        note=HOSTILE,
        curl=HOSTILE,
        exchange=hostile,
        before=[hostile],
        **arguments,
    )


PARTS = (
    ClauseResult("request.body", "fail", 3, evidence=wrong(), reason=HOSTILE.replace("\ud800", "")),
    broken("request.method"),
    ClauseResult("request.path", "pass", 7),
    ClauseResult("request.query", "not-exercised", 0, reason="no call of it"),
)


class Putting(AnyOperation):
    """Sends PUT for one operation."""

    def method(self, call: Any) -> str:
        return "PUT" if call.path.endswith("/softDelete") else super().method(call)


@pytest.fixture(scope="module")
def page() -> html.HtmlElement:
    return page_of(*PARTS)


@pytest.fixture(scope="module")
def many() -> html.HtmlElement:
    return html.fromstring(write(OperationsHtml, run_many(Putting().cancel, profile="quick").events))


def test_hostile_text_is_text(page: html.HtmlElement) -> None:
    assert [each.get("src") for each in page.iter("img", "script", "iframe") if each.get("src")] == []
    assert not [name for each in page.iter() for name in each.attrib if name.startswith("on")]
    assert len(list(page.iter("script"))) == 1
    shown = text_of(page)
    assert (
        r"</script><script>alert(1)</script>\x00\x1b[2J\u202e\ud800\x0d\x0a<img src=x onerror=alert(1)>"
        in shown
    )
    assert not set(shown) & set("\x00\x1b\u202e")


@pytest.mark.parametrize("which", ["page", "many"])
def test_nothing_is_loaded_and_nothing_else_is_run(which: str, request: pytest.FixtureRequest) -> None:
    page: html.HtmlElement = request.getfixturevalue(which)
    (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy.startswith("default-src 'none';")
    for tag in ("style", "script"):
        (element,) = page.iter(tag)
        digest = base64.b64encode(hashlib.sha256(element.text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert not page.xpath("//@style")
    assert {each.partition(",")[0] for each in page.xpath("//link/@href")} == {"data:"}


@pytest.mark.parametrize("which", ["page", "many"])
def test_every_link_leads_somewhere(which: str, request: pytest.FixtureRequest) -> None:
    page: html.HtmlElement = request.getfixturevalue(which)
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    for target in page.xpath("//a/@href"):
        assert target.startswith("https://") or target.removeprefix("#") in ids, target


def test_it_says_the_verdict_then_what_to_fix_first(page: html.HtmlElement) -> None:
    assert text_of(page.xpath("//h1")[0]) == "The client violates the contract."
    first = [text_of(each) for each in page.xpath("//ol[@class='first']/li")]
    assert first[0].startswith("FAIL MUST request.body")
    assert [text_of(each) for each in page.xpath("//h2")] == [
        "What to fix first",
        "Failures",
        "Clauses",
        "Time",
    ]


def test_a_failure_shows_what_one_needs_to_fix_it(page: html.HtmlElement) -> None:
    made = evidence()
    block = page.xpath(f"//details[@id='{made['id']}']")[0]
    shown = text_of(block)
    for part in (made["expected"], made["actual"], made["source"], made["repeat"], made["curl"]):
        assert " ".join(part.split()) in shown
    assert made["fix"].replace("`", "") in shown
    lines = [(each.get("class"), text_of(each)) for each in block.xpath(".//ol[@class='wire']/li")]
    assert lines[0][0] == "to"
    assert lines[0][1].startswith("post /")
    assert ("from", "HTTP/1.1 204 No Content") in lines
    assert lines[-1][0] == "outcome"


def test_every_planned_clause_is_in_the_table(page: html.HtmlElement) -> None:
    rows = {
        text_of(each.xpath("td[3]/code")[0]): each.get("data-tone") for each in page.xpath("//tr[@data-item]")
    }
    assert rows == {
        "request.body": "fail",
        "request.method": "fail",
        "request.path": "pass",
        "request.query": "none",
    }


def test_accepted_failures_are_listed_with_their_reasons() -> None:
    page = page_of(broken("request.method"), known=listed("request.method"))
    (row,) = page.xpath("//h2[@id='known']/..//tbody/tr")
    assert [text_of(each) for each in row] == [
        "request.method",
        "MUST",
        "request.method waits | for <2.0>",
        "#7",
        "no expiry",
    ]
    assert text_of(page.xpath("//h1")[0]) == "Only known failures."


def test_an_interrupted_run_is_shown_as_one() -> None:
    page = page_of(
        ClauseResult("request.path", "pass", 7), planned=("request.path", "request.body"), interrupted=True
    )
    assert text_of(page.xpath("//h1")[0]) == "Interrupted."


def test_the_page_of_many_operations(many: html.HtmlElement) -> None:
    headings = [text_of(each) for each in many.xpath("//h2")]
    assert headings == ["Distinct faults", "Coverage", "Service areas"]
    (fault,) = many.xpath("//details[@class='finding']")
    assert "Seen in 1 operation: " in text_of(fault)
    coverage = {text_of(row[0]): text_of(row[2]) for row in many.xpath("//table[@class='bars']/tbody/tr")}
    assert coverage["violating"] == "1"
    assert int(coverage["conforming"]) > 1
