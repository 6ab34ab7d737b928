"""The life of a task as its page has it: a plain model, to be compared with what a service shows.

Knows statuses alone.
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
    """Tasks by id, each with the status that it must have; one that others may move is only watched."""

    tasks: dict[str, str] = field(default_factory=dict)

    def made(self, id: str) -> None:
        """A task was created."""
        self.tasks[id] = NOT_STARTED

    def waits(self, id: str) -> bool:
        """Whether time may move a task on."""
        return self.tasks.get(id) in (NOT_STARTED, IN_PROGRESS)

    def moved(self, id: str, status: str) -> None:
        """Time has moved a task on."""
        self.tasks[id] = status

    def cancelled(self, id: str) -> frozenset[int]:
        """The statuses that a cancel may be answered with; takes effect where it must."""
        before = self.tasks[id]
        if before == NOT_STARTED:
            self.tasks[id] = CANCELLED
            return frozenset({204})
        return frozenset({204, 409}) if before == CANCELLED else frozenset({409})

    def watched(self, id: str, status: str) -> bool:
        """Whether a status may follow the one that was seen before; it is remembered."""
        before = self.tasks.get(id, NOT_STARTED)
        self.tasks[id] = status
        return before not in _LATER or status not in _LATER or status in _LATER[before]
