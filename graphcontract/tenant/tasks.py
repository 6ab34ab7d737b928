"""Migration tasks and their lifecycle, in memory. Knows the clock, and no HTTP."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from graphcontract.tenant.clock import Clock, shown

MOST_TASKS = 1000


class Status(StrEnum):
    """Where a task stands, spelled as the service spells it."""

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
    """A status that a task cannot take from where it stands."""


class Full(Exception):
    """There is no room for another task: none that is kept has ended."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a task moves, by which it can be looked up; `kind` is `user`, `group` or `site`."""

    kind: str
    name: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name.casefold())


@dataclass(frozen=True, slots=True)
class Order:
    """What a request to create or update asks for; `parameters` are the members as they came."""

    source: Source
    parameters: Mapping[str, Any]
    start: datetime | None = None
    latest_start: datetime | None = None
    validate_only: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """A migration task; `due` is when it starts, if it may by then, `ends` when it completes by itself."""

    id: str
    order: Order
    due: datetime
    updated: datetime
    status: Status = Status.NOT_STARTED
    started: datetime | None = None
    finished: datetime | None = None
    ends: datetime | None = None

    def document(self) -> dict[str, Any]:
        """The task as the service shows it."""
        document: dict[str, Any] = {"id": self.id, "status": str(self.status)}
        document["lastUpdatedDateTime"] = shown(self.updated)
        if self.started:
            document["startedDateTime"] = shown(self.started)
        if self.finished:
            document["finishedDateTime"] = shown(self.finished)
        if self.status is Status.FAILED:
            document["error"] = {"code": "migrationFailed", "message": "The content could not be moved."}
        document["parameters"] = dict(self.order.parameters)
        return document


class Tasks:
    """Every task that the tenant keeps, at most `most`. Tasks start and end by the clock.

    A task starts when it is due and completes `takes` seconds later. While `hold()` is in force none
    starts, and one that has not by its latest start is cancelled.
    """

    def __init__(self, clock: Clock, *, takes: float = 60.0, most: int = MOST_TASKS) -> None:
        self._clock, self._takes, self._most = clock, timedelta(seconds=takes), most
        self._lock = threading.RLock()
        self._tasks: dict[str, Task] = {}
        self._held = False
        self._free_since: datetime | None = None

    def submit(self, order: Order) -> Task:
        """Create a task, or update the one that has the same source and has not started.

        `IllegalMove` where that one is in progress; `Full`.
        """
        with self._lock:
            now = self._clock.now()
            due = order.start or now
            known = self.by_source(order.source)
            if known is not None and known.status is Status.IN_PROGRESS:
                raise IllegalMove("a task for the same source is in progress")
            if known is not None and known.status is Status.NOT_STARTED:
                return self.put(replace(known, order=order, due=due, updated=now))
            self._make_room()
            return self.put(Task(str(uuid.uuid4()), order, due, now))

    def get(self, id: str) -> Task | None:
        """The task with exactly this id, as it stands now."""
        with self._lock:
            task = self._tasks.get(id)
            return self._settled(task) if task is not None else None

    def all(self) -> Sequence[Task]:
        """Every task as it stands now, the oldest first."""
        with self._lock:
            return tuple(self._settled(task) for task in tuple(self._tasks.values()))

    def by_source(self, source: Source) -> Task | None:
        """The newest task for this source."""
        return next((task for task in reversed(self.all()) if task.order.source == source), None)

    def move(self, id: str, status: Status) -> Task:
        """Take a task to another status, now; `IllegalMove`, or `KeyError` where there is none."""
        with self._lock:
            task = self._settled(self._tasks[id])
            if status not in MOVES[task.status]:
                raise IllegalMove(f"a task that is {task.status} does not become {status}")
            return self.put(self._moved(task, status, self._clock.now()))

    def put(self, task: Task) -> Task:
        """Keep a task as it is given, be the move legal or not: for seeds and for faults."""
        with self._lock:
            self._tasks[task.id] = task
            return task

    def remove(self, id: str) -> None:
        """Forget a task."""
        with self._lock:
            self._tasks.pop(id, None)

    def hold(self) -> None:
        """From now on, let no task start."""
        with self._lock:
            self.all()
            self._held = True

    def release(self) -> None:
        """Let tasks start again."""
        with self._lock:
            self.all()
            self._held, self._free_since = False, self._clock.now()

    def _make_room(self) -> None:
        if len(self._tasks) < self._most:
            return
        ended = next((task.id for task in self.all() if not MOVES[task.status]), None)
        if ended is None:
            raise Full
        del self._tasks[ended]

    def _settled(self, task: Task) -> Task:
        """Let the clock have done to a task what it does."""
        now = self._clock.now()
        if task.status is Status.NOT_STARTED:
            begins = max(task.due, self._free_since or task.due)
            latest = task.order.latest_start
            if latest is not None and latest <= now and (self._held or begins > latest):
                task = self.put(self._moved(task, Status.CANCELLED, latest))
            elif not self._held and begins <= now:
                task = self.put(self._moved(task, Status.IN_PROGRESS, begins))
        if task.status is Status.IN_PROGRESS and task.ends is not None and task.ends <= now:
            task = self.put(self._moved(task, Status.COMPLETED, task.ends))
        return task

    def _moved(self, task: Task, status: Status, at: datetime) -> Task:
        if status is Status.IN_PROGRESS:
            return replace(task, status=status, started=at, ends=at + self._takes, updated=at)
        return replace(task, status=status, finished=at, updated=at)
