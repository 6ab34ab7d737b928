"""A model of a task's lifecycle as its documentation describes it, to compare with the statuses that a
service shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from graphcontract.clauses.service_queries import CANCELLED, IN_PROGRESS, NOT_STARTED

COMPLETED, FAILED = "completed", "failed"
_LATER: Mapping[str, frozenset[str]] = {
    NOT_STARTED: frozenset({NOT_STARTED, IN_PROGRESS, COMPLETED, FAILED, CANCELLED}),
    IN_PROGRESS: frozenset({IN_PROGRESS, COMPLETED, FAILED}),
    COMPLETED: frozenset({COMPLETED}),
    FAILED: frozenset({FAILED}),
    CANCELLED: frozenset({CANCELLED}),
}


@dataclass
class Model:
    """Expected statuses by task id. A task that others may change is only observed."""

    tasks: dict[str, str] = field(default_factory=dict)

    def add_task(self, id: str) -> None:
        """Add a new task."""
        self.tasks[id] = NOT_STARTED

    def is_pending(self, id: str) -> bool:
        """Whether the task can start or end by itself."""
        return self.tasks.get(id) in (NOT_STARTED, IN_PROGRESS)

    def move_task(self, id: str, status: str) -> None:
        """Record that a task has started or ended by itself."""
        self.tasks[id] = status

    def cancel_task(self, id: str) -> frozenset[int]:
        """Cancel a task in the model; returns the status codes that the service may respond with."""
        before = self.tasks[id]
        if before == NOT_STARTED:
            self.tasks[id] = CANCELLED
            return frozenset({204})
        return frozenset({204, 409}) if before == CANCELLED else frozenset({409})

    def observe_status(self, id: str, status: str) -> bool:
        """Record a status; returns whether it may follow the one before."""
        before = self.tasks.get(id, NOT_STARTED)
        self.tasks[id] = status
        return before not in _LATER or status not in _LATER or status in _LATER[before]
