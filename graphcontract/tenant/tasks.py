"""Migration tasks and their lifecycle, in memory."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from graphcontract.tenant.clock import Clock, format_timestamp

MOST_TASKS = 1000  # all in memory: a client that creates in a loop gets 507, or ended tasks are dropped


class Status(StrEnum):
    """The status of a task, spelled as in Graph."""

    NOT_STARTED = "notStarted"
    IN_PROGRESS = "inProgress"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


MOVES: Mapping[Status, frozenset[Status]] = {
    Status.NOT_STARTED: frozenset({Status.IN_PROGRESS, Status.CANCELLED}),
    Status.IN_PROGRESS: frozenset({Status.COMPLETED, Status.FAILED}),
    Status.COMPLETED: frozenset(),
    Status.FAILED: frozenset(),
    Status.CANCELLED: frozenset(),
}


class IllegalMove(Exception):
    """A status that a task cannot take from its current one."""


class Full(Exception):
    """The tenant has no room for another task: none of the stored ones has ended."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a task moves, by which it can be looked up; `kind` is `user`, `group` or `site`."""

    kind: str
    name: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name.casefold())


@dataclass(frozen=True, slots=True)
class Order:
    """The content of a request to create or update; `parameters` are the members as they were sent."""

    source: Source
    parameters: Mapping[str, Any]
    start: datetime | None = None
    latest_start: datetime | None = None
    validate_only: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """A migration task; `due` is the earliest time it starts, `ends` when it completes by itself."""

    id: str
    order: Order
    due: datetime
    updated: datetime
    status: Status = Status.NOT_STARTED
    started: datetime | None = None
    finished: datetime | None = None
    ends: datetime | None = None

    def document(self) -> dict[str, Any]:
        """The task as the service returns it."""
        document: dict[str, Any] = {"id": self.id, "status": str(self.status)}
        document["lastUpdatedDateTime"] = format_timestamp(self.updated)
        if self.started:
            document["startedDateTime"] = format_timestamp(self.started)
        if self.finished:
            document["finishedDateTime"] = format_timestamp(self.finished)
        if self.status is Status.FAILED:
            document["error"] = {"code": "migrationFailed", "message": "The content could not be moved."}
        document["parameters"] = dict(self.order.parameters)
        return document


class Tasks:
    """The tenant's tasks, at most `most`. Tasks start and end by the clock.

    A task starts when it is due and completes `takes` seconds later. One that is due only after its latest
    start is cancelled then.
    """

    def __init__(self, clock: Clock, *, takes: float = 60.0, most: int = MOST_TASKS) -> None:
        self._clock, self._takes, self._most = clock, timedelta(seconds=takes), most
        # Tests change tasks while the server's thread does; reentrant, because methods call one another.
        self._lock = threading.RLock()
        self._tasks: dict[str, Task] = {}

    def submit(self, order: Order) -> Task:
        """Create a task, or update the one with the same source that has not started.

        Raises `IllegalMove` where that one is in progress, and `Full`.
        """
        with self._lock:
            now = self._clock.now()
            due = order.start or now
            known = self.find_by_source(order.source)
            if known is not None and known.status is Status.IN_PROGRESS:
                raise IllegalMove("a task for the same source is in progress")
            if known is not None and known.status is Status.NOT_STARTED:
                return self.store(replace(known, order=order, due=due, updated=now))
            self._make_room()
            return self.store(Task(str(uuid.uuid4()), order, due, now))

    def get(self, id: str) -> Task | None:
        """The task with exactly this id, at the current time."""
        with self._lock:
            task = self._tasks.get(id)
            return self._update(task) if task is not None else None

    def all(self) -> Sequence[Task]:
        """Every task at the current time, the oldest first."""
        with self._lock:
            return tuple(self._update(task) for task in tuple(self._tasks.values()))

    def find_by_source(self, source: Source) -> Task | None:
        """The newest task of this source."""
        return next((task for task in reversed(self.all()) if task.order.source == source), None)

    def move(self, id: str, status: Status) -> Task:
        """Change a task's status now; raises `IllegalMove`, or `KeyError` for an unknown id."""
        with self._lock:
            task = self._update(self._tasks[id])
            if status not in MOVES[task.status]:
                raise IllegalMove(f"a task that is {task.status} does not become {status}")
            return self.store(self._transition(task, status, self._clock.now()))

    def store(self, task: Task) -> Task:
        """Store a task unchecked, even after an illegal transition: for fixtures and faults."""
        with self._lock:
            self._tasks[task.id] = task
            return task

    def remove(self, id: str) -> None:
        """Remove a task."""
        with self._lock:
            self._tasks.pop(id, None)

    def _make_room(self) -> None:
        if len(self._tasks) < self._most:
            return
        ended = next((task.id for task in self.all() if not MOVES[task.status]), None)
        if ended is None:
            raise Full
        del self._tasks[ended]

    def _update(self, task: Task) -> Task:
        """Apply what the clock has done to a task since it was stored."""
        now = self._clock.now()
        if task.status is Status.NOT_STARTED:
            latest = task.order.latest_start
            if latest is not None and latest <= now and latest < task.due:
                task = self.store(self._transition(task, Status.CANCELLED, latest))
            elif task.due <= now:
                task = self.store(self._transition(task, Status.IN_PROGRESS, task.due))
        if task.status is Status.IN_PROGRESS and task.ends is not None and task.ends <= now:
            task = self.store(self._transition(task, Status.COMPLETED, task.ends))
        return task

    def _transition(self, task: Task, status: Status, at: datetime) -> Task:
        if status is Status.IN_PROGRESS:
            return replace(task, status=status, started=at, ends=at + self._takes, updated=at)
        return replace(task, status=status, finished=at, updated=at)
