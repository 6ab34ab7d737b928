from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphcontract.reporting import ReportError
from graphcontract.reporting.report_reader import read_report

HEADER = {"event": "header", "format": 1, "contract": {"id": "c"}}
FOOTER = {"event": "footer", "counts": {}}
ONE, TWO = "request.body-000000000001", "request.body-000000000002"
FAILED: Any = {
    "event": "verdict",
    "clause": "request.body",
    "verdict": "fail",
    "evidence": {"id": ONE},
    "also": [TWO],
}


def written(folder: Path, *events: Any) -> str:
    file = folder / "report.jsonl"
    file.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
    return str(file)


def test_what_failed_is_found_by_clause_and_by_evidence(tmp_path: Path) -> None:
    passed = {"event": "verdict", "clause": "request.method", "verdict": "pass", "evidence": None}
    report = read_report(written(tmp_path, HEADER, passed, FAILED, {"event": "unheard-of"}, FOOTER))
    assert report.failing() == {"request.body": [ONE, TWO]}
    assert report.verdict_of(TWO) == FAILED
    assert report.verdict_of("request.body-000000000003") is None


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ([HEADER, FAILED], "truncated"),
        ([], "truncated"),
        ([FAILED, FOOTER], "expected a header event"),
        ([{**HEADER, "format": 2}, FOOTER], "reads format 1"),
        ([{**HEADER, "contract": "c"}, FOOTER], "does not name a contract"),
        ([HEADER, [], FOOTER], ":2: not a report event"),
        ([HEADER, {"event": "verdict"}, FOOTER], ":2: a member"),
    ],
)
def test_what_is_not_a_whole_report_is_one_error(tmp_path: Path, events: list[Any], said: str) -> None:
    with pytest.raises(ReportError, match=r"report\.jsonl") as caught:
        read_report(written(tmp_path, *events))
    assert said in str(caught.value)


def test_verdicts_are_read_in_the_order_of_the_contract(tmp_path: Path) -> None:
    ids = ("request.method", "request.path", "error.status")
    verdicts = [{**FAILED, "clause": each} for each in ids]
    plan = {"event": "plan", "clauses": [{"clause": each} for each in ids]}
    report = read_report(written(tmp_path, HEADER, plan, *verdicts[::-1], FOOTER))
    assert tuple(report.verdicts) == ids


def test_a_report_that_ends_within_a_line_is_truncated(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER, FAILED, FOOTER)
    Path(path).write_text(Path(path).read_text(encoding="utf-8")[:-10], encoding="utf-8")
    with pytest.raises(ReportError, match="is truncated: it ends within line 3"):
        read_report(path)


def test_a_missing_report_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="cannot be read"):
        read_report(str(tmp_path / "none.jsonl"))


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=80),
            st.sampled_from([json.dumps(HEADER).encode(), json.dumps(FOOTER).encode()]),
        )
    )
)
def test_garbage_is_one_error_or_a_report(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]
) -> None:
    file = tmp_path_factory.mktemp("garbage") / "report.jsonl"
    file.write_bytes(b"\n".join(lines))
    try:
        found: str = read_report(str(file)).header["event"]
    except ReportError as error:
        found = "header" if "report.jsonl" in str(error) else str(error)
    assert found == "header"
