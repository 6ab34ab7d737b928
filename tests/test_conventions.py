"""The texts of the conventions are true of any operation, and the shipped contract adds facts alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from graphcontract.contract.loader import load
from graphcontract.contract.model import Clause, Contract
from tests.contract.test_loader import CANCEL, KNOWN, write
from tests.contract.test_merging import FACTS

# Words of the shipped contract's operation; 204 also stands in texts about HTTP itself.
OURS = re.compile(r"(?i)cancel\w*|\btasks?\b|sharepoint|migrat\w*|\bbeta\b|\bPOST\b|notStarted")
# This clause is about a call that its caller ends.
OF_A_CALL = {"calls.cancelled": re.compile(r"(?i)cancel\w*")}
PRECONDITION = {"statement": "The message is in the inbox.", "statuses": ["inbox"]}


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    return load(write(tmp_path_factory.mktemp("other"), FACTS), KNOWN)


def texts(clause: Clause) -> Iterator[str]:
    yield from (clause.statement, clause.sample, clause.fix, clause.why)
    yield from (kind.text for kind in clause.kinds.values())
    yield from map(str, clause.sources)


def test_no_text_is_about_the_shipped_operation(other: Contract) -> None:
    found = [
        (id, text)
        for id, clause in other.clauses.items()
        for text in texts(clause)
        if OURS.search(OF_A_CALL[id].sub("", text) if id in OF_A_CALL else text)
    ]
    assert found == []


def test_texts_name_the_operation_of_the_contract(other: Contract) -> None:
    clauses = other.clauses
    assert "PATCH" in clauses["request.method"].statement
    assert "/v1.0/me/messages/{messageId}/archive" in clauses["request.path"].statement
    assert "/archive" in clauses["request.path-spelling"].sample
    assert "messageId" in clauses["request.path-parameters"].sample
    assert "202" in clauses["response.no-content"].statement
    assert "HTTP/1.1 202 Accepted" in clauses["response.no-content"].sample
    assert "PATCH /v1.0/me/messages/{messageId}/archive" in clauses["request.body"].sample


def test_no_placeholder_and_no_doubled_brace_is_left() -> None:
    for clause in load(CANCEL, KNOWN).clauses.values():
        for text in texts(clause):
            assert not re.search(r"\{\{|\{(?!sharePointMigrationTaskId\})[a-z-]+\}", text), (clause.id, text)


def test_clauses_that_mention_a_task_need_a_lifecycle(other: Contract, tmp_path: Path) -> None:
    contract = load(write(tmp_path, {**FACTS, "precondition": PRECONDITION}), KNOWN)
    assert contract.clauses.keys() == KNOWN.keys()
    assert set(contract.clauses.keys() - other.clauses.keys()) == {
        "service.cancel",
        "service.effect",
        "service.list",
        "service.precondition",
        "service.repeat",
        "service.authentication",
        "service.permission",
        "service.method",
        "service.unknown-task",
        "service.refusal-status",
    }


def test_the_shipped_contract_has_no_sentence_of_its_own() -> None:
    text = files("graphcontract.contracts").joinpath(f"{CANCEL}.json").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 100
    for members in json.loads(text)["clauses"].values():
        assert not members.keys() & {"statement", "kinds", "sample", "fix", "why"}
