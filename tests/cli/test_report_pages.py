"""`report html` and `report compare`: pages from event files, and one error for any other file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from graphcontract.judging.verdict import ClauseResult
from graphcontract.reporting.html_report import Html
from tests.cli.running import Here
from tests.reporting import broken, events_of
from tests.reporting.test_html import write as write_page

EVENTS = events_of(broken("request.method"), ClauseResult("request.path", "pass", 3))
VERDICT = next(each for each in EVENTS if each["event"] == "verdict")


def events(*extra: Any) -> list[Any]:
    return [*EVENTS[:-1], *extra, EVENTS[-1]]


def keep(folder: Path, lines: list[Any], name: str = "report.jsonl") -> str:
    text = "".join(
        (each if isinstance(each, str) else json.dumps(each, separators=(",", ":"))) + "\n" for each in lines
    )
    (folder / name).write_text(text, encoding="utf-8")
    return name


def test_the_page_is_that_of_the_run(here: Here) -> None:
    exchange = {"event": "exchange", "broken": "not read"}
    name = keep(here.folder, events(exchange, {"event": "of a later version"}))
    assert here("report", "html", name).out == write_page(Html, events())
    ended = here("report", "html", name, "-o", "page.html")
    assert (ended.status, ended.out) == (0, "page.html: written\n")
    assert (here.folder / "page.html").read_text(encoding="utf-8") == write_page(Html, events())


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (events()[:-1], "report.jsonl is truncated: it has no footer"),
        ([*events()[:-1], '{"event":"foot'], f"report.jsonl:{len(EVENTS)}: not valid JSON"),
        (
            [*events()[:2], {**events()[2], "exercised": "many"}, *events()[3:]],
            "report.jsonl:3: the verdict event",
        ),
        ([{**events()[0], "format": 2}, *events()[1:]], "report.jsonl has format 2"),
        ([events()[0], *events()[2:]], "report.jsonl has been edited"),
        ([*events()[:-1], {**events()[-1], "exit_status": 2}], "report.jsonl has been edited"),
        (["<html>"], "report.jsonl:1: not valid JSON"),
        ([], "report.jsonl is truncated"),
    ],
    ids=["no footer", "cut", "wrong type", "later format", "no plan", "odd status", "a page", "empty"],
)
def test_a_file_that_is_not_a_whole_report(here: Here, lines: list[Any], expected: str) -> None:
    (here.folder / "page.html").write_text("old", encoding="utf-8")
    ended = here("report", "html", keep(here.folder, lines), "-o", "page.html")
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.startswith(f"error: {expected}")
    assert "Traceback" not in ended.err
    assert (here.folder / "page.html").read_text(encoding="utf-8") == "old"


def test_compare_writes_markdown_or_a_page(here: Here) -> None:
    old, new = keep(here.folder, events(), "old.jsonl"), keep(here.folder, events(), "new.jsonl")
    assert here("report", "compare", old, new).out.startswith(
        "## sharePointMigrationTask: cancel: 2 runs compared"
    )
    assert here("report", "compare", old, new, "-o", "page.html").status == 0
    assert (here.folder / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_one_report_cannot_be_compared(here: Here) -> None:
    ended = here("report", "compare", keep(here.folder, events()))
    assert (ended.status, ended.err.splitlines()[0]) == (2, "error: only one report is given [usage]")
