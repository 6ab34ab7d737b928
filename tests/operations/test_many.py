"""A run over many operations: each fault is found in the operations that have it, and no quirk is a fault."""

from __future__ import annotations

import re

import pytest

from graphcontract.exchange import Call, Outcome
from graphcontract.operations.operation_run import CLAUSES
from graphcontract.reporting.events import Event
from tests.operations import AnyOperation
from tests.operations.many import load_operations, make_catalogue, run_many


def test_a_conforming_client_passes_in_every_operation() -> None:
    ran = run_many(AnyOperation().cancel, concurrency=4)
    assert ran.status == 0
    assert [each["operation"] for each in ran.operations.values() if each["verdict"] != "pass"] == []
    assert len(ran.operations) == len(load_operations()) == 40
    assert ran.findings == []


class Recording(AnyOperation):
    """Records each call."""

    def __init__(self) -> None:
        super().__init__()
        self.made: dict[str, list[dict[str, str]]] = {}
        self.order: list[str] = []

    def cancel(self, call: Call) -> Outcome:
        self.made.setdefault(call.operation, []).append(dict(call.arguments))
        if call.operation not in self.order:
            self.order.append(call.operation)
        return super().cancel(call)


def test_calls_depend_on_seed_and_operation_only() -> None:
    every, some, other = Recording(), Recording(), Recording()
    run_many(every.cancel, profile="quick")
    run_many(some.cancel, "* POST /users/*", profile="quick", concurrency=4)
    run_many(other.cancel, "* POST /users/*", profile="quick", seed=1)
    assert some.made
    assert some.made == {id: every.made[id] for id in some.made}
    assert other.made.keys() == some.made.keys()
    assert other.made != some.made


def test_order_is_shuffled_and_the_same_in_a_selection() -> None:
    every, some = Recording(), Recording()
    run_many(every.cancel, profile="quick")
    run_many(some.cancel, "* POST /users/*", profile="quick")
    assert every.order != list(load_operations().ids)
    assert some.order == [id for id in every.order if id in some.order]


@pytest.mark.parametrize(("profile", "most"), [("quick", 4), ("gate", 8), ("nightly", 24)])
def test_an_operation_gets_a_handful_of_calls(profile: str, most: int) -> None:
    client = Recording()
    run_many(client.cancel, "* POST /teams/*/softDelete", profile=profile)  # type: ignore[arg-type]
    ((_, calls),) = client.made.items()
    assert len(calls) == most
    assert all(len(set(each.values())) == len(each) for each in calls), "each parameter has its own value"


def test_a_fault_is_isolated_to_one_parameter() -> None:
    class SecondNotEncoded(AnyOperation):
        def value(self, call: Call, name: str, *, is_literal: bool) -> str:
            plain = call.path.endswith("/softDelete") and name == self.names(call)[1]
            return call.arguments[name] if plain else super().value(call, name, is_literal=is_literal)

    ran = run_many(SecondNotEncoded().cancel, "* POST /teams/*")
    found = [each for each in ran.must if each["evidence"]["kind"] != "raw"]
    assert found
    for each in found:
        arguments = each["evidence"]["input"]["arguments"]
        unusual = [name for name, value in arguments.items() if not re.fullmatch("[0-9a-f-]{36}", value)]
        assert unusual == [list(arguments)[1]], each["evidence"]


def test_a_fault_of_state_names_the_operation_before() -> None:
    class Sticky(AnyOperation):
        """The method of an operation is that of the one before, if that was a deletion."""

        last = ""

        def method(self, call: Call) -> str:
            own = super().method(call)
            found = "DELETE" if self.last == "DELETE" else own
            self.last = own
            return found

    ran = run_many(Sticky().cancel)
    (found,) = (each for each in ran.must if each["clause"] == "request.method")
    assert "after" in found
    before = ran.operations[found["after"]]
    assert " DELETE " in before["request"]
    assert found["after"] in found["evidence"]["note"]
    assert len(found["evidence"]["before"]) == 1
    repeat = f"--operations {found['after']} --operations {found['operation']}"
    assert found["evidence"]["repeat"].endswith(repeat)


def test_equal_findings_fold() -> None:
    class NoToken(AnyOperation):
        def authorization(self, call: Call) -> list[tuple[str, str]]:
            return []

    ran = run_many(NoToken().cancel, profile="quick")
    (found,) = ran.must
    assert found["operations"] == 40
    assert len(found["examples"]) == 10
    assert all(each["findings"] == [found["evidence"]["id"]] for each in ran.operations.values())


def test_a_fault_that_ordinary_values_show_is_reported_once() -> None:
    class OtherPath(AnyOperation):
        def path(self, call: Call) -> str:
            return "/teams/x1/archive" if call.path.endswith("/archive") else super().path(call)

    (found,) = run_many(OtherPath().cancel, "* POST /teams/*").must
    assert found["clause"] == "request.path-parameters"


def test_unsupported_operations_are_counted() -> None:
    class Some(AnyOperation):
        def cancel(self, call: Call) -> Outcome:
            if call.method == "DELETE":
                return Outcome.unsupported("no such method")
            return super().cancel(call)

    ran = run_many(Some().cancel, profile="quick")
    assert ran.status == 0
    unsupported = [each for each in ran.operations.values() if each["verdict"] == "not-supported"]
    assert len(unsupported) == 8
    assert all(" DELETE " in each["request"] and each["reason"] == "no such method" for each in unsupported)
    assert all(each["exchanges"] == 1 for each in unsupported)
    assert ran.events[-1]["operations"]["unsupported"] == 8  # type: ignore[typeddict-item, index]


def test_a_client_that_supports_nothing_has_a_status_of_its_own() -> None:
    assert run_many(lambda _: Outcome.unsupported("nothing")).status == 5


def test_a_client_that_sends_nothing_does_not_pass() -> None:
    ran = run_many(lambda _: Outcome.rejected("not today"), "* POST /users/*")
    assert ran.status == 1
    assert {each["verdict"] for each in ran.operations.values()} == {"fail"}
    (found,) = ran.must
    assert found["clause"] == "request.once"
    assert "not today" in found["evidence"]["actual"]


def test_an_operation_without_a_request_is_not_exercised() -> None:
    clauses = ["request.method", "input.unusable-id"]
    ran = run_many(lambda _: Outcome.rejected("not today"), "* POST /users/*", clauses=clauses)
    assert ran.status == 5
    assert {each["verdict"] for each in ran.operations.values()} == {"not-exercised"}
    assert all("not today" in each["reason"] for each in ran.operations.values())


def test_a_client_that_rejects_one_operation_does_not_pass() -> None:
    class NotThat(AnyOperation):
        def refusal(self, call: Call) -> str | None:
            return "not that" if call.path.endswith("/archive") else super().refusal(call)

    ran = run_many(NotThat().cancel, "* POST /teams/*")
    assert ran.status == 1
    assert [each["request"] for each in ran.operations.values() if each["fails_run"]] == [
        "beta POST /teams/{team-id}/archive"
    ]


def test_ctrl_c_leaves_a_truthful_report() -> None:
    seen = []

    def interrupt(event: Event) -> None:
        if event["event"] == "operation":
            seen.append(event["verdict"])
            if len(seen) == 5:
                raise KeyboardInterrupt

    ran = run_many(AnyOperation().cancel, concurrency=4, profile="quick", emit=interrupt)
    assert ran.status == 130
    assert len(ran.operations) == 40
    verdicts = [each["verdict"] for each in ran.operations.values()]
    assert (verdicts.count("pass"), verdicts.count("not-run")) == (5, 35)
    footer = ran.events[-1]
    assert footer["event"] == "footer"
    assert footer["interrupted"]
    assert footer["operations"]["judged"] == 5


def test_the_first_violation_can_end_the_run() -> None:
    class Wrong(AnyOperation):
        def method(self, call: Call) -> str:
            return "PUT"

    ran = run_many(Wrong().cancel, first=True)
    assert ran.status == 1
    assert [each["verdict"] for each in ran.operations.values()].count("fail") == 1


def test_a_client_that_hangs_ends_the_run_early() -> None:
    def hang(call: Call) -> Outcome:
        return Outcome.hang("no outcome in time")

    ran = run_many(hang, "* POST /users/*")
    assert ran.status == 1
    assert all(each["exchanges"] <= 2 for each in ran.operations.values())


@pytest.mark.parametrize(("interval", "status"), [(80, 0), (20, 1)])
def test_a_client_may_stand_still_for_once(interval: int, status: int) -> None:
    """As on a busy machine. What hangs again, or again and again, is a fault."""
    made = 0

    def make_call(call: Call) -> Outcome:
        nonlocal made
        made += 1
        return Outcome.hang("no outcome in time") if made % interval == 0 else AnyOperation().cancel(call)

    ran = run_many(make_call, profile="quick")
    assert (ran.status, made > 2 * interval) == (status, interval < 80)


def test_a_call_in_which_the_machine_stood_still_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Call] = []

    def make_call(call: Call) -> Outcome:
        made.append(call)
        if len(made) == 1:
            return Outcome.failure(kind="timeout", message="timed out")
        return AnyOperation().cancel(call)

    assert run_many(make_call, profile="quick").status == 1
    made.clear()
    monkeypatch.setattr("graphcontract.judging.stalls.find_stalled", lambda *_: 2.0 * (len(made) == 1))
    assert run_many(make_call, profile="quick").status == 0


@pytest.mark.parametrize(("seconds", "complete"), [(0.8, True), (4.0, False)])
def test_a_client_may_take_long_for_the_first_call_of_an_operation(
    seconds: float, complete: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when it loads code for it: 32 seconds in all are more than a run waits for slow calls otherwise."""
    now, seen = [0.0], set[str]()
    monkeypatch.setattr("graphcontract.judging.call_runner.monotonic", lambda: now[0])

    def make_call(call: Call) -> Outcome:
        now[0] += 0.0 if call.operation in seen else seconds
        seen.add(call.operation)
        return AnyOperation().cancel(call)

    ran = run_many(make_call, profile="quick")
    assert (ran.status == 0) is complete
    assert all(each["verdict"] == "pass" for each in ran.operations.values()) is complete


def test_selected_clauses_alone_are_judged() -> None:
    class Wrong(AnyOperation):
        def method(self, call: Call) -> str:
            return "PUT"

    ran = run_many(Wrong().cancel, clauses=["request.body"])
    assert ran.status == 0
    assert "request.method" in CLAUSES


def test_an_operation_that_cannot_have_a_contract_does_not_end_the_run() -> None:
    catalogue = make_catalogue("POST /a/{a-id}/x", "DELETE /b/x{b-id}", "POST /c/{c-id}/x")
    ran = run_many(AnyOperation().cancel, profile="quick", catalogue=catalogue)
    assert ran.status == 0
    verdicts = {each["request"]: each for each in ran.operations.values()}
    (without,) = (each for each in verdicts.values() if each["verdict"] != "pass")
    assert " /b/" in without["request"]
    assert without["verdict"] == "not-supported"
    assert without["reason"].startswith("graphcontract cannot make a contract of it: ")
