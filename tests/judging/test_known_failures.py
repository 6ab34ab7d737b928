from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphcontract.clients import Implementation
from graphcontract.contract.jsonfile import ContractError
from graphcontract.judging.known_failures import KnownFailures, load, updated
from graphcontract.judging.verdict import ClauseResult

CLAUSES = {"request.body": "request.body", "error.shape": "error.shape", "error.form": "error.shape"}
ONE, TWO = "request.body-000000000001", "request.body-000000000002"
TODAY = date(2026, 11, 24)


def written(folder: Path, *rows: dict[str, Any]) -> Path:
    file = folder / "known.json"
    file.write_text(json.dumps({"known_failures": rows}, indent=1), encoding="utf-8")
    return file


def row(**changes: Any) -> dict[str, Any]:
    return {"clause": "request.body", "evidence": [ONE], "reason": "waits for 2.0", **changes}


def applied(folder: Path, part: ClauseResult, *rows: dict[str, Any], strict: bool = False) -> ClauseResult:
    entries = load(written(folder, *rows), CLAUSES)
    known = KnownFailures(entries, Implementation("lib", "1.2"), today=TODAY, strict=strict)
    return known.applied(part)


def failing(*ids: str) -> ClauseResult:
    return ClauseResult("request.body", "fail", 3, evidence={"id": ids[0]}, also=ids[1:])


def test_exactly_what_is_listed_is_a_known_failure(tmp_path: Path) -> None:
    found = applied(tmp_path, failing(ONE), row())
    assert (found.verdict, found.reason) == ("known-failure", "waits for 2.0")


def test_another_fault_of_a_listed_clause_fails_and_names_itself(tmp_path: Path) -> None:
    found = applied(tmp_path, failing(ONE, TWO), row())
    assert found.verdict == "fail"
    assert found.reason == f"not listed: {TWO}; mend it, or add it to the entry at {tmp_path}/known.json:3"


def test_a_fault_that_is_gone_is_fixed_and_its_line_named(tmp_path: Path) -> None:
    found = applied(tmp_path, ClauseResult("request.body", "pass", 3), row())
    assert found.verdict == "fixed"
    assert found.reason == f"no longer seen: take {ONE} out of {tmp_path}/known.json:3"


def test_one_of_two_gone_is_fixed(tmp_path: Path) -> None:
    assert applied(tmp_path, failing(ONE), row(evidence=[ONE, TWO])).verdict == "fixed"


def test_what_could_not_be_judged_is_neither_known_nor_fixed(tmp_path: Path) -> None:
    for verdict in ("not-run", "error", "not-supported"):
        part = ClauseResult("request.body", verdict, reason="why")
        assert applied(tmp_path, part, row()) == part


def test_an_entry_can_name_a_clause_by_an_earlier_id(tmp_path: Path) -> None:
    """Its evidence keeps the earlier id; an updated file has the present one."""
    evidence = "error.form-000000000001"
    part = ClauseResult("error.shape", "fail", 3, evidence={"id": evidence})
    for clause in ("error.form", "error.shape"):
        entry = row(clause=clause, evidence=[evidence])
        assert applied(tmp_path, part, entry).verdict == "known-failure"
        entries = load(written(tmp_path, entry), CLAUSES)
        (kept,) = json.loads(updated(entries, {"error.shape": [evidence]}))["known_failures"]
        assert kept == row(clause="error.shape", evidence=[evidence])


def test_an_expired_entry_is_pointed_out_and_in_nightly_counts_no_more(tmp_path: Path) -> None:
    old = row(expires="2026-11-23")
    found = applied(tmp_path, failing(ONE), old)
    assert found.verdict == "known-failure"
    assert "expired on 2026-11-23" in str(found.reason)
    assert applied(tmp_path, failing(ONE), old, strict=True).verdict == "fail"
    assert "expired" not in str(applied(tmp_path, failing(ONE), row(expires="2026-11-24")).reason)


@pytest.mark.parametrize(
    ("name", "verdict"), [("lib", "known-failure"), ("lib@1.2", "known-failure"), ("lib@1.3", "fail")]
)
def test_an_entry_may_be_about_one_implementation(tmp_path: Path, name: str, verdict: str) -> None:
    assert applied(tmp_path, failing(ONE), row(implementation=name)).verdict == verdict


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([row(clause="request.bodi")], "Did you mean"),
        ([row(evidence=["error.shape-000000000001"])], "Put it under its own clause"),
        ([row(evidence=["request.body-1"])], "matches"),
        ([row(evidence=[])], "at least 1"),
        ([row(), row()], "each fault once"),
        ([row(expires="2026-02-30")], "YYYY-MM-DD"),
        ([row(reasons="x")], "reasons"),
        ([{"clause": "request.body"}], "evidence"),
    ],
)
def test_a_wrong_file_is_one_error_with_its_line(
    tmp_path: Path, rows: list[dict[str, Any]], said: str
) -> None:
    with pytest.raises(ContractError) as caught:
        load(written(tmp_path, *rows), CLAUSES)
    assert said in str(caught.value)
    assert f"{tmp_path}/known.json:" in str(caught.value)


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="known-failures update"):
        load(tmp_path / "none.json", CLAUSES)


@given(st.binary(max_size=200))
def test_garbage_is_one_error(tmp_path_factory: pytest.TempPathFactory, garbage: bytes) -> None:
    file = tmp_path_factory.mktemp("garbage") / "known.json"
    file.write_bytes(garbage)
    with pytest.raises(ContractError):
        load(file, CLAUSES)


def test_updating_keeps_reasons_drops_what_is_gone_and_adds_what_is_new(tmp_path: Path) -> None:
    entries = load(written(tmp_path, row(evidence=[ONE, TWO], issue="#7", expires="2027-01-01")), CLAUSES)
    new = "error.shape-00000000000a"
    text = updated(entries, {"request.body": [TWO], "error.shape": [new]})
    assert json.loads(text)["known_failures"] == [
        {**row(evidence=[TWO]), "issue": "#7", "expires": "2027-01-01"},
        {"clause": "error.shape", "evidence": [new], "reason": "why this is accepted for now"},
    ]
    file = tmp_path / "again.json"
    file.write_text(text, encoding="utf-8")
    assert len(load(file, CLAUSES)) == 2
