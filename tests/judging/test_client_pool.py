from __future__ import annotations

import threading

import pytest

from graphcontract.judging.client_pool import ClientPool, Slot


class Sat(threading.local):
    at: str | None = None


def crew_of(*names: str, sat: Sat | None = None) -> ClientPool[str]:
    seat = sat or Sat()

    def sit(name: str | None) -> None:
        seat.at = name

    return ClientPool([Slot(lambda name=name: name) for name in names], sit)  # type: ignore[misc]


def test_each_works_at_a_place_of_its_own() -> None:
    sat, meeting = Sat(), threading.Barrier(3, timeout=10)
    crew = crew_of("a", "b", "c", sat=sat)

    def job() -> str | None:
        meeting.wait()
        return sat.at

    futures = [crew.submit(job) for _ in range(6)]
    assert sorted(str(future.result()) for future in futures) == ["a", "a", "b", "b", "c", "c"]
    crew.dismiss()


def test_what_a_job_raises_is_its_own() -> None:
    crew = crew_of("a")

    def wrong() -> None:
        raise KeyError("a")

    with pytest.raises(KeyError):
        crew.submit(wrong).result()
    assert crew.submit(lambda: 1).result() == 1
    crew.dismiss()


def test_a_place_is_started_when_it_is_needed_and_again_where_that_failed() -> None:
    started: list[int] = []

    def start() -> str:
        started.append(1)
        if len(started) == 1:
            raise OSError("not now")
        return "up"

    place = Slot(start)
    crew = ClientPool([place], lambda _station: None)
    assert started == []
    with pytest.raises(OSError, match="not now"):
        crew.submit(lambda: None).result()
    assert [crew.submit(lambda: 1).result() for _ in range(2)] == [1, 1]
    assert (len(started), place.station) == (2, "up")
    crew.dismiss()


def test_dismissed_it_begins_nothing_more() -> None:
    crew, begun, go = crew_of("a"), threading.Event(), threading.Event()

    def hold() -> None:
        begun.set()
        go.wait(10)

    first, second = crew.submit(hold), crew.submit(hold)
    assert begun.wait(10)
    crew.dismiss()
    go.set()
    first.result(10)
    assert second.cancelled()
