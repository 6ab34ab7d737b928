from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphcontract.clauses import list_kinds
from graphcontract.clients import Implementation
from graphcontract.contract.acceptance import PLACEHOLDER
from graphcontract.contract.jsonfile import ContractError
from graphcontract.judging.known_failures import KnownFailures, Marked, format_updated, load
from graphcontract.judging.verdict import ClauseResult
from tests.reporting import evidence

CLAUSES = {"request.body": "request.body", "error.shape": "error.shape", "error.form": "error.shape"}
ONE, TWO = "request.body-000000000001", "request.body-000000000002"
TODAY = date(2026, 11, 24)


def written(folder: Path, *rows: dict[str, Any]) -> Path:
    file = folder / "known.json"
    file.write_text(json.dumps({"known_failures": rows}, indent=1), encoding="utf-8")
    return file


def row(**changes: Any) -> dict[str, Any]:
    return {"clause": "request.body", "evidence": [ONE], "reason": "waits for 2.0", **changes}


def marked(folder: Path, part: ClauseResult, *rows: dict[str, Any]) -> Marked:
    entries = load(written(folder, *rows), CLAUSES)
    return KnownFailures(entries, Implementation("lib", "1.2"), today=TODAY).mark(part)


def applied(folder: Path, part: ClauseResult, *rows: dict[str, Any]) -> ClauseResult:
    return marked(folder, part, *rows).part


def failing(*ids: str) -> ClauseResult:
    return ClauseResult("request.body", "fail", 3, evidence=evidence(id=ids[0]), also=ids[1:])


def test_exactly_what_is_listed_is_a_known_failure(tmp_path: Path) -> None:
    found = applied(tmp_path, failing(ONE), row())
    assert (found.verdict, found.reason) == ("known-failure", "waits for 2.0")


def test_another_fault_of_a_listed_clause_fails_and_names_itself(tmp_path: Path) -> None:
    found = applied(tmp_path, failing(ONE, TWO), row())
    assert found.verdict == "fail"
    assert found.reason == f"new failure {TWO}: fix it, or add it to the entry at {tmp_path}/known.json:3"


def test_a_fault_that_is_gone_is_fixed_and_its_line_named(tmp_path: Path) -> None:
    found = applied(tmp_path, ClauseResult("request.body", "pass", 3), row())
    assert found.verdict == "fixed"
    assert found.reason == f"no longer seen: remove {ONE} from {tmp_path}/known.json:3"


def test_one_of_two_gone_is_fixed(tmp_path: Path) -> None:
    assert applied(tmp_path, failing(ONE), row(evidence=[ONE, TWO])).verdict == "fixed"


def test_nothing_is_fixed_in_a_run_that_was_cut_short(tmp_path: Path) -> None:
    part = replace(failing(ONE), cut_off="cut short: slow")
    found = applied(tmp_path, part, row(evidence=[ONE, TWO]))
    assert (found.verdict, found.reason) == ("known-failure", "waits for 2.0; cut short: slow")
    assert applied(tmp_path, part, row()).reason == "waits for 2.0"
    other = applied(tmp_path, replace(failing(TWO), cut_off="cut short: slow"), row())
    assert other.verdict == "fail"
    assert "no longer seen" not in str(other.reason)


def test_what_could_not_be_judged_is_neither_known_nor_fixed(tmp_path: Path) -> None:
    for verdict in ("not-exercised", "not-run", "error", "not-supported"):
        part = ClauseResult("request.body", verdict, reason="why")
        assert applied(tmp_path, part, row()) == part


def test_evidence_of_any_clause_can_be_listed(tmp_path: Path) -> None:
    ids = sorted(list_kinds())
    rows = [row(clause=id, evidence=[f"{id}-000000000001"]) for id in ids]
    assert [each.clause for each in load(written(tmp_path, *rows), {id: id for id in ids})] == ids


def test_an_entry_can_name_a_clause_by_an_earlier_id(tmp_path: Path) -> None:
    """Its evidence keeps the earlier id; an updated file has the present one."""
    id = "error.form-000000000001"
    part = ClauseResult("error.shape", "fail", 3, evidence=evidence(id=id))
    for clause in ("error.form", "error.shape"):
        entry = row(clause=clause, evidence=[id])
        assert applied(tmp_path, part, entry).verdict == "known-failure"
        entries = load(written(tmp_path, entry), CLAUSES)
        (kept,) = json.loads(format_updated(entries, {"error.shape": [id]}))["known_failures"]
        assert kept == row(clause="error.shape", evidence=[id])


@pytest.mark.parametrize(
    ("days", "verdict", "expired", "accepted"),
    [
        (["2026-11-24"], "known-failure", False, [ONE]),
        (["2026-11-23"], "fail", True, []),
        (["2026-11-23", "2026-11-24"], "known-failure", False, [ONE]),
        (["2026-11-22", "2026-11-23"], "fail", True, []),
    ],
)
def test_an_entry_accepts_until_its_last_day(
    tmp_path: Path, days: list[str], verdict: str, expired: bool, accepted: list[str]
) -> None:
    names: tuple[dict[str, str], ...] = ({}, {"implementation": "lib"})
    rows = [row(expires=day, **name) for day, name in zip(days, names, strict=False)]
    found = marked(tmp_path, failing(ONE), *rows)
    assert (found.part.verdict, found.expired) == (verdict, expired)
    assert sorted(id for entry in found.accepted for id in entry.evidence) == accepted
    assert (f"the entry expired on {days[0]}" in str(found.part.reason)) == expired


def test_an_expired_entry_beside_a_new_failure_is_the_new_failure_first(tmp_path: Path) -> None:
    found = marked(tmp_path, failing(ONE, TWO), row(expires="2026-11-23"))
    assert (found.part.verdict, found.expired) == ("fail", False)
    assert str(found.part.reason).startswith(f"new failure {TWO}: ")
    assert "the entry expired on 2026-11-23" in str(found.part.reason)


def test_an_expired_entry_that_is_fixed_is_fixed(tmp_path: Path) -> None:
    found = marked(tmp_path, ClauseResult("request.body", "pass", 3), row(expires="2026-11-23"))
    assert (found.part.verdict, found.expired) == ("fixed", False)


@pytest.mark.parametrize(
    "reason",
    [
        " ",
        "\t",
        "\u00a0",
        "...",
        "—",
        PLACEHOLDER,
        f" {PLACEHOLDER.upper()}. ",
        "Why  this is accepted for now",
    ],
)
def test_a_reason_that_says_nothing_is_refused_by_line(tmp_path: Path, reason: str) -> None:
    rows = [row(), row(evidence=[TWO], reason=reason)]
    with pytest.raises(ContractError) as caught:
        load(written(tmp_path, *rows), CLAUSES)
    lines = (tmp_path / "known.json").read_text().splitlines()
    line = max(number for number, text in enumerate(lines, 1) if '"reason"' in text)
    assert f"known.json:{line}: at /known_failures/1/reason: expected a specific reason" in str(caught.value)
    assert "Replace it with why this is accepted" in str(caught.value)
    assert len(load(tmp_path / "known.json", CLAUSES, drafts=True)) == 2


def test_further_reasons_to_write_are_named_by_line(tmp_path: Path) -> None:
    rows = [row(evidence=[id], reason=PLACEHOLDER) for id in (ONE, TWO)]
    with pytest.raises(ContractError, match=r"The same on line \d+\."):
        load(written(tmp_path, *rows), CLAUSES)


@pytest.mark.parametrize(
    ("name", "verdict"), [("lib", "known-failure"), ("lib@1.2", "known-failure"), ("lib@1.3", "fail")]
)
def test_an_entry_may_be_about_one_implementation(tmp_path: Path, name: str, verdict: str) -> None:
    assert applied(tmp_path, failing(ONE), row(implementation=name)).verdict == verdict


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([row(clause="request.bodi")], "Did you mean"),
        ([row(evidence=["error.shape-000000000001"])], "Move it to an entry for its own clause"),
        ([row(evidence=["request.body-1"])], "matches"),
        ([row(evidence=[])], "at least 1"),
        ([row(), row()], "each failure once"),
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
    said = "none.json: expected a known-failures file, found no such file\n.*known-failures update"
    with pytest.raises(ContractError, match=said):
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
    text = format_updated(entries, {"request.body": [TWO], "error.shape": [new]})
    assert json.loads(text)["known_failures"] == [
        {**row(evidence=[TWO]), "issue": "#7", "expires": "2027-01-01"},
        {"clause": "error.shape", "evidence": [new], "reason": PLACEHOLDER},
    ]
    file = tmp_path / "again.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ContractError, match="a specific reason"):
        load(file, CLAUSES)
    file.write_text(text.replace(PLACEHOLDER, "waits for 3.0"), encoding="utf-8")
    assert len(load(file, CLAUSES)) == 2
