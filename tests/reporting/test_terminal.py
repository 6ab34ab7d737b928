from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from graphcontract.clients import Implementation
from graphcontract.judging.verdict import ClauseResult
from graphcontract.reporting.events import FailOn
from graphcontract.reporting.terminal import Terminal
from tests.reporting import CLIENT, broken, events_of


def printed(
    *parts: ClauseResult,
    fail_on: FailOn = "must",
    interrupted: bool = False,
    client: Implementation = CLIENT,
    terminal: bool = False,
) -> str:
    stream = io.StringIO()
    console = Console(
        file=stream, width=80, force_terminal=terminal, highlight=False, emoji=False, _environ={}
    )
    shown = Terminal(console)
    for event in events_of(*parts, fail_on=fail_on, interrupted=interrupted, client=client):
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
    assert word in printed(part, fail_on=fail_on).splitlines()[4]


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
def test_the_last_word(parts: list[ClauseResult], interrupted: bool, sentence: str) -> None:
    text = printed(*parts, interrupted=interrupted)
    assert text.rpartition("\n\n")[2].startswith(sentence)


def test_violations_of_a_must_come_first() -> None:
    second = replace(broken("request.method"), also=("request.method-000000000000",))
    text = printed(broken("error.code"), second)
    assert text.index("(MUST)") < text.index("(SHOULD)")
    assert "  also      request.method-000000000000" in text


def test_an_error_shows_its_last_line() -> None:
    text = printed(ClauseResult("request.method", "error", reason="Traceback\n  File x\nKeyError: 'y'\n"))
    assert "KeyError: 'y'" in text
    assert "File x" not in text


def test_what_a_client_says_is_neither_markup_nor_control() -> None:
    odd = "[bold]x[/bold] [/] \x1b[2J :smile:"
    part = broken("request.method", actual=odd, expected=odd)
    text = printed(part, ClauseResult("request.path", "not-run", reason=odd), client=Implementation(odd))
    assert "\x1b" not in text
    assert text.count("[bold]x[/bold] [/] \\x1b[2J :smile:") == 4
