"""What changed between two reports, and several runs side by side."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from graphcontract.clients import Implementation
from graphcontract.errors import UserError
from graphcontract.judging.verdict import ClauseResult
from graphcontract.reporting.changes import list_changes
from graphcontract.reporting.comparison import compare_operations, compare_reports
from graphcontract.reporting.comparison_files import write_html, write_markdown
from graphcontract.reporting.operations_reader import OperationsReport, read_operations_report
from graphcontract.reporting.report_reader import Report, read_report
from tests.operations import AnyOperation
from tests.operations.many import run_many
from tests.reporting import broken, events_of, evidence


def report(folder: Path, name: str, *parts: ClauseResult, **members: Any) -> Report:
    path = folder / name
    path.write_text(
        "".join(json.dumps(each) + "\n" for each in events_of(*parts, **members)), encoding="utf-8"
    )
    return read_report(str(path))


@pytest.fixture
def old(tmp_path: Path) -> Report:
    return report(
        tmp_path,
        "old",
        ClauseResult("request.method", "pass", 3),
        broken("request.path"),
        ClauseResult("request.query", "pass", 3),
        ClauseResult("request.once", "not-run", reason="no"),
    )


@pytest.fixture
def new(tmp_path: Path) -> Report:
    return report(
        tmp_path,
        "new",
        broken("request.method"),
        ClauseResult("request.path", "pass", 3),
        ClauseResult("request.query", "not-exercised", reason="no\ncall \x1b of it"),
        ClauseResult("request.once", "pass", 3),
    )


def test_a_line_a_clause_and_what_got_worse_first(old: Report, new: Report) -> None:
    text = evidence()["text"]
    assert [each.describe() for each in list_changes(old, new)] == [
        f"newly failing: request.method (MUST) (1 failure): {text}",
        "stopped running: request.query (MUST): not exercised: no call \\x1b of it",
        f"fixed: request.path (MUST) (1 failure): {text}",
        "started running: request.once (MUST): it passes",
    ]
    assert [each.is_worse for each in list_changes(old, new)] == [True, True, False, False]
    assert list_changes(old, old) == []


def test_a_failure_of_a_clause_that_is_not_tested_any_more_is_not_fixed(tmp_path: Path) -> None:
    before = report(tmp_path, "a", broken("request.path"))
    after = report(tmp_path, "b", ClauseResult("request.path", "not-run", reason="no"))
    assert [each.kind for each in list_changes(before, after)] == ["stopped running"]


def test_clauses_that_only_one_run_was_to_test_are_left_out(old: Report, tmp_path: Path) -> None:
    part = report(tmp_path, "part", broken("request.query"), ClauseResult("request.path-spelling", "pass", 1))
    assert "stopped running" in [each.kind for each in list_changes(old, part)]
    options = {**part.header.get("options", {}), "select": ["request.query", "request.path-spelling"]}
    selected = replace(part, header={**part.header, "options": options})
    assert [(each.kind, each.clause) for each in list_changes(old, selected)] == [
        ("newly failing", "request.query")
    ]


def test_nights_of_one_implementation(old: Report, new: Report) -> None:
    made = compare_reports([old, old, new])
    assert made.kind == "runs"
    assert [each.kind for each in made.changes] == [each.kind for each in list_changes(old, new)]
    rows = {row.name: row for section in made.sections for row in section.rows}
    assert [each.text for each in rows["request.path"].cells] == ["FAIL", "FAIL", "pass"]
    assert [each.text for each in rows["MUST violated"].cells] == ["1", "1", "1"]
    assert not rows["MUST violated"].differs
    text = "".join(write_markdown(made))
    assert "| `request.path` MUST | FAIL | FAIL | pass |" in text
    assert "- newly failing: request.method" in text


def test_implementations(old: Report, tmp_path: Path) -> None:
    other = report(
        tmp_path, "x", ClauseResult("request.once", "pass", 3), client=Implementation("<b>|other", "2")
    )
    made = compare_reports([old, other])
    assert (made.kind, made.changed, made.changes) == ("implementations", None, [])
    assert made.runs == ("a client 1.0", "<b>|other 2")
    page: Any = html.fromstring("".join(write_html(made)))
    rows = {
        row[0].text_content().split()[0]: [" ".join(each.text_content().split()) for each in row[1:]]
        for row in page.xpath("//tbody/tr")
    }
    assert rows["request.once"] == ["not run", "pass"]
    assert rows["request.path"] == ["FAIL", "not in this run"]
    assert "<b>|other 2" in [each.text_content() for each in page.xpath("//thead//th")]
    assert "\\<b\\>\\|other 2" in "".join(write_markdown(made))


def many(folder: Path, name: str, client: AnyOperation) -> OperationsReport:
    path = folder / name
    path.write_text(
        "".join(json.dumps(each) + "\n" for each in run_many(client.cancel, profile="quick").events)
    )
    return read_operations_report(str(path))


def test_runs_over_many_operations(tmp_path: Path) -> None:
    class Putting(AnyOperation):
        def method(self, call: Any) -> str:
            return "PUT" if call.path.endswith("/softDelete") else super().method(call)

    made = compare_operations([many(tmp_path, "a", AnyOperation()), many(tmp_path, "b", Putting())])
    rows = {row.name: [each.text for each in row.cells] for section in made.sections for row in section.rows}
    assert rows["distinct faults that fail the run"] == ["0", "1"]
    assert rows["other distinct faults"] == ["0", "0"]
    assert [cells for name, cells in rows.items() if name.startswith("request.method-")] == [["0", "1"]]
    assert any(before != after for name, (before, after) in rows.items() if name.startswith("/"))
    assert "| `request.method-" in "".join(write_markdown(made))


def test_reports_that_do_not_belong_together(old: Report) -> None:
    other = Report("b.jsonl", {**old.header, "contract": {"id": "other", "sha256": "0" * 64}}, {}, old.footer)
    live = Report("c.jsonl", {**old.header, "kind": "live"}, {}, old.footer)
    for each in (other, live):
        with pytest.raises(UserError, match=rf"{each.path} cannot be compared with .*/old: "):
            compare_reports([old, each])
