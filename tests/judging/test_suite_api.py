"""The decorators of a suite's tests: input classes, what a test needs, and what its draws depend on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import strategies as st

from graphcontract.clients import Limits
from graphcontract.exchange import Call
from graphcontract.http.stub_response import success
from graphcontract.inputs import Partitions, constants, each
from graphcontract.inputs.calls import guid_calls
from graphcontract.judging.harness import Harness
from graphcontract.judging.hypothesis_runner import draw
from graphcontract.judging.suite_api import Needing, SuiteTest, concurrently, given, proves
from graphcontract.run.suite_tests import suite_tests
from tests.clauses import CONTRACT
from tests.judging import Paper, calls_of, gate_of, tried

STATUSES = constants({"200": 200, "204": 204})
CONTENTS = constants({"none": b"", "some": b"x"})


def partitions(**sources: Partitions[Any]) -> Partitions[dict[str, Any]]:
    return SuiteTest("test_it", lambda: None, ("response.no-content",), sources, {}).partitions(CONTRACT)


def test_a_combination_of_constants_is_tried_once() -> None:
    drawn = [
        value
        for name, strategy in partitions(status=STATUSES, content=CONTENTS).items()
        for value in draw(strategy, seed=0, name=name, examples=9)
    ]
    assert drawn == [
        {"status": status, "content": content} for status in (200, 204) for content in (b"", b"x")
    ]


def test_combinations_are_named_by_what_varies() -> None:
    assert list(partitions(status=STATUSES, content=CONTENTS)) == [
        "200 none",
        "200 some",
        "204 none",
        "204 some",
    ]
    assert list(partitions(status=constants({"204": 204}), content=CONTENTS)) == ["none", "some"]
    assert list(partitions(content=Partitions({"drawn": st.binary()}))) == ["any"]
    assert list(partitions()) == ["any"]


def test_each_value_is_a_class_of_its_own() -> None:
    drawn = [
        value
        for name, strategy in each(409, 404).items()
        for value in draw(strategy, seed=0, name=name, examples=9)
    ]
    assert drawn == [409, 404]
    assert list(each(409, 404)) == ["409", "404"]


def needing_network() -> SuiteTest:
    @proves("request.method", "request.path", needs=("wire", "network"))
    @given(status=each(200, 204))
    def body(harness: Harness, status: int) -> None:
        harness.check(harness.plain_call(), [replace(success(), status=status)])

    return body


@pytest.mark.parametrize(("shows", "calls"), [({"wire"}, 0), ({"network"}, 0), ({"wire", "network"}, 2)])
def test_a_test_makes_no_call_unless_all_that_it_needs_is_shown(shows: set[str], calls: int) -> None:
    harness = gate_of(paper=Paper(frozenset(shows)))
    results = tried(harness, needing_network())
    assert len(calls_of(harness)) == calls
    assert {each.exercised for each in results.values()} == {calls}
    assert {each.verdict for each in results.values()} == {"pass" if calls else "not-exercised"}
    assert {each.reason is None for each in results.values()} == {bool(calls)}


def partly_needing() -> SuiteTest:
    cases = {"any": "a", "attempt": Needing("timeout", "b"), "call": Needing("call-timeout", "c")}

    @proves("request.once")
    @concurrently(value=cases)
    def body(harness: Harness, value: str) -> None:
        harness.check(replace(harness.plain_call(), token=value * 30), [success()])

    return body


@pytest.mark.parametrize(("bounds", "used"), [("none", "a"), ("attempt", "ab"), ("call", "abc")])
def test_a_case_makes_no_call_unless_what_it_needs_is_shown(bounds: str, used: str) -> None:
    harness = gate_of(limits=Limits(timeout=bounds))
    (result,) = tried(harness, partly_needing()).values()
    assert sorted(call.token[0] for call in calls_of(harness)) == list(used)
    assert result.exercised == len(used)


def named(name: str, seed_key: str | None = None) -> SuiteTest:
    @proves("request.once", seed_key=seed_key)
    @given(call=guid_calls)
    def body(harness: Harness, call: Call) -> None:
        harness.check(call, [success()])

    return replace(body, name=name)


def draws_of(test: SuiteTest) -> list[str]:
    harness = gate_of()
    tried(harness, test)
    return [call.task_id for call in calls_of(harness)]


def test_a_renamed_test_keeps_its_draws() -> None:
    assert draws_of(named("new", "old")) == draws_of(named("old"))
    assert draws_of(named("new")) != draws_of(named("old"))


def test_every_test_of_the_suites_states_its_expectation() -> None:
    for test in suite_tests():
        text = test.body.__doc__ or ""
        assert "must" in text or "should" in text, test.name
