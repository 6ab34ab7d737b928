"""How long a run waits for a client that is slow, fails at its own timeouts, or hangs: counted in calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import strategies as st

from graphcontract.exchange import Call, Exchange, Outcome, grace
from graphcontract.http import stub_response
from graphcontract.inputs import Partitions
from graphcontract.inputs.calls import guid_calls
from graphcontract.judging.harness import Harness
from graphcontract.judging.patience import Patience, is_slow
from graphcontract.judging.suite_api import SuiteTest, concurrently, given, proves
from graphcontract.judging.verdict import ClauseResult
from graphcontract.wire import Fault
from tests.clauses import HANG, SUCCESS, call, exchange, failure, request, response
from tests.judging import PROFILE, Behaviour, Send, calls_of, gate_of, good, outcome, tried, written

CLASSES = ("a", "b", "c", "d", "e")
Clock = list[float]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time of calls, which a client moves on."""
    now = [0.0]
    monkeypatch.setattr("graphcontract.judging.call_runner.monotonic", lambda: now[0])
    return now


def taking(clock: Clock, seconds: Callable[[Call], float], behave: Behaviour = good) -> Behaviour:
    def behaviour(call: Call, send: Send) -> Outcome:
        clock[0] += seconds(call)
        return behave(call, send)

    return behaviour


def late(call: Call, send: Send) -> Outcome:
    send(written(call))
    return Outcome.failure(kind="timeout", message="timed out")


def hanging(call: Call, send: Send) -> Outcome:
    send(written(call))
    return Outcome.hang("no outcome in time")


def of_classes() -> SuiteTest:
    """Calls in five classes of input."""

    @proves("request.method")
    @given(call=guid_calls, cls=Partitions({name: st.just(name) for name in CLASSES}))
    def body(harness: Harness, call: Call, cls: str) -> None:
        harness.check(call, [stub_response.success()])

    return body


def run_tests(harness: Harness, count: int) -> tuple[list[ClauseResult], list[int]]:
    """The results of tests one after the other, and how many calls each of them made."""
    results, made = [], []
    for _ in range(count):
        before = len(calls_of(harness))
        results.append(tried(harness, of_classes())["request.method"])
        made.append(len(calls_of(harness)) - before)
    return results, made


def test_client_that_fails_at_its_own_timeouts_is_bounded(clock: Clock) -> None:
    harness = gate_of(taking(clock, lambda call: call.timeout, late))
    results, made = run_tests(harness, 20)
    assert made == [4, *[1] * 3, *[0] * 16]
    assert clock[0] == 21.0
    assert {result.verdict for result in results} == {"not-run"}
    assert results[1].reason == "cut short: the client's calls took too long; 4 input classes were not tried"
    assert results[-1].reason == "cut short: the client's calls took too long; 5 input classes were not tried"


def test_slow_client_that_succeeds_is_bounded(clock: Clock) -> None:
    harness = gate_of(taking(clock, lambda _call: 1.0), profile=replace(PROFILE, examples=10))
    _results, made = run_tests(harness, 40)
    assert made == [10, *[1] * 10, *[0] * 29]


def test_client_that_hangs_is_bounded(clock: Clock) -> None:
    harness = gate_of(taking(clock, lambda call: call.timeout + grace(call.timeout), hanging))
    _results, made = run_tests(harness, 20)
    assert made == [3, 1, 1, *[0] * 17]


def test_violation_of_a_slow_client_is_reported_and_not_shrunk(clock: Clock) -> None:
    def slow_and_wrong(call: Call, send: Send) -> Outcome:
        return outcome(send(written(call, method="post")))

    results, made = run_tests(gate_of(taking(clock, lambda _call: 2.9, slow_and_wrong)), 3)
    assert [result.verdict for result in results] == ["fail"] * 3
    assert made == [4, 1, 1]


def test_last_class_of_a_slow_client_is_cut_too(clock: Clock) -> None:
    @proves("request.method")
    @given(call=guid_calls)
    def one_class(harness: Harness, call: Call) -> None:
        harness.check(call, [stub_response.success()])

    harness = gate_of(taking(clock, lambda _call: 20.0))
    part = tried(harness, one_class)["request.method"]
    assert (part.verdict, part.exercised) == ("not-run", 1)
    assert part.reason == "cut short: the client's calls took too long; not all inputs were tried"


@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.25])
def test_usual_client_is_never_cut(clock: Clock, seconds: float) -> None:
    results, made = run_tests(gate_of(taking(clock, lambda _call: seconds)), 20)
    assert {result.verdict for result in results} == {"pass"}
    assert len(set(made)) == 1


def test_fixed_cases_are_bounded_and_counted_apart(clock: Clock) -> None:
    @proves("request.method")
    @concurrently(number={f"{number}": number for number in range(50)})
    def fixed(harness: Harness, number: int) -> None:
        harness.check(replace(harness.plain_call(), timeout=3.0 + number), [stub_response.success()])

    harness = gate_of(taking(clock, lambda _call: 3.0))
    part = tried(harness, fixed)["request.method"]
    assert (part.verdict, part.exercised) == ("not-run", 7)
    assert part.reason == "cut short: the client's calls took too long; 43 input classes were not tried"
    assert not harness.calls.stats.patience.tried


def lasting(seconds: float, *statuses: int, wait: str | None = None, **members: object) -> Exchange:
    fields = (("Retry-After", wait),) if wait is not None else ()
    answers = tuple(response(status, fields=fields) for status in statuses)
    made = replace(exchange(request(), asked=replace(call(), timeout=3.0)), responses=answers, ended=seconds)
    return replace(made, **members)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("made", "slow"),
    [
        (lasting(0.2, 204), False),
        (lasting(0.4, 204), True),
        (lasting(3.0, outcome=failure(None)), True),
        (lasting(3.0, 500, outcome=failure(500)), True),
        (lasting(1.1, 503, 204, wait="1"), False),
        (lasting(2.2, 503, 429, 204, wait="1"), False),
        (lasting(2.9, 503, 204, wait="1"), True),
        (lasting(2.9, 200, wait="1"), True),
        (lasting(3.0, 429, outcome=failure(429), wait="3600"), True),
        (lasting(2.9, 503, 204), True),
        (lasting(2.9, 503, 204, wait="soon"), True),
        (lasting(1.2, 503, 204), False),
    ],
)
def test_wait_that_a_response_asks_for_is_not_slow(made: Exchange, slow: bool) -> None:
    assert is_slow(made) == slow


@pytest.mark.parametrize(
    ("fault", "slow"), [("stalled", False), ("dripped", False), ("reset", True), ("closed", True)]
)
def test_response_that_never_ends_is_not_slow(fault: Fault, slow: bool) -> None:
    assert is_slow(lasting(3.2, outcome=failure(None), fault=fault)) == slow


def test_hung_calls_count_for_the_end_only() -> None:
    patience = Patience(threads=2)
    for _ in range(8):
        patience.add(lasting(4.5, outcome=HANG))
    assert not patience.ended
    patience.add(lasting(4.5, outcome=HANG))
    assert patience.ended
    assert not patience.tried
    patience.add(lasting(60.0, outcome=SUCCESS))
    assert patience.tried
