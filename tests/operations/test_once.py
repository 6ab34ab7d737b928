"""What is checked once: which operations it is checked on, and how it ends a run."""

from __future__ import annotations

from graphcontract.clauses import registry
from graphcontract.operations.once import EACH_ONLY, choose_leads
from graphcontract.operations.operation_run import CLAUSES
from graphcontract.operations.run import load_conventions

NAMES = {
    "none": "beta POST /me/a",
    "two": "beta POST /users/{u}/as/{a}/b",
    "one-b": "beta POST /users/{u}/b",
    "one-a": "beta POST /users/{u}/a",
    "delete": "beta DELETE /users/{u}",
}


def test_one_parameter_is_best_and_then_the_first_id() -> None:
    assert choose_leads(NAMES, {}) == ["one-a", "delete"]
    assert choose_leads(dict(reversed(NAMES.items())), {}) == ["one-a", "delete"]


def test_an_operation_that_passed_is_better_than_one_that_failed() -> None:
    verdicts = dict.fromkeys(NAMES, "pass") | {"one-a": "fail", "one-b": "fail", "delete": "fail"}
    assert choose_leads(NAMES, verdicts) == ["none", "delete"]  # type: ignore[arg-type]


def test_an_operation_that_was_not_judged_is_not_chosen() -> None:
    assert choose_leads(NAMES, {"two": "pass", "delete": "not-supported"}) == ["two"]


def test_every_clause_of_a_client_is_checked_in_one_part_at_least() -> None:
    conventions = load_conventions().clauses
    assert set(conventions) <= registry().keys()
    assert set(CLAUSES) > EACH_ONLY
    assert all(id.startswith(("request.", "input.")) for id in EACH_ONLY)
