from __future__ import annotations

import pytest

from graphcontract.tenant.clock import Clock
from graphcontract.tenant.throttle import Bucket
from tests.tenant import NOON, TASKS, Asking, code


def test_a_bucket_empties_and_fills() -> None:
    clock = Clock(NOON)
    bucket = Bucket(clock, size=2, rate=0.1)
    assert [bucket.take() for _ in range(3)] == [None, None, 10]
    clock.advance(4)
    assert bucket.take() == 6
    clock.advance(6)
    assert [bucket.take(), bucket.take()] == [None, 10]
    clock.advance(1e6)
    assert [bucket.take() for _ in range(3)] == [None, None, 10]


@pytest.mark.parametrize(("size", "rate"), [(0, 1.0), (1, 0.0)])
def test_a_bucket_that_never_holds_anything_is_refused(size: int, rate: float) -> None:
    with pytest.raises(ValueError, match="bucket"):
        Bucket(Clock(NOON), size=size, rate=rate)


def test_requests_are_throttled_and_say_until_when() -> None:
    asking = Asking(size=2, rate=0.5)
    id = asking.task("a")
    assert [asking("GET", TASKS).status_code for _ in range(2)] == [200, 200]
    throttled = asking.cancel(id)
    assert (throttled.status_code, code(throttled)) == (429, "activityLimitReached")
    assert throttled.headers["Retry-After"] == "2"
    asking.clock.advance(2)
    assert asking.cancel(id).status_code == 204


def test_a_request_without_a_good_token_costs_nothing() -> None:
    asking = Asking(size=1, rate=0.5)
    assert [asking("GET", TASKS, None).status_code for _ in range(3)] == [401, 401, 401]
    assert asking("GET", TASKS).status_code == 200
