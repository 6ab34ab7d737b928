from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from graphcontract.live.safety.rate_limit import MOST_WAIT, RUN_OF_SILENCE, CutOff, Pacer, RateClock, Stopped

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Time:
    """Seconds that pass when someone waits."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def now(self) -> float:
        return sum(self.waits)

    def wall(self) -> float:
        return NOON.timestamp() + self.now()


def paced(budget: int = 100, rate: float = 2.0) -> tuple[Pacer, Time]:
    time = Time()
    return Pacer(budget, rate, RateClock(time.now, time.wall, time.waits.append)), time


def test_the_rate_is_kept() -> None:
    pacer, time = paced()
    for _ in range(5):
        pacer.wait_for_turn()
    assert time.waits == [0.5] * 4


def test_the_budget_ends_it() -> None:
    pacer, _ = paced(budget=3)
    for _ in range(3):
        pacer.wait_for_turn()
    for _ in range(2):
        with pytest.raises(Stopped, match="budget of 3"):
            pacer.wait_for_turn()
    assert pacer.sent == 3


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("7", 7),
        ("0", 0.5),
        (" 7 ", 7),
        (format_datetime(NOON.replace(second=40), usegmt=True), 40),
        (format_datetime(NOON.replace(hour=11), usegmt=True), 0.5),
        (None, 5),
        ("soon", 5),
        ("-1", 5),
        ("1.5", 5),
        ("9" * 4000, 5),
        ("٣", 5),
    ],
)
def test_retry_after_is_obeyed(value: str | None, wait: float) -> None:
    pacer, time = paced()
    pacer.wait_for_turn()
    pacer.record_response(429, value)
    assert pacer.is_ready() is (wait <= 0.5)
    pacer.wait_for_turn()
    assert time.now() == pytest.approx(wait)


@pytest.mark.parametrize("value", [str(int(MOST_WAIT) + 1), "999999999", "Fri, 31 Dec 2999 23:59:59 GMT"])
def test_a_wait_that_is_too_long_ends_it(value: str) -> None:
    pacer, time = paced()
    pacer.wait_for_turn()
    pacer.record_response(503, value)
    with pytest.raises(CutOff, match="more than 300 s"):
        pacer.wait_for_turn()
    assert not time.waits


def test_the_first_run_of_5xx_ends_it() -> None:
    pacer, _ = paced()
    for status in (500, 502, 404, 500, 500):
        pacer.wait_for_turn()
        pacer.record_response(status, None)
    pacer.wait_for_turn()
    pacer.record_response(502, None)
    with pytest.raises(Stopped, match="3 requests in a row with 5xx"):
        pacer.wait_for_turn()


@pytest.mark.parametrize("statuses", [(503,) * 3, (503, 504, 503), (429, 0, 429) * 3, (0,) * RUN_OF_SILENCE])
def test_a_tenant_that_gives_out_differs_from_one_that_fails(statuses: tuple[int, ...]) -> None:
    pacer, _ = paced()
    for status in statuses:
        pacer.wait_for_turn()
        pacer.record_response(status, "1" if status == 429 else None)
    with pytest.raises(CutOff):
        pacer.wait_for_turn()


def test_a_tenant_that_speaks_now_and_then_has_not_given_out() -> None:
    pacer, _ = paced()
    for status in (*(429,) * (RUN_OF_SILENCE - 1), 404, *(0,) * (RUN_OF_SILENCE - 1), 200):
        pacer.wait_for_turn()
        pacer.record_response(status, "1" if status == 429 else None)
    pacer.wait_for_turn()
