"""What a client does while the machine stands still is not judged: its calls are made again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from graphcontract.exchange import Call, Outcome
from graphcontract.http import stub_response
from graphcontract.judging import harness as harness_module
from graphcontract.judging.harness import Harness
from graphcontract.judging.http2_probe import see_http2
from graphcontract.judging.observers import Collector
from graphcontract.judging.patience import Patience
from graphcontract.judging.stalls import StallWatch, repeat_if_stalled
from graphcontract.judging.suite_api import SuiteTest, concurrently, proves
from tests.clauses import HANG, exchange, failure
from tests.judging import Send, calls_of, gate_of, good, plain_test, tried, written

FOUND = "graphcontract.judging.stalls.find_stalled"


class Clock:
    """A time that a test moves on."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def watch(*times: float, now: float, busy: float = 0.0) -> StallWatch:
    """A watch that was made at 100, and ticked at these times until now, in a process that is `busy` for a
    part of the time.
    """
    clock = Clock()
    made = StallWatch(clock, lambda: busy * clock.now)
    for clock.now in times:
        made.tick()
    clock.now = now
    return made


@pytest.mark.parametrize(
    ("between", "stalled"),
    [
        ((100.0, 105.0), 3.0),
        ((101.0, 102.0), 1.0),
        ((100.0, 101.5), 1.4),
        ((102.5, 105.0), 0.6),
        ((99.0, 100.1), 0.0),
        ((103.1, 104.0), 0.0),
    ],
)
def test_a_time_without_a_tick_is_a_stall(between: tuple[float, float], stalled: float) -> None:
    made = watch(100.05, 100.1, 103.1, 103.15, 103.2, now=103.2)
    assert made.find_stalled(*between) == pytest.approx(stalled)


def test_late_ticks_of_a_busy_machine_are_no_stalls() -> None:
    made = watch(100.25, 100.5, 100.78, now=101.0)
    assert made.find_stalled(100.0, 101.0) == 0.0


def test_a_stall_counts_before_the_next_tick() -> None:
    assert watch(100.05, now=102.05).find_stalled(100.0, 103.0) == pytest.approx(2.0)


@pytest.mark.parametrize(("busy", "stalled"), [(0.4, 4.0), (0.6, 0.0), (1.0, 0.0), (2.0, 0.0)])
def test_a_process_that_uses_a_processor_does_not_stand_still(busy: float, stalled: float) -> None:
    made = watch(102.0, now=104.0, busy=busy)
    assert made.find_stalled(100.0, 104.0) == pytest.approx(stalled)


def test_several_stalls_add_up_and_the_latest_hundred_are_kept() -> None:
    made = watch(*(100.0 + each for each in range(1, 203)), now=302.0)
    assert made.find_stalled(299.5, 302.0) == pytest.approx(2.5)
    assert made.find_stalled(100.0, 302.0) == pytest.approx(100.0)


def stalls_until(times: int) -> Callable[[float, float], float]:
    """A machine that stands still for two seconds in each of the first so many times that are asked for."""
    left = [times]

    def find(_started: float, _ended: float) -> float:
        left[0] -= 1
        return 2.0 if left[0] >= 0 else 0.0

    return find


@pytest.mark.parametrize(("stalls", "done"), [(0, 1), (1, 2), (2, 3), (9, 3)])
def test_something_is_done_three_times_at_most(
    stalls: int, done: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FOUND, stalls_until(stalls))
    times: list[int] = []
    repeat_if_stalled(lambda: times.append(1))
    assert len(times) == done


def failing_at_first(times: int) -> Callable[[Call, Send], Outcome]:
    """A good client whose first calls time out."""
    made: list[Call] = []

    def behave(call: Call, send: Send) -> Outcome:
        made.append(call)
        if len(made) > times:
            return good(call, send)
        send(written(call))
        return Outcome.failure(kind="timeout", message="timed out")

    return behave


def fixed_test() -> SuiteTest:
    """One fixed case."""

    @proves("response.no-content")
    @concurrently(word={"one": "one"})
    def body(harness: Harness, word: str) -> None:
        harness.check(harness.plain_call(), [stub_response.success()])

    return body


@pytest.mark.parametrize("test", [plain_test("response.no-content"), fixed_test()], ids=["drawn", "fixed"])
def test_a_call_in_a_stall_is_made_again(test: SuiteTest, monkeypatch: pytest.MonkeyPatch) -> None:
    judged = tried(gate_of(failing_at_first(2)), test)["response.no-content"]
    assert judged.verdict == "fail"
    monkeypatch.setattr(FOUND, stalls_until(2))
    harness = gate_of(failing_at_first(2))
    judged = tried(harness, test)["response.no-content"]
    assert (judged.verdict, judged.reason) == ("pass", None)
    assert judged.exercised <= len(calls_of(harness)) - 2


def test_a_control_call_in_a_stall_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FOUND, stalls_until(1))
    harness, collector = gate_of(), Collector()
    harness.set_observer(collector)
    success = [stub_response.success()]
    harness.run_without_stall(
        lambda: harness.check(harness.plain_call(), success, control=harness.control(success))
    )
    (trial,) = collector.trials
    assert [each.stalled for each in trial.exchanges] == [0.0, 0.0]
    assert len(calls_of(harness)) == 4


def test_a_hang_in_a_stall_does_not_end_an_input_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FOUND, stalls_until(1))
    first: list[Call] = []

    def behave(call: Call, send: Send) -> Outcome:
        first.append(call)
        return Outcome.hang("no outcome in time") if len(first) == 1 else good(call, send)

    harness = gate_of(behave)
    judged = tried(harness, plain_test("response.no-content"))["response.no-content"]
    assert judged.verdict == "pass"
    assert judged.exercised == len(calls_of(harness)) - 1 > 1


def test_a_machine_that_always_stands_still_does_not_hide_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FOUND, stalls_until(10_000))
    monkeypatch.setattr(harness_module, "_MOST_REPEATS", 5)
    harness = gate_of(failing_at_first(10_000))
    judged = tried(harness, plain_test("response.no-content"))["response.no-content"]
    assert judged.verdict == "fail"


def test_a_probe_in_a_stall_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FOUND, stalls_until(2))  # of the call, and of the probe around it
    harness = gate_of()
    see_http2(harness)
    assert len(calls_of(harness)) == 2


def test_seconds_of_a_stall_are_not_the_clients() -> None:
    patience = Patience()
    patience.add(replace(exchange(), ended=4.0, stalled=4.0))
    patience.add(replace(exchange(outcome=HANG), ended=4.0, stalled=3.5))
    patience.add(replace(exchange(outcome=failure()), ended=4.0, stalled=3.0))
    assert (patience.slow, patience.hung) == (1.0, 0.5)


CLIENT = """
import os
import subprocess

from graphcontract.clients import reference

CONCURRENCY = 8
STOP = f"sleep 0.2; kill -STOP {os.getpid()}; sleep 2.5; kill -CONT {os.getpid()}"
stopped = []


def cancel(call):
    if call.timeout < 1 and not stopped:
        stopped.append(subprocess.Popen(["/bin/sh", "-c", STOP]))
    return reference.make_call(call)
"""


def test_a_run_that_is_stopped_and_goes_on_has_the_same_verdicts(tmp_path: Path) -> None:
    (tmp_path / "stopped_client.py").write_text(CLIENT, "utf-8")
    arguments = ["check", "python:stopped_client:cancel", "--in-process", "--profile", "quick", "-v"]
    selected = ["--select", "transport.timeout", "--select", "response.slow", "--select", "retry.bounded"]
    ended = subprocess.run(
        [str(Path(sys.executable).with_name("graphcontract")), *arguments, *selected],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
