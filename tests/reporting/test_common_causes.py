"""The common cause of several failures is listed once, before them."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from graphcontract.judging.verdict import ClauseResult
from graphcontract.reporting.common_causes import find_common_causes
from graphcontract.reporting.github import Markdown
from graphcontract.reporting.terminal import Terminal
from tests.reporting import broken, events_of, evidence

RAISED = "the client raised JSONDecodeError"
UNREADABLE = "a request that is not valid HTTP/1.1: more than one Content-Length"
IDS = tuple(f"error.failure-{number:012d}" for number in range(3))


def failed(clause: str, **causes: tuple[str, ...]) -> Any:
    listed = [{"cause": cause, "evidence": list(ids)} for cause, ids in causes.items()]
    return {"clause": clause, "verdict": "fail", "causes": listed}


def causes_of(*verdicts: Any) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.cause, each.clauses) for each in find_common_causes(verdicts)]


@pytest.mark.parametrize(
    ("verdicts", "found"),
    [
        ([failed("a", x=("a-1",))], []),
        ([failed("a", x=("a-1", "a-2"))], []),
        ([failed("a", x=("a-1", "a-2", "a-3"))], [("x", ("a",))]),
        ([failed("a", x=("a-1",)), failed("b", x=("b-1",))], [("x", ("a", "b"))]),
        ([failed("a", x=("a-1",)), failed("b", y=("b-1",))], []),
        ([failed("a", **{UNREADABLE: ("a-1",)})], [(UNREADABLE, ("a",))]),
        (
            [
                failed("a", x=("a-1",), y=("a-2",), **{UNREADABLE: ("a-3",)}),
                failed("b", x=("b-1",), y=("b-2",)),
                failed("c", y=("c-1",)),
            ],
            [(UNREADABLE, ("a",)), ("y", ("a", "b", "c")), ("x", ("a", "b"))],
        ),
        ([failed("a", x=("a-1",)), failed("b", x=("b-1",)) | {"verdict": "known-failure"}], []),
        ([{"clause": "a", "verdict": "fail"}], []),
    ],
)
def test_what_several_failures_share_is_a_cause(
    verdicts: list[Any], found: list[tuple[str, tuple[str, ...]]]
) -> None:
    assert causes_of(*verdicts) == found


def parts() -> list[ClauseResult]:
    failing = {"causes": {RAISED: IDS}, "also": IDS}
    unread = ClauseResult(
        "request.once", "fail", 1, evidence=evidence(), causes={UNREADABLE: ("request.once-" + "0" * 12,)}
    )
    return [
        ClauseResult("error.failure", "fail", 3, evidence=evidence(), **failing),  # type: ignore[arg-type]
        broken("request.method"),
        ClauseResult("error.status", "not-exercised", reason="r"),
        unread,
    ]


def test_the_terminal_lists_causes_before_the_verdicts() -> None:
    stream = io.StringIO()
    terminal = Terminal(Console(file=stream, width=80, highlight=False, _environ={}))
    for event in events_of(*parts()):
        terminal.pytest_graphcontract_event(event)
    lines = stream.getvalue().splitlines()
    start = lines.index("Common causes")
    assert lines[start : start + 6] == [
        "Common causes",
        UNREADABLE,
        "    1 failure: request.once. No other clause was exercised by these calls",
        RAISED,
        "    3 failures: error.failure",
        "",
    ]
    assert start < next(at for at, line in enumerate(lines) if line.startswith("FAIL"))


def test_markdown_lists_causes_before_the_verdicts() -> None:
    stream = io.StringIO()
    stream.close = lambda: None  # type: ignore[method-assign]
    markdown = Markdown(stream)
    for event in events_of(*parts()):
        markdown.pytest_graphcontract_event(event)
    text = stream.getvalue()
    assert "Common causes:" in text
    assert f"- {RAISED}: 3 failures: error.failure" in text
    assert text.index("Common causes:") < text.index("| clause |")
    rows = [line.split("`")[1] for line in text.splitlines() if line.startswith("| `")]
    assert rows == ["request.once", "error.failure", "request.method", "error.status"]
