"""Operations whose success status no source states: calls get 204, an empty 200 or, for an action, an empty
202. A client must accept one of them, and gets a note if it accepts only one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from graphcontract.clients.reference import make_call
from graphcontract.exchange import Call, Outcome
from graphcontract.operations.call_plan import BUDGETS, plan_calls
from graphcontract.operations.values import open_pool
from tests.operations import AnyOperation
from tests.operations.many import Ran, load_operations, load_unstated, run_many
from tests.sample_clients.bases.conforming import Answer

STATUSES = (204, 200, 202)
OF_DELETIONS = (204, 200)
TEAMS = "* POST /teams/*"


class Accepting(AnyOperation):
    """Reports success for some 2xx only, and something else for the others."""

    accepted: frozenset[int] = frozenset(STATUSES)
    otherwise = Outcome.failure(kind="http", status=500)

    def __init__(self) -> None:
        super().__init__()
        self.met: dict[str, list[int]] = {}

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if answer.status >= 300:
            return super().outcome(call, answer)
        self.met.setdefault(call.operation, []).append(answer.status)
        return super().outcome(call, answer) if answer.status in self.accepted else self.otherwise


def accepting(*statuses: int, otherwise: Outcome | None = None) -> Accepting:
    made = Accepting()
    made.accepted = frozenset(statuses)
    made.otherwise = otherwise or made.otherwise
    return made


def run(client: AnyOperation, *patterns: str) -> Ran:
    return run_many(client.cancel, *patterns, catalogue=load_unstated(), profile="quick")


def notes(ran: Ran) -> set[str | None]:
    return {each.get("note") for each in ran.operations.values()}


def test_a_client_that_accepts_all_passes_without_further_calls() -> None:
    client = accepting(*STATUSES)
    ran = run(client)
    assert (ran.status, ran.findings, notes(ran)) == (0, [], {None})
    methods = {id: load_unstated().contract(id).request.method for id in client.met}
    for id, met in client.met.items():  # as many of them as the operation has calls
        statuses = OF_DELETIONS if methods[id] == "DELETE" else STATUSES
        assert set(met) <= set(statuses)
        assert len(set(met)) == min(len(met), len(statuses))
    assert set(methods.values()) == {"POST", "DELETE"}
    most = BUDGETS["quick"].telling + BUDGETS["quick"].errors + 1
    assert all(each["exchanges"] <= most for each in ran.operations.values())


def test_the_reference_client_passes() -> None:
    ran = run_many(make_call, catalogue=load_unstated())
    assert (ran.status, ran.findings, notes(ran)) == (0, [], {None})
    assert all(each["verdict"] == "pass" for each in ran.operations.values())


@pytest.mark.parametrize(
    ("otherwise", "reports"),
    [
        (Outcome.failure(kind="http"), "reports failure"),
        (Outcome.rejected("no"), "reports rejected input"),
        (Outcome.crash("JSONDecodeError: Expecting value"), "crashes"),
    ],
)
@pytest.mark.parametrize("accepted", OF_DELETIONS)
def test_a_client_that_accepts_one_of_them_gets_a_note(
    accepted: int, otherwise: Outcome, reports: str
) -> None:
    client = accepting(accepted, otherwise=otherwise)
    ran = run(client)
    expected = {
        "No source states the status of success. The client reports success for "
        f"{accepted}, and {reports} for {other} without content"
        for other in STATUSES
        if other != accepted
    }
    assert (ran.status, ran.findings, notes(ran)) == (0, [], expected)
    assert {each["verdict"] for each in ran.operations.values()} == {"pass"}


@pytest.mark.parametrize("kind", ["failure", "crash", "rejected"])
def test_a_client_that_accepts_none_violates_a_must(kind: str) -> None:
    outcomes = {
        "failure": Outcome.failure(kind="http"),
        "crash": Outcome.crash("KeyError"),
        "rejected": Outcome.rejected("no"),
    }
    ran = run(accepting(otherwise=outcomes[kind]))
    assert (ran.status, notes(ran)) == (1, {None})
    (found,) = (each for each in ran.must if each["clause"] == "response.no-content")
    assert found["operations"] == len(ran.operations) == 40
    assert found["evidence"]["kind"] == kind
    expected = {f"success for status {each}" for each in ("204 or 200", "204, 200 or 202")}
    assert found["evidence"]["expected"] in expected


def test_only_actions_succeed_with_202() -> None:
    ran = run(accepting(202))
    failed = {id for id, each in ran.operations.items() if each["verdict"] == "fail"}
    catalogue = load_unstated()
    assert failed == {id for id in ran.operations if catalogue.contract(id).request.method == "DELETE"}
    assert 0 < len(failed) < len(ran.operations)


def test_a_client_that_never_returns_violates_a_must() -> None:
    ran = run(accepting(otherwise=Outcome.hang("it did not return")), "* POST /teams/*/archive")
    assert {(each["clause"], each["evidence"]["kind"]) for each in ran.must} == {
        ("response.no-content", "hang")
    }


def test_a_failure_that_depends_on_the_values_is_a_violation() -> None:
    class NotUnusual(AnyOperation):
        """Fails on the response to a call with an unusual value, whatever its status."""

        def outcome(self, call: Call, answer: Answer) -> Outcome:
            unusual = any("%" in self.encode(each) for each in call.arguments.values())
            return Outcome.crash("ValueError") if unusual else super().outcome(call, answer)

    ran = run(NotUnusual(), TEAMS)
    assert notes(ran) == {None}
    assert {(each["clause"], each["evidence"]["kind"]) for each in ran.must} == {
        ("response.no-content", "crash")
    }


def test_a_failure_by_chance_is_a_violation() -> None:
    class FailsOnce(AnyOperation):
        """Fails on the first response of its life."""

        def outcome(self, call: Call, answer: Answer) -> Outcome:
            return Outcome.crash("ValueError") if self.calls == 1 else super().outcome(call, answer)

    ran = run(FailsOnce(), TEAMS)
    assert notes(ran) == {None}
    (found,) = ran.must
    assert found["clause"] == "response.no-content"


def test_success_without_a_status_is_success() -> None:
    class NoStatus(AnyOperation):
        def outcome(self, call: Call, answer: Answer) -> Outcome:
            made = super().outcome(call, answer)
            return replace(made, status=None) if made.kind == "success" else made

    ran = run(NoStatus())
    assert (ran.status, ran.must, notes(ran)) == (0, [], {None})


def test_success_whatever_the_status_is_found() -> None:
    class Anything(AnyOperation):
        def outcome(self, call: Call, answer: Answer) -> Outcome:
            return Outcome.success()

    ran = run(Anything())
    assert {each["clause"] for each in ran.must} == {"error.failure"}


def test_other_faults_of_a_client_that_accepts_one_are_found() -> None:
    class Other(Accepting):
        accepted = frozenset({204})

        def method(self, call: Call) -> str:
            return "PUT" if call.path.endswith("/archive") else super().method(call)

    ran = run(Other(), TEAMS)
    assert None not in notes(ran)
    (found,) = ran.must
    assert (found["clause"], found["operations"]) == ("request.method", 1)


def test_a_status_that_a_source_states_is_the_only_one() -> None:
    client = accepting(200)
    ran = run_many(client.cancel, TEAMS, profile="quick")
    assert {each["clause"] for each in ran.must} == {"response.no-content"}
    assert {status for met in client.met.values() for status in met} == {204}


def _plan(id: str, seed: int = 0) -> list[int | None]:
    contract = load_unstated().contract(id)
    return [each.response.status for each in plan_calls(contract, seed, "gate", open_pool(seed))]


def test_statuses_depend_on_seed_and_operation_only() -> None:
    ids = load_unstated().ids
    plans = {id: _plan(id) for id in ids}
    assert plans == {id: _plan(id) for id in reversed(ids)}
    assert {each[0] for each in plans.values()} == set(STATUSES)
    assert all(len(set(each) & set(STATUSES)) >= 2 for each in plans.values())
    assert {id: _plan(id, 1)[0] for id in ids} != {id: each[0] for id, each in plans.items()}


def test_values_do_not_depend_on_what_is_known_of_the_status() -> None:
    def values(id: str, stated: bool) -> list[Mapping[str, str]]:
        catalogue = load_operations() if stated else load_unstated()
        planned = plan_calls(catalogue.contract(id), 0, "gate", open_pool(0))
        return [each.call.arguments for each in planned]

    assert all(values(id, True) == values(id, False) for id in load_operations().ids)
