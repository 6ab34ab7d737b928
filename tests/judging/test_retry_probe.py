"""Fixed cases make a client wait only where a wait shows more."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from graphcontract.exchange import Call, Outcome
from graphcontract.http.stub_response import plain_error, retry_after, with_fields
from graphcontract.judging.client_set import ClientSet
from graphcontract.judging.harness import Harness
from graphcontract.judging.profile import PROFILES
from graphcontract.judging.retry_probe import RetryHabits
from graphcontract.judging.target import Target
from graphcontract.transports.loopback import Loopback
from tests.sample_clients.bases.conforming import Answer, Conforming
from tests.sample_clients.verdicts import CONTRACT, Direct


class NeverRetries(Conforming):
    retries = 0


class BacksOffAfterZero(Conforming):
    """Zero seconds are no wait to it, and it takes its own."""

    def seconds(self, value: str) -> float:
        return super().seconds(value) or 0.7


class SleepsUntilItsTimeout(Conforming):
    def persist(self, call: Call) -> Answer:
        answer = super().persist(call)
        if (self.wait(call, answer) or 0.0) > call.timeout:
            time.sleep(call.timeout)
            raise TimeoutError("waited for the retry")
        return answer


class RetriesEarly(Conforming):
    def seconds(self, value: str) -> float:
        return 0.1


class RetriesUnavailableAfterZero(Conforming):
    """As OkHttp does."""

    def wait(self, call: Call, answer: Answer) -> float | None:
        return 0.0 if (answer.status, answer.fields.get("retry-after")) == (503, "0") else None


class SlowAtFirst(Conforming):
    """Its first calls take long, as on a busy machine that still loads what they need."""

    slow = 0.7

    def cancel(self, call: Call) -> Outcome:
        outcome = super().cancel(call)
        time.sleep(self.slow)
        self.slow = 0.0
        return outcome


class SlowToGiveUp(Conforming):
    def cancel(self, call: Call) -> Outcome:
        outcome = super().cancel(call)
        time.sleep(0.0 if outcome.kind == "success" else 0.6)
        return outcome


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with Loopback() as transport:
        yield transport


def harness_of(client: Conforming, transport: Loopback) -> Harness:
    return Harness(CONTRACT, ClientSet(Target(Direct(client.cancel), transport)), PROFILES["quick"])


@pytest.mark.parametrize(
    ("client", "habits"),
    [
        (Conforming, RetryHabits(at_once=True, gives_up=True)),
        (NeverRetries, RetryHabits(at_once=False, gives_up=True)),
        (BacksOffAfterZero, RetryHabits(at_once=False, gives_up=True)),
        (SleepsUntilItsTimeout, RetryHabits(at_once=True, gives_up=False)),
        (RetriesEarly, RetryHabits(at_once=True, gives_up=False)),
        (RetriesUnavailableAfterZero, RetryHabits(at_once=False, gives_up=True)),
        (SlowAtFirst, RetryHabits(at_once=True, gives_up=True)),
        (SlowToGiveUp, RetryHabits(at_once=True, gives_up=True)),
    ],
)
def test_habits(client: type[Conforming], habits: RetryHabits, loopback: Loopback) -> None:
    assert harness_of(client(), loopback).habits == habits


def test_habits_are_seen_once_and_count_for_no_test(loopback: Loopback) -> None:
    client = Conforming()
    harness = harness_of(client, loopback)
    assert harness.habits is harness.habits
    assert client.calls == 2
    assert harness.calls.stats.exchanges == 0


def test_a_wait_of_a_second_is_left_out_where_the_client_retries_without_it(loopback: Loopback) -> None:
    second, lower = retry_after(1, plain_error(503)), with_fields(plain_error(429), ("retry-after", "1"))
    longer = retry_after(2, plain_error(503))
    harness = harness_of(Conforming(), loopback)
    assert harness.hasten(second) == retry_after(0, second)
    assert ("retry-after", "0") in harness.hasten(lower).fields
    assert harness.hasten(longer) == longer
    assert harness_of(NeverRetries(), loopback).hasten(second) == second
