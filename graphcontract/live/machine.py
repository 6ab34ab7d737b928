"""A state machine that uses tasks in any order, by several clients, and compares a service with the lifecycle
model.

On a service that others use, it only reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Protocol

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from graphcontract.live.lifecycle import Model

CLIENTS = 3
_CLIENT = st.integers(0, CLIENTS - 1)
_WHICH = st.integers(0, 999)


class World(Protocol):
    """A service as the machine uses it; `client` is a number below `CLIENTS`. `writable` means that the
    service has no other users. A method returns None once its requests are used up.
    """

    writable: bool

    def create(self, client: int) -> str:
        """Create a task and return its id."""
        ...

    def advance(self) -> Mapping[str, str]:
        """Let time pass; returns the new status of each task that changed."""
        ...

    def cancel(self, client: int, id: str) -> int | None:
        """Cancel a task; returns the status code."""
        ...

    def get(self, client: int, id: str) -> tuple[int, str | None] | None:
        """Read a task; returns the status code and the task's status."""
        ...

    def list(self, client: int) -> Mapping[str, str] | None:
        """Read all tasks; returns their statuses by id."""
        ...


class Lifecycle(RuleBasedStateMachine):
    """Create, start, cancel, cancel again, get, list, in any order. `which` selects one of the known tasks by
    number, so that a draw can be repeated whatever the service contains.
    """

    make_world: ClassVar[Callable[[], World]]
    unknown: ClassVar[st.SearchStrategy[str]]

    def __init__(self) -> None:
        super().__init__()
        self.world, self.model = type(self).make_world(), Model()

    def _is_writable(self) -> bool:
        return self.world.writable

    def _has_pending_task(self) -> bool:
        return self.world.writable and any(map(self.model.is_pending, self.model.tasks))

    def _pick_task(self, which: int) -> str | None:
        ids = list(self.model.tasks)
        return ids[which % len(ids)] if ids else None

    @initialize(count=st.integers(1, 3))
    def begin(self, count: int) -> None:
        """Create a few tasks first, where the service is writable."""
        for client in range(count if self.world.writable else 0):
            self.create(client)

    @precondition(_is_writable)
    @rule(client=_CLIENT)
    def create(self, client: int) -> None:
        """A new task has a new id and has not started."""
        id = self.world.create(client)
        assert id not in self.model.tasks, "a new task has the id of an existing one"
        self.model.add_task(id)

    @precondition(_has_pending_task)
    @rule()
    def advance(self) -> None:
        """Tasks start and end as time passes."""
        for id, status in self.world.advance().items():
            if self.model.is_pending(id):
                self.model.move_task(id, status)

    @precondition(_is_writable)
    @rule(which=_WHICH, client=_CLIENT)
    def cancel(self, which: int, client: int) -> None:
        """The response to a cancel depends on the task's status."""
        id = self._pick_task(which)
        if id is not None:
            before = self.model.tasks[id]
            expected, status = self.model.cancel_task(id), self.world.cancel(client, id)
            assert status in expected, f"a cancel of a task that is {before} got {status}"

    @rule(which=_WHICH, client=_CLIENT)
    def get(self, which: int, client: int) -> None:
        """A task has the expected status, or one that may follow the last."""
        id = self._pick_task(which)
        seen = self.world.get(client, id) if id is not None else None
        if id is None or seen is None:
            return
        status, shown = seen
        if self.world.writable:
            assert (status, shown) == (200, self.model.tasks[id])
        elif shown is not None:
            self._watch(id, shown)

    @rule(client=_CLIENT)
    def list(self, client: int) -> None:
        """Each task in the list has the expected status too."""
        shown = self.world.list(client)
        if shown is None:
            return
        if self.world.writable:
            assert {id: shown.get(id) for id in self.model.tasks} == self.model.tasks
            return
        for id, status in shown.items():
            self._watch(id, status)

    @rule(data=st.data(), client=_CLIENT)
    def get_unknown(self, data: st.DataObject, client: int) -> None:
        """The id of no task gets a 4xx response."""
        seen = self.world.get(client, data.draw(type(self).unknown))
        if seen is not None and self.world.writable:
            assert 400 <= seen[0] < 500, f"an unknown id got {seen[0]}"

    def _watch(self, id: str, status: str) -> None:
        before = self.model.tasks.get(id)
        assert self.model.observe_status(id, status), f"a task that was {before} became {status}"


def make_machine(world: Callable[[], World], unknown: st.SearchStrategy[str]) -> type[Lifecycle]:
    """A machine that makes a new world for each of its runs; `unknown` draws ids of no task."""

    class OnWorld(Lifecycle):
        make_world = staticmethod(world)

    OnWorld.unknown = unknown
    return OnWorld


def make_settings(**given: Any) -> Any:
    """Settings that print nothing, because Hypothesis prints ids with a failure."""
    import hypothesis

    return hypothesis.settings(
        deadline=None,
        derandomize=False,
        report_multiple_bugs=False,
        print_blob=False,
        suppress_health_check=list(hypothesis.HealthCheck),
        verbosity=hypothesis.Verbosity.quiet,
        **given,
    )
