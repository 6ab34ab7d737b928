from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import replace

import pytest
from rich.console import Console

from graphcontract.clients import Implementation
from graphcontract.judging.verdict import ClauseResult
from graphcontract.reporting.console_report import Detail
from graphcontract.reporting.events import Event, FailOn, VerdictKind
from graphcontract.reporting.terminal import Terminal
from tests.reporting import CLIENT, broken, events_of


def printed(
    *parts: ClauseResult,
    fail_on: FailOn = "must",
    interrupted: bool = False,
    client: Implementation = CLIENT,
    terminal: bool = False,
    detail: Detail = Detail.FAULTS,
    width: int = 80,
) -> str:
    events = events_of(*parts, fail_on=fail_on, interrupted=interrupted, client=client)
    return printed_events(events, terminal=terminal, detail=detail, width=width)


def printed_events(
    events: Iterable[Event], *, terminal: bool = False, detail: Detail = Detail.FAULTS, width: int = 80
) -> str:
    stream = io.StringIO()
    console = Console(
        file=stream, width=width, force_terminal=terminal, highlight=False, emoji=False, _environ={}
    )
    shown = Terminal(console, detail)
    for event in events:
        shown.pytest_graphcontract_event(event)
    shown.stop()
    return stream.getvalue()


def test_a_pipe_gets_neither_colour_nor_progress() -> None:
    text = printed(ClauseResult("request.method", "pass", 3), broken("request.path"))
    assert "\x1b" not in text
    assert "checking" not in text


def test_a_terminal_gets_both() -> None:
    text = printed(ClauseResult("request.method", "pass", 3), broken("request.path"), terminal=True)
    assert "\x1b[1;31mFAIL" in text
    assert "checking" in text


@pytest.mark.parametrize(
    ("part", "fail_on", "word"),
    [
        (ClauseResult("request.method", "pass", 3), "must", "pass    MUST    request.method"),
        (broken("request.method"), "must", "FAIL    MUST    request.method"),
        (broken("error.code"), "must", "warn    SHOULD  error.code"),
        (broken("error.code"), "should", "FAIL    SHOULD  error.code"),
        (ClauseResult("request.method", "not-run", reason="r"), "must", "not run MUST    request.method"),
        (
            ClauseResult("request.method", "not-exercised", reason="r"),
            "must",
            "skipped MUST    request.method",
        ),
        (ClauseResult("error.code", "not-supported", reason="r"), "must", "n/a     SHOULD  error.code"),
        (ClauseResult("error.code", "error", reason="r"), "must", "ERROR   SHOULD  error.code"),
    ],
)
def test_a_row_a_clause(part: ClauseResult, fail_on: FailOn, word: str) -> None:
    lines = printed(part, fail_on=fail_on, detail=Detail.EVERYTHING).splitlines()
    assert lines[3].split() == ["verdict", "level", "clause", "calls"]
    assert word in lines[6]


@pytest.mark.parametrize(
    ("parts", "interrupted", "sentence"),
    [
        (
            [ClauseResult("request.method", "pass", 3)],
            False,
            "The client conforms to the contract. 1 of 1 MUST exercised",
        ),
        ([broken("request.method")], False, "The client violates the contract."),
        ([broken("error.code")], False, "The client conforms to the contract. 0 of 0 MUST exercised"),
        ([ClauseResult("request.method", "not-supported", reason="r")], False, "Nothing was exercised."),
        ([ClauseResult("request.method", "error", reason="r")], False, "graphcontract failed"),
        ([ClauseResult("request.method", "pass", 3)], True, "Interrupted."),
    ],
)
@pytest.mark.parametrize("detail", Detail)
def test_the_verdict(parts: list[ClauseResult], interrupted: bool, sentence: str, detail: Detail) -> None:
    """It comes first, but after everything, which is long."""
    blocks = printed(*parts, interrupted=interrupted, detail=detail).split("\n\n")
    at = {Detail.VERDICT: 0, Detail.FAULTS: 1, Detail.EVERYTHING: -1}[detail]
    assert blocks[at].startswith(sentence)
    assert (len(blocks) == 1) is (detail is Detail.VERDICT)


def test_a_reason_that_adjacent_clauses_share_is_shown_once_below_them() -> None:
    ids = ("http2.response", "http2.ping", "error.code", "http2.goaway")
    parts = [ClauseResult(each, "not-supported", reason=f"no {each.split('.')[0]}") for each in ids]
    text = printed(*parts, detail=Detail.EVERYTHING)
    shown = [words[-1] for line in text.splitlines() if (words := line.split()[:3]) and "n/a" in words]
    assert shown == ["http2.response", "http2.ping", "http2.goaway", "error.code"]
    assert text.count("Not tested: no http2") == 1
    assert text.index("http2.goaway") < text.index("Not tested: no http2") < text.index("error.code")


@pytest.mark.parametrize("detail", [Detail.FAULTS, Detail.EVERYTHING])
def test_violations_of_a_must_come_first(detail: Detail) -> None:
    second = replace(broken("request.method"), also=("request.method-000000000000",))
    text = printed(broken("error.code"), second, detail=detail)
    must, should = (
        ("(MUST)", "(SHOULD)") if detail is Detail.EVERYTHING else ("FAIL    MUST", "warn    SHOULD")
    )
    assert text.index(must) < text.index(should)
    assert (", and 1 more" if detail is Detail.FAULTS else "  also      request.method-000000000000") in text


def test_clauses_are_in_the_order_of_the_contract_and_not_in_that_of_their_tests() -> None:
    ids = ("request.method", "request.path", "error.status", "retry.after")
    for parts in (
        [broken(each) for each in ids],
        [ClauseResult(each, "not-supported", reason="r") for each in ids],
    ):
        events = events_of(*parts)
        verdicts = [each for each in events if each["event"] == "verdict"]
        text = printed_events(
            [*(each for each in events[:-1] if each not in verdicts), *verdicts[::-1], events[-1]]
        )
        found = [text.index(each) for each in ids]
        assert found == sorted(found)


def test_a_fault_takes_at_most_twelve_lines_and_no_word_is_cut() -> None:
    long = "word " * 300 + "x" * 300
    evidence = broken("request.method", text=long, expected=long, actual=long).evidence
    part = ClauseResult("request.method", "fail", 3, evidence=evidence, reason=long)
    for width in (80, 120):
        (block,) = (each for each in printed(part, width=width).split("\n\n") if each.startswith("FAIL"))
        lines = block.splitlines()
        assert len(lines) <= 12
        assert all(len(line) <= width or " " not in line.strip() for line in lines)
        assert {"word", "…"} >= set(" ".join(lines[1:6]).split())


@pytest.mark.parametrize("length", range(40, 61))
def test_what_is_cut_keeps_to_the_width(length: int) -> None:
    text = f"{'x' * length} word {'y' * length} word {'z' * length} more"
    evidence = broken("request.method", text=text, expected=text, actual=text).evidence
    part = ClauseResult("request.method", "fail", 3, evidence=evidence, reason=text)
    lines = printed(part).splitlines()
    assert any(line.endswith(" …") for line in lines)
    assert all(len(line) <= 80 for line in lines)


def test_what_was_not_tested_is_one_entry_for_each_reason() -> None:
    ids = ("request.method", "request.path", "request.query", "request.body")
    parts = [ClauseResult(id, "not-run", reason="the run ended before") for id in ids]
    text = printed(*parts, ClauseResult("error.code", "not-supported", reason="r"))
    assert text.count("the run ended before") == 1
    assert f"{', '.join(ids)}\n    not run: the run ended before\n" in text
    assert "error.code\n    not supported: r\n" in text


def test_it_says_how_to_see_more() -> None:
    more = printed(broken("request.method")).rpartition("To see more\n")[2]
    assert [line.split("  ")[0] for line in more.splitlines()] == [
        "-v",
        "graphcontract explain CLAUSE",
        "--report html=report.html",
    ]
    assert "explain" not in printed(ClauseResult("request.method", "pass", 3))


def test_where_nothing_was_exercised_it_names_the_doctor() -> None:
    idle = printed(ClauseResult("request.method", "not-exercised", reason="no request"))
    assert "Nothing was exercised." in idle
    assert "\ngraphcontract doctor CLIENT  a few plain calls, and what does not work\n" in idle
    assert "doctor" not in printed(ClauseResult("request.method", "pass", 3))


@pytest.mark.parametrize(("others", "is_named"), [("not-exercised", True), ("not-run", False)])
def test_where_hardly_anything_was_exercised_it_names_the_doctor(others: VerdictKind, is_named: bool) -> None:
    ids = ("request.method", "request.path", "request.query")
    text = printed(broken("request.once"), *(ClauseResult(id, others, reason="r") for id in ids))
    assert "The client violates the contract." in text
    assert ("graphcontract doctor CLIENT" in text) is is_named


@pytest.mark.parametrize("detail", [Detail.FAULTS, Detail.EVERYTHING])
def test_an_error_shows_its_last_line(detail: Detail) -> None:
    part = ClauseResult("request.method", "error", reason="Traceback\n  File x\nKeyError: 'y'\n")
    text = printed(part, detail=detail)
    assert "KeyError: 'y'" in text
    assert "File x" not in text


@pytest.mark.parametrize("detail", [Detail.FAULTS, Detail.EVERYTHING])
def test_what_a_client_says_is_neither_markup_nor_control(detail: Detail) -> None:
    odd = "[bold]x[/bold] [/] \x1b[2J :smile:"
    part = broken("request.method", actual=odd, expected=odd)
    text = printed(
        part, ClauseResult("request.path", "not-run", reason=odd), client=Implementation(odd), detail=detail
    )
    assert "\x1b" not in text
    assert text.count("[bold]x[/bold] [/] \\x1b[2J :smile:") == 4
