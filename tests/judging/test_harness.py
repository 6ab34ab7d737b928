from __future__ import annotations

import threading
from dataclasses import replace
from functools import partial

import pytest

from graphcontract.clients import Limits
from graphcontract.exchange import Call, Exchange, Outcome, Trial
from graphcontract.http import stub_response
from graphcontract.inputs.tokens import CANARY
from graphcontract.judging.harness import Harness, SkipPartition
from graphcontract.judging.target import Target
from tests.clauses import CONTRACT
from tests.judging import Paper, Scripted, Send, calls_of, gate_of, good, written

SUCCESS = [stub_response.success()]


class Court:
    def __init__(self) -> None:
        self.trials: list[Trial] = []

    def hear(self, trial: Trial) -> None:
        self.trials.append(trial)


def paper_of(gate: Harness) -> Paper:
    assert isinstance(gate.transport, Paper)
    return gate.transport


def test_both_witnesses_are_recorded() -> None:
    gate = gate_of()
    heard: list[Exchange] = []
    gate.tally.hear = heard.append
    exchange = gate.perform(gate.plain_call(), [stub_response.plain_error(409)])
    assert exchange.call.base_url == "http://127.0.0.1:1/beta"
    assert [request.method for request in exchange.requests] == ["POST"]
    assert [response.status for response in exchange.responses] == [409]
    assert exchange.outcome.reported_status == 409
    assert exchange.ended >= exchange.started
    assert heard == [exchange]
    assert gate.tally.exchanges == 1


def test_the_contract_s_success_is_settled() -> None:
    (response,) = gate_of().perform(gate_of().plain_call(), SUCCESS).responses
    assert response.status == CONTRACT.success.status


def test_the_action_s_own_root() -> None:
    gate = gate_of()
    exchange = gate.perform(gate.plain_call(), SUCCESS, own_root=True)
    assert exchange.call.base_url is None
    assert exchange.root == "https://graph.microsoft.com/beta"


@pytest.mark.parametrize(
    ("outcome", "finished"),
    [
        (Outcome.success(), (False, True)),
        (Outcome.failure(), (False, False)),
        (Outcome.crash("x"), (False, False)),
        (Outcome.crash("x", died=True), (True, False)),
        (Outcome.hang("x"), (True, False)),
    ],
)
def test_a_stage_is_told_how_its_call_ended(outcome: Outcome, finished: tuple[bool, bool]) -> None:
    gate = gate_of(lambda _call, _send: outcome)
    gate.perform(gate.plain_call(), SUCCESS)
    assert paper_of(gate).stages[-1].finished == finished


def test_an_interrupted_call_leaves_no_stage_open() -> None:
    def interrupted(call: Call, send: Send) -> Outcome:
        raise KeyboardInterrupt

    gate = gate_of(interrupted)
    with pytest.raises(KeyboardInterrupt):
        gate.perform(gate.plain_call(), SUCCESS)
    assert paper_of(gate).stages[-1].finished == (True, False)


class TestScopes:
    def test_each_court_has_its_own(self) -> None:
        gate, court = gate_of(), Court()
        for _ in range(2):
            gate.convene(court)
            gate.judge(gate.plain_call(), SUCCESS)
            gate.judge(gate.plain_call(), SUCCESS)
        gate.convene(None)
        first, again, second, _ = paper_of(gate).scopes
        assert first is again
        assert first is not second
        assert paper_of(gate).left == [(first, False)]

    def test_an_owner_keeps_it_but_for_odd_roots(self) -> None:
        gate, court = gate_of(), Court()
        for owner in ("a", "a", "b"):
            gate.convene(court, owner=owner)
            gate.judge(gate.plain_call(), SUCCESS)
        first, again, second = paper_of(gate).scopes
        assert first is again
        assert first is not second
        assert paper_of(gate).left == [(first, True), (first, False)]

    def test_calls_at_the_same_time_are_in_that_of_their_test(self) -> None:
        gate = gate_of()
        gate.convene(Court())
        gate.side_by_side([partial(gate.perform, gate.plain_call(), SUCCESS)] * 3)
        gate.perform(gate.plain_call(), SUCCESS)
        assert len(set(paper_of(gate).scopes)) == 1

    def test_where_a_root_cannot_change_the_client_does(self) -> None:
        gate = gate_of()
        gate.perform(gate.plain_call(), SUCCESS)
        assert isinstance(gate.client, Scripted)
        assert gate.client.renewed == 0
        paper_of(gate).soiled = True
        gate.perform(gate.plain_call(), SUCCESS)
        assert gate.client.renewed == 1


class TestControl:
    def test_is_made_once_for_the_same_answers(self) -> None:
        gate = gate_of()
        first = gate.control(SUCCESS)
        assert gate.control([stub_response.success()]) is first
        assert gate.control(SUCCESS, "opaque") is not first
        assert gate.control([stub_response.plain_error(409)]) is not first
        assert gate.tally.exchanges == 3

    def test_is_made_anew_for_another_test(self) -> None:
        gate = gate_of()
        first = gate.control(SUCCESS)
        gate.convene(None)
        assert gate.control(SUCCESS) is not first

    def test_is_an_ordinary_call(self) -> None:
        gate = gate_of()
        assert gate.plain_call().token.startswith(CANARY)
        assert len(gate.plain_call().task_id) == 36
        assert gate.plain_call("opaque").task_id == "x1"


class TestJudge:
    def test_brings_its_exchange_to_court_after_others(self) -> None:
        gate, court = gate_of(), Court()
        gate.convene(court)
        gate.judge(gate.plain_call("opaque"), SUCCESS, control=gate.control(SUCCESS))
        (trial,) = court.trials
        assert [len(step.call.task_id) for step in trial.exchanges] == [36, 2]
        assert trial.exchange.call.task_id == "x1"

    def test_what_an_adapter_cannot_express_is_not_heard(self) -> None:
        gate, court = gate_of(lambda *_: Outcome.unsupported("no")), Court()
        gate.convene(court)
        gate.judge(gate.plain_call(), SUCCESS)
        assert court.trials == []

    @pytest.mark.parametrize("outcome", [Outcome.hang("x"), Outcome.crash("x", died=True)])
    def test_a_costly_call_is_heard_and_then_ends_its_class(self, outcome: Outcome) -> None:
        gate, court = gate_of(lambda *_: outcome), Court()
        gate.convene(court)
        with pytest.raises(SkipPartition):
            gate.judge(gate.plain_call(), SUCCESS)
        assert len(court.trials) == 1
        assert (gate.tally.costly, gate.tired) == (1, False)

    def test_after_three_costly_calls_the_gate_is_tired(self) -> None:
        gate = gate_of(lambda *_: Outcome.hang("x"))
        for _ in range(3):
            gate.perform(gate.plain_call(), SUCCESS)
        assert gate.tired


class TestClientObjects:
    @staticmethod
    def numbers(limits: Limits) -> list[int]:
        gate = gate_of(limits=limits)
        for token, own_root in [("a", False), ("b", False), ("a", True), ("a", False), ("b", True)]:
            gate.perform(Call("op", {"id": "x"}, token), SUCCESS, own_root=own_root)
        return [call.client for call in calls_of(gate)]

    def test_one_a_root(self) -> None:
        assert self.numbers(Limits()) == [1, 1, 2, 1, 2]

    def test_one_a_token_where_the_client_ties_it_to_that(self) -> None:
        assert self.numbers(Limits(token="client")) == [1, 2, 3, 1, 4]


class TestShows:
    def test_what_client_and_transport_show(self) -> None:
        own = {"id", "status", "code", "message", "request-id"}
        assert gate_of().shows == {"wire", *own, "credentials", "timeout"}
        assert "wire" not in gate_of(paper=Paper(frozenset())).shows
        assert "timeout" not in gate_of(limits=Limits(timeout="none")).shows

    @pytest.mark.parametrize(
        ("limits", "shown"),
        [
            (Limits(https=True), False),
            (Limits(hosts=("graph.microsoft.com",)), False),
            (Limits(hosts=("127.0.0.1:1", "graph.microsoft.com")), True),
        ],
    )
    def test_credentials_where_the_client_is_willing_to_send_them(self, limits: Limits, shown: bool) -> None:
        assert ("credentials" in gate_of(limits=limits).shows) is shown


def test_success_has_content_where_the_contract_promises_some() -> None:
    contract = replace(CONTRACT, success=replace(CONTRACT.success, status=200, content="required"))
    gate = gate_of(contract=contract)
    (response,) = gate.perform(gate.plain_call(), SUCCESS).responses
    assert (response.status, response.content) == (200, b"{}")


class TestSideBySide:
    def test_results_come_in_order(self) -> None:
        words = ["a", "b", "c", "d"]
        assert gate_of().side_by_side([word.upper for word in words]) == ["A", "B", "C", "D"]

    def test_copies_are_started_for_a_client_that_holds_one_call(self) -> None:
        gate, paper = gate_of(), Paper()
        copies: list[Scripted] = []

        def another() -> Target:
            copies.append(Scripted(good, paper.send))
            return Target(copies[-1], gate.transport)

        gate.another = another
        gate.side_by_side([lambda: None] * 6)
        assert len(copies) == 3
        gate.side_by_side([lambda: None] * 6)
        gate.close()
        assert [copy.closed for copy in copies] == [True] * 3

    @pytest.mark.parametrize(("holds", "started"), [(1, 3), (3, 1)])
    def test_what_waits_is_made_by_copies_the_fewer_the_more_they_hold(
        self, holds: int, started: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Scripted, "concurrency", holds)
        gate, paper, meeting = gate_of(), Paper(), threading.Barrier(3, timeout=10)
        copies: list[Scripted] = []

        def another() -> Target:
            copies.append(Scripted(good, paper.send))
            return Target(copies[-1], gate.transport)

        gate.another = another
        crew = gate.crew()
        for future in [crew.submit(meeting.wait) for _ in range(3)]:
            future.result()
        assert len(copies) == started
        gate.close()
        assert all(copy.closed for copy in copies)


def test_a_written_request_is_the_call_s() -> None:
    """The fakes here are themselves conforming."""
    assert written(gate_of().plain_call()).malformed is None
