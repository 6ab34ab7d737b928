"""Tasks in any order, by several clients: a state machine that compares a service with the model of a task's
life. On a service that others use, it only reads.

Knows Hypothesis and the model; how a request is made is the world's business.
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
    """A service as the machine sees it; `client` is a number below `CLIENTS`. `writable` says that nobody
    else uses it. A call that is not to be made any more answers None.
    """

    writable: bool

    def create(self, client: int) -> str:
        """Make a task and give its id."""
        ...

    def advance(self) -> Mapping[str, str]:
        """Let time pass; the statuses of the tasks that it moved."""
        ...

    def cancel(self, client: int, id: str) -> int | None:
        """Cancel a task: the answer's status."""
        ...

    def get(self, client: int, id: str) -> tuple[int, str | None] | None:
        """Read a task: the answer's status, and the task's."""
        ...

    def list(self, client: int) -> Mapping[str, str] | None:
        """Read all tasks: their statuses by id."""
        ...


class Lifecycle(RuleBasedStateMachine):
    """Create, start, cancel, cancel again, get, list, in any order. `which` picks one of the tasks there are:
    a draw that does not hang on what a service holds can be repeated.
    """

    make_world: ClassVar[Callable[[], World]]
    unknown: ClassVar[st.SearchStrategy[str]]

    def __init__(self) -> None:
        super().__init__()
        self.world, self.model = type(self).make_world(), Model()

    def _changes(self) -> bool:
        return self.world.writable

    def _waits(self) -> bool:
        return self.world.writable and any(map(self.model.waits, self.model.tasks))

    def _task(self, which: int) -> str | None:
        ids = list(self.model.tasks)
        return ids[which % len(ids)] if ids else None

    @initialize(count=st.integers(1, 3))
    def begin(self, count: int) -> None:
        """There are tasks to begin with, where they can be made."""
        for client in range(count if self.world.writable else 0):
            self.create(client)

    @precondition(_changes)
    @rule(client=_CLIENT)
    def create(self, client: int) -> None:
        """A new task has a new id, and waits."""
        id = self.world.create(client)
        assert id not in self.model.tasks, "a new task has the id of another"
        self.model.made(id)

    @precondition(_waits)
    @rule()
    def advance(self) -> None:
        """Time starts tasks, and ends them."""
        for id, status in self.world.advance().items():
            if self.model.waits(id):
                self.model.moved(id, status)

    @precondition(_changes)
    @rule(which=_WHICH, client=_CLIENT)
    def cancel(self, which: int, client: int) -> None:
        """A cancel is answered as the task's status asks for."""
        id = self._task(which)
        if id is not None:
            before = self.model.tasks[id]
            owed, answered = self.model.cancelled(id), self.world.cancel(client, id)
            assert answered in owed, f"a cancel of a task that is {before} was answered {answered}"

    @rule(which=_WHICH, client=_CLIENT)
    def get(self, which: int, client: int) -> None:
        """A task shows the status that it must have, or one that may follow the last."""
        id = self._task(which)
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
        """So does a list, of all tasks."""
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
        """An id that nobody has is refused."""
        seen = self.world.get(client, data.draw(type(self).unknown))
        if seen is not None and self.world.writable:
            assert 400 <= seen[0] < 500, f"an unknown id was answered {seen[0]}"

    def _watch(self, id: str, status: str) -> None:
        before = self.model.tasks.get(id)
        assert self.model.watched(id, status), f"a task that was {before} became {status}"


def machine(world: Callable[[], World], unknown: st.SearchStrategy[str]) -> type[Lifecycle]:
    """A machine on a world that is made anew for each run of it; `unknown` draws ids that nobody has."""

    class OnWorld(Lifecycle):
        make_world = staticmethod(world)

    OnWorld.unknown = unknown
    return OnWorld


def settings(**given: Any) -> Any:
    """Settings of a machine's run, which print nothing: what Hypothesis tells of a failure holds ids."""
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
