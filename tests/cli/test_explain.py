"""`explain`: a clause by its id, by an earlier one, or by the evidence id of a failure."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from graphcontract.clauses import list_kinds
from graphcontract.contract.clause_text import explain_clause
from graphcontract.contract.loader import list_shipped, load
from tests.clauses import CONTRACT
from tests.cli.running import Here
from tests.reporting import broken, events_of


def report(tmp_path: Path) -> str:
    path = tmp_path / "report.jsonl"
    lines = [json.dumps(event) for event in events_of(broken("request.method"))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def test_a_clause_is_explained_with_all_that_its_contract_says(here: Here) -> None:
    clause = CONTRACT.clauses["retry.throttled"]
    shown = " ".join(here("explain", "retry.throttled").out.split())
    for text in (clause.statement, clause.fix, *(each.text for each in clause.kinds.values())):
        assert " ".join(text.split()) in shown
    assert shown.endswith("graphcontract check CLIENT --select retry.throttled")


@pytest.mark.parametrize("id", list_shipped())
def test_no_line_is_wider_than_the_terminal(id: str) -> None:
    for clause in load(id, list_kinds()).clauses.values():
        for line in explain_clause(clause, 80):
            for each in line.splitlines():
                is_one_word = len(each.split()) == 1
                assert len(each) <= 80 or is_one_word or each.strip() in clause.sample


@pytest.mark.parametrize("name", ["request.task-id", "request.task-id-000000000000"])
def test_an_earlier_id_and_an_evidence_id_lead_to_the_clause(here: Here, name: str) -> None:
    assert here("explain", name).out.startswith("request.path-parameters (MUST")


def test_a_failure_comes_before_the_explanation(here: Here, tmp_path: Path) -> None:
    file = report(tmp_path)
    (verdict,) = (
        each for each in map(json.loads, Path(file).read_text().splitlines()) if each["event"] == "verdict"
    )
    evidence = verdict["evidence"]
    shown = here("explain", evidence["id"], "--report", file).out
    assert shown.startswith(f"{evidence['id']} (MUST)")
    assert evidence["actual"] in shown
    assert "\nrequest.method (MUST, " in shown


def test_what_cannot_be_explained(here: Here, tmp_path: Path) -> None:
    ended = here("explain", "error.malfromed")
    assert (ended.status, ended.out) == (2, "")
    assert 'Did you mean "error.malformed"?' in ended.err
    assert 'Did you mean "request.method"?' in here("explain", "REQUEST.METHOD").err
    ended = here("explain", "request.path-000000000000", "--report", report(tmp_path))
    assert ended.status == 2
    assert "has no evidence with the id request.path-000000000000" in ended.err
