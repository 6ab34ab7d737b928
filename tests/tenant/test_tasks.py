from __future__ import annotations

from datetime import timedelta

import pytest

from graphcontract.tenant.clock import Clock, format_timestamp
from graphcontract.tenant.tasks import MOVES, Full, IllegalMove, Source, Status, Task, Tasks
from tests.tenant import NOON, order


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON)


@pytest.fixture
def tasks(clock: Clock) -> Tasks:
    return Tasks(clock, takes=60, most=3)


def status(tasks: Tasks, task: Task) -> Status:
    found = tasks.get(task.id)
    assert found is not None
    return found.status


def test_a_task_starts_when_it_is_due_and_completes(tasks: Tasks, clock: Clock) -> None:
    task = tasks.submit(order(start=NOON + timedelta(hours=1)))
    clock.advance(3599)
    assert status(tasks, task) is Status.NOT_STARTED
    clock.advance(1)
    assert status(tasks, task) is Status.IN_PROGRESS
    clock.advance(59)
    assert status(tasks, task) is Status.IN_PROGRESS
    clock.advance(1)
    assert status(tasks, task) is Status.COMPLETED


def test_times_are_those_of_the_moves_however_late_they_are_seen(tasks: Tasks, clock: Clock) -> None:
    task = tasks.submit(order(start=NOON + timedelta(hours=1)))
    clock.advance(1e6)
    seen = tasks.get(task.id)
    assert seen is not None
    assert seen.status is Status.COMPLETED
    assert seen.document()["startedDateTime"] == "2026-03-01T13:00:00.000Z"
    assert seen.document()["finishedDateTime"] == "2026-03-01T13:01:00.000Z"


def test_without_a_preferred_start_it_starts_at_once(tasks: Tasks) -> None:
    assert status(tasks, tasks.submit(order())) is Status.IN_PROGRESS


@pytest.mark.parametrize("before", Status)
@pytest.mark.parametrize("after", Status)
def test_only_legal_moves_are_made(tasks: Tasks, before: Status, after: Status) -> None:
    task = tasks.store(Task("1", order(), NOON + timedelta(days=1), NOON, before))
    if after in MOVES[before]:
        assert tasks.move("1", after).status is after
        assert status(tasks, task) is after
    else:
        with pytest.raises(IllegalMove):
            tasks.move("1", after)
        assert status(tasks, task) is before


def test_what_has_ended_never_moves() -> None:
    assert [status for status in Status if not MOVES[status]] == ["completed", "failed", "cancelled"]


def test_a_cancelled_task_does_not_start(tasks: Tasks, clock: Clock) -> None:
    task = tasks.submit(order(start=NOON + timedelta(hours=1)))
    tasks.move(task.id, Status.CANCELLED)
    clock.advance(1e6)
    assert status(tasks, task) is Status.CANCELLED


def test_a_task_that_is_due_too_late_is_cancelled_at_its_latest_start(tasks: Tasks, clock: Clock) -> None:
    task = tasks.submit(order(start=NOON + timedelta(hours=3), latest_start=NOON + timedelta(hours=2)))
    clock.advance(7199)
    assert status(tasks, task) is Status.NOT_STARTED
    clock.advance(3601)
    assert status(tasks, task) is Status.CANCELLED
    cancelled = tasks.get(task.id)
    assert cancelled is not None
    assert cancelled.document()["finishedDateTime"] == "2026-03-01T14:00:00.000Z"


def test_the_same_source_is_updated_until_it_has_started(tasks: Tasks, clock: Clock) -> None:
    first = tasks.submit(order(start=NOON + timedelta(hours=1)))
    second = tasks.submit(order(start=NOON + timedelta(hours=2)))
    assert second.id == first.id
    clock.advance(5400)
    assert status(tasks, first) is Status.NOT_STARTED
    clock.advance(1800)
    with pytest.raises(IllegalMove):
        tasks.submit(order())
    clock.advance(60)
    third = tasks.submit(order(start=NOON + timedelta(days=1)))
    assert third.id != first.id
    assert tasks.find_by_source(Source("site", "A")) == third
    assert status(tasks, first) is Status.COMPLETED


def test_the_oldest_that_has_ended_makes_room(tasks: Tasks) -> None:
    later = NOON + timedelta(days=1)
    kept, ended, other = (tasks.submit(order(name, start=later)) for name in "abc")
    with pytest.raises(Full):
        tasks.submit(order("d", start=later))
    tasks.move(ended.id, Status.CANCELLED)
    tasks.submit(order("d", start=later))
    assert tasks.get(ended.id) is None
    assert [task.order.source.name for task in tasks.all()] == ["a", "c", "d"]
    assert {kept.id, other.id} < {task.id for task in tasks.all()}


def test_ids_have_a_letter_case(tasks: Tasks) -> None:
    tasks.store(Task("abc", order(), NOON, NOON, Status.COMPLETED))
    assert tasks.get("ABC") is None


def test_time_does_not_go_back(clock: Clock) -> None:
    with pytest.raises(ValueError, match="back"):
        clock.advance(-1)
    assert format_timestamp(clock.now()) == "2026-03-01T12:00:00.000Z"


def test_without_a_time_to_stand_at_the_clock_follows_the_machine() -> None:
    clock = Clock()
    before = clock.now()
    clock.advance(3600)
    assert timedelta(hours=1) <= clock.now() - before < timedelta(hours=1, minutes=1)
