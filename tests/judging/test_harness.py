from __future__ import annotations

import threading
from dataclasses import replace
from functools import partial
from time import monotonic

import pytest

from graphcontract.clients import Limits
from graphcontract.exchange import Call, Exchange, Outcome, Trial
from graphcontract.http import stub_response
from graphcontract.inputs.tokens import CANARY
from graphcontract.judging.harness import Harness, SkipPartition
from graphcontract.judging.target import Target
from tests.clauses import CONTRACT, PARAMETER
from tests.judging import Paper, Scripted, Send, calls_of, gate_of, good, written

SUCCESS = [stub_response.success()]


class Court:
    def __init__(self) -> None:
        self.trials: list[Trial] = []

    def observe(self, trial: Trial) -> None:
        self.trials.append(trial)


def paper_of(harness: Harness) -> Paper:
    assert isinstance(harness.transport, Paper)
    return harness.transport


def test_both_witnesses_are_recorded() -> None:
    harness = gate_of()
    heard: list[Exchange] = []
    harness.calls.stats.on_exchange = heard.append
    exchange = harness.perform(harness.plain_call(), [stub_response.plain_error(409)])
    assert exchange.call.base_url == "http://127.0.0.1:1/beta"
    assert [request.method for request in exchange.requests] == ["POST"]
    assert [response.status for response in exchange.responses] == [409]
    assert exchange.outcome.reported_status == 409
    assert exchange.ended >= exchange.started
    assert heard == [exchange]
    assert harness.calls.stats.exchanges == 1


def test_the_contract_s_success_is_settled() -> None:
    (response,) = gate_of().perform(gate_of().plain_call(), SUCCESS).responses
    assert response.status == CONTRACT.success.status


def test_the_action_s_own_root() -> None:
    harness = gate_of()
    exchange = harness.perform(harness.plain_call(), SUCCESS, own_root=True)
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
def test_a_transport_receives_how_its_call_ended(outcome: Outcome, finished: tuple[bool, bool]) -> None:
    harness = gate_of(lambda _call, _send: outcome)
    harness.perform(harness.plain_call(), SUCCESS)
    assert paper_of(harness).stages[-1].finished == finished


def test_a_call_begins_when_the_client_gets_it() -> None:
    """A client may have to be started first, which takes seconds for some."""
    sent = monotonic() + 60
    harness = gate_of(lambda _call, _send: replace(Outcome.success(), sent=sent))
    assert harness.perform(harness.plain_call(), SUCCESS).started == sent


def test_an_interrupted_call_leaves_no_stage_open() -> None:
    def interrupted(call: Call, send: Send) -> Outcome:
        raise KeyboardInterrupt

    harness = gate_of(interrupted)
    with pytest.raises(KeyboardInterrupt):
        harness.perform(harness.plain_call(), SUCCESS)
    assert paper_of(harness).stages[-1].finished == (True, False)


class TestScopes:
    def test_each_court_has_its_own(self) -> None:
        harness, observer = gate_of(), Court()
        for _ in range(2):
            harness.set_observer(observer)
            harness.check(harness.plain_call(), SUCCESS)
            harness.check(harness.plain_call(), SUCCESS)
        harness.set_observer(None)
        first, again, second, _ = paper_of(harness).scopes
        assert first is again
        assert first is not second
        assert paper_of(harness).left == [(first, False)]

    def test_an_owner_keeps_it_but_for_odd_roots(self) -> None:
        harness, observer = gate_of(), Court()
        for owner in ("a", "a", "b"):
            harness.set_observer(observer, owner=owner)
            harness.check(harness.plain_call(), SUCCESS)
        first, again, second = paper_of(harness).scopes
        assert first is again
        assert first is not second
        assert paper_of(harness).left == [(first, True), (first, False)]

    def test_calls_at_the_same_time_are_in_that_of_their_test(self) -> None:
        harness = gate_of()
        harness.set_observer(Court())
        harness.concurrently([partial(harness.perform, harness.plain_call(), SUCCESS)] * 3)
        harness.perform(harness.plain_call(), SUCCESS)
        assert len(set(paper_of(harness).scopes)) == 1

    def test_where_a_root_cannot_change_the_client_does(self) -> None:
        harness = gate_of()
        harness.perform(harness.plain_call(), SUCCESS)
        assert isinstance(harness.client, Scripted)
        assert harness.client.renewed == 0
        paper_of(harness).soiled = True
        harness.perform(harness.plain_call(), SUCCESS)
        assert harness.client.renewed == 1


class TestControl:
    def test_is_made_once_for_the_same_answers(self) -> None:
        harness = gate_of()
        first = harness.control(SUCCESS)
        assert harness.control([stub_response.success()]) is first
        assert harness.control(SUCCESS, "opaque") is not first
        assert harness.control([stub_response.plain_error(409)]) is not first
        assert harness.calls.stats.exchanges == 3

    def test_is_made_anew_for_another_test(self) -> None:
        harness = gate_of()
        first = harness.control(SUCCESS)
        harness.set_observer(None)
        assert harness.control(SUCCESS) is not first

    def test_is_an_ordinary_call(self) -> None:
        harness = gate_of()
        assert harness.plain_call().token.startswith(CANARY)
        assert len(harness.plain_call().task_id) == 36
        assert harness.plain_call("opaque").task_id == "x1"


class TestJudge:
    def test_brings_its_exchange_to_court_after_others(self) -> None:
        harness, observer = gate_of(), Court()
        harness.set_observer(observer)
        harness.check(harness.plain_call("opaque"), SUCCESS, control=harness.control(SUCCESS))
        (trial,) = observer.trials
        assert [len(step.call.task_id) for step in trial.exchanges] == [36, 2]
        assert trial.exchange.call.task_id == "x1"

    def test_what_an_adapter_cannot_express_is_not_heard(self) -> None:
        harness, observer = gate_of(lambda *_: Outcome.unsupported("no")), Court()
        harness.set_observer(observer)
        harness.check(harness.plain_call(), SUCCESS)
        assert observer.trials == []

    @pytest.mark.parametrize("outcome", [Outcome.hang("x"), Outcome.crash("x", died=True)])
    def test_a_costly_call_is_heard_and_then_ends_its_class(self, outcome: Outcome) -> None:
        harness, observer = gate_of(lambda *_: outcome), Court()
        harness.set_observer(observer)
        with pytest.raises(SkipPartition):
            harness.check(harness.plain_call(), SUCCESS)
        assert len(observer.trials) == 1
        assert (harness.calls.stats.expensive, harness.calls.stats.exhausted) == (1, False)

    def test_after_three_costly_calls_the_gate_is_tired(self) -> None:
        harness = gate_of(lambda *_: Outcome.hang("x"))
        for _ in range(3):
            harness.perform(harness.plain_call(), SUCCESS)
        assert harness.calls.stats.exhausted


class TestClientObjects:
    @staticmethod
    def numbers(limits: Limits) -> list[int]:
        harness = gate_of(limits=limits)
        for token, own_root in [("a", False), ("b", False), ("a", True), ("a", False), ("b", True)]:
            harness.perform(Call("op", {PARAMETER: "x"}, token), SUCCESS, own_root=own_root)
        return [call.client for call in calls_of(harness)]

    def test_one_a_root(self) -> None:
        assert self.numbers(Limits()) == [1, 1, 2, 1, 2]

    def test_one_a_token_where_the_client_ties_it_to_that(self) -> None:
        assert self.numbers(Limits(token="client")) == [1, 2, 3, 1, 4]


class TestShows:
    def test_what_client_and_transport_show(self) -> None:
        own = {"id", "status", "code", "message", "request-id"}
        assert gate_of().clients.shows == {"wire", *own, "credentials", "timeout", "call-timeout"}
        assert "wire" not in gate_of(paper=Paper(frozenset())).clients.shows
        assert "timeout" not in gate_of(limits=Limits(timeout="none")).clients.shows

    @pytest.mark.parametrize(
        ("limits", "shown"),
        [
            (Limits(https=True), False),
            (Limits(hosts=("graph.microsoft.com",)), False),
            (Limits(hosts=("127.0.0.1:1", "graph.microsoft.com")), True),
        ],
    )
    def test_credentials_where_the_client_is_willing_to_send_them(self, limits: Limits, shown: bool) -> None:
        assert ("credentials" in gate_of(limits=limits).clients.shows) is shown


def test_success_has_content_where_the_contract_promises_some() -> None:
    contract = replace(CONTRACT, success=replace(CONTRACT.success, status=200, content="required"))
    harness = gate_of(contract=contract)
    (response,) = harness.perform(harness.plain_call(), SUCCESS).responses
    assert (response.status, response.content) == (200, b"{}")


class TestSideBySide:
    def test_results_come_in_order(self) -> None:
        words = ["a", "b", "c", "d"]
        assert gate_of().concurrently([word.upper for word in words]) == ["A", "B", "C", "D"]

    def test_copies_are_started_for_a_client_that_holds_one_call(self) -> None:
        harness, paper = gate_of(), Paper()
        copies: list[Scripted] = []

        def another() -> Target:
            copies.append(Scripted(good, paper.send))
            return Target(copies[-1], harness.transport)

        harness.clients.another = another
        harness.concurrently([lambda: None] * 6)
        assert len(copies) == 3
        harness.concurrently([lambda: None] * 6)
        harness.clients.close()
        assert [copy.closed for copy in copies] == [True] * 3

    @pytest.mark.parametrize(("holds", "started"), [(1, 3), (3, 2)])
    def test_what_waits_is_made_by_copies_the_fewer_the_more_they_hold(
        self, holds: int, started: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Scripted, "concurrency", holds)
        harness, paper, meeting = gate_of(), Paper(), threading.Barrier(3, timeout=10)
        copies: list[Scripted] = []

        def another() -> Target:
            copies.append(Scripted(good, paper.send))
            return Target(copies[-1], harness.transport)

        harness.clients.another = another
        crew = harness.clients.background_pool()
        for future in [crew.submit(meeting.wait) for _ in range(3)]:
            future.result()
        assert len(copies) == started
        harness.clients.close()
        assert all(copy.closed for copy in copies)


def test_a_written_request_is_the_call_s() -> None:
    """The fakes here are themselves conforming."""
    assert written(gate_of().plain_call()).malformed is None
