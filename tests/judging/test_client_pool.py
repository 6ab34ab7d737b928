from __future__ import annotations

import threading

import pytest

from graphcontract.judging.client_pool import ClientPool, Slot


class Sat(threading.local):
    at: str | None = None


def pool_of(*names: str, sat: Sat | None = None) -> ClientPool[str]:
    seat = sat or Sat()

    def bind(name: str | None) -> None:
        seat.at = name

    return ClientPool([Slot(lambda name=name: name) for name in names], bind)  # type: ignore[misc]


def test_each_works_at_a_place_of_its_own() -> None:
    sat, meeting = Sat(), threading.Barrier(3, timeout=10)
    pool = pool_of("a", "b", "c", sat=sat)

    def job() -> str | None:
        meeting.wait()
        return sat.at

    futures = [pool.submit(job) for _ in range(6)]
    assert sorted(str(future.result()) for future in futures) == ["a", "a", "b", "b", "c", "c"]
    pool.stop()


def test_what_a_job_raises_is_its_own() -> None:
    pool = pool_of("a")

    def wrong() -> None:
        raise KeyError("a")

    with pytest.raises(KeyError):
        pool.submit(wrong).result()
    assert pool.submit(lambda: 1).result() == 1
    pool.stop()


def test_a_place_is_started_when_it_is_needed_and_again_where_that_failed() -> None:
    started: list[int] = []

    def start() -> str:
        started.append(1)
        if len(started) == 1:
            raise OSError("not now")
        return "up"

    slot = Slot(start)
    pool = ClientPool([slot], lambda _content: None)
    assert started == []
    with pytest.raises(OSError, match="not now"):
        pool.submit(lambda: None).result()
    assert [pool.submit(lambda: 1).result() for _ in range(2)] == [1, 1]
    assert (len(started), slot.content) == (2, "up")
    pool.stop()


def test_dismissed_it_begins_nothing_more() -> None:
    pool, begun, go = pool_of("a"), threading.Event(), threading.Event()

    def hold() -> None:
        begun.set()
        go.wait(10)

    first, second = pool.submit(hold), pool.submit(hold)
    assert begun.wait(10)
    pool.stop()
    go.set()
    first.result(10)
    assert second.cancelled()
