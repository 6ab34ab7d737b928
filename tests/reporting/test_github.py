"""What GitHub Actions is shown: annotations, and a summary that Markdown cannot break and that fits."""

from __future__ import annotations

import io
from typing import Any

from graphcontract.reporting.github import Annotations, Markdown
from tests.reporting import evidence

HEADER: Any = {
    "event": "header",
    "kind": "check",
    "contract": {"id": "c", "title": "thing: cancel"},
    "implementation": {"name": "lib*", "version": "1"},
}
FOOTER: Any = {
    "event": "footer",
    "counts": {},
    "must": {"judged": 2, "planned": 2},
    "exchanges": 9,
    "duration": 1.25,
    "exit_status": 1,
}


class Kept(io.StringIO):
    def close(self) -> None:
        pass


def verdict(level: str = "MUST", *, fails: bool = True, **changes: Any) -> Any:
    shown = {
        "event": "verdict",
        "clause": "request.body",
        "level": level,
        "verdict": "fail",
        "fails_run": fails,
    }
    return {**shown, "evidence": evidence(**changes)}


def render(listener: type[Annotations] | type[Markdown], *verdicts: Any) -> str:
    stream = Kept()
    heard = listener(stream)
    for event in (HEADER, {"event": "plan", "clauses": []}, *verdicts, FOOTER):
        heard.pytest_graphcontract_event(event)
    return stream.getvalue()


def test_what_fails_the_run_is_an_error_and_the_rest_a_warning() -> None:
    lines = render(
        Annotations, verdict(text="100%\nno"), verdict("SHOULD", fails=False, text="well")
    ).splitlines()
    assert lines == [
        "::error title=request.body (MUST)::100%25\\x0ano",
        "::warning title=request.body (SHOULD)::well",
    ]


def test_a_pass_is_not_annotated() -> None:
    passed = {**verdict(fails=False), "verdict": "pass", "evidence": None}
    assert render(Annotations, passed) == ""


def test_the_summary_says_the_verdict_what_fell_short_and_the_evidence() -> None:
    text = render(Markdown, verdict(text="a | b <i>"))
    assert text.startswith("## lib\\* 1 against thing: cancel\n\n**The client violates the contract.** ")
    assert "| `request.body` | MUST | FAIL | a \\| b \\<i\\> |" in text
    assert "<details><summary><code>request.method-04fd417d7b00</code>" in text


def test_evidence_cannot_leave_its_fence() -> None:
    text = render(Markdown, verdict(actual="```` </details> # loud"))
    fence = next(line for line in text.splitlines() if line.endswith("text") and line.startswith("`"))
    assert fence == "`````text"
    assert text.count("`````") == 2


def test_the_summary_fits() -> None:
    many = [{**verdict(actual="x" * 60_000), "clause": f"request.c{number}"} for number in range(40)]
    text = render(Markdown, *many)
    assert len(text.encode()) < 1024 * 1024
    assert text.endswith("The rest did not fit into the summary. The jsonl report has all of it.\n")
    assert "| `request.c39` |" in text
