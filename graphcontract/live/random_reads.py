"""Reads a tenant in random order, in the profile `nightly`: lists, listed tasks, and ids of no task.

The reads are evaluated with all other exchanges. Only the order is random: what is read is there already.
"""

from __future__ import annotations

from itertools import chain, islice

from hypothesis import strategies as st

from graphcontract.clauses import service_queries
from graphcontract.clauses.queries import is_guid
from graphcontract.inputs import ids
from graphcontract.judging.hypothesis_runner import draw
from graphcontract.live.executor import Executor
from graphcontract.live.scenarios.context import ScenarioContext
from graphcontract.live.steps import RequestStep, StepResult
from graphcontract.live.urls import DOT_SEGMENTS

MOST_READS = 80  # a fifth of the default budget of a run, which the scenarios need
_SEQUENCES, _READS = 12, 8  # a few more than MOST_READS together, for a drawn sequence may be a repetition

_Read = int | str | None
"""A listed task by its number, the id of no task, or the list itself."""


class _Reader:
    """Sends the reads and groups their results into trials."""

    def __init__(self, context: ScenarioContext, executor: Executor) -> None:
        self._context, self._executor = context, executor
        self._lists: list[StepResult] = []
        self._tasks: dict[str, list[StepResult]] = {}

    def send(self, read: _Read) -> None:
        """Send a read; raises Stopped if no further one may be sent."""
        if isinstance(read, str):
            purpose = service_queries.UNKNOWN if is_guid(read) else service_queries.MALFORMED
            self._context.add_trial(self._get(read, purpose))
        elif read is None or not self._tasks:
            self._list()
        else:
            id = list(self._tasks)[read % len(self._tasks)]
            self._tasks[id].append(self._get(id, service_queries.READ))

    def _get(self, id: str, purpose: str) -> StepResult:
        return self._executor.perform(self._context.make_read(id, "a read in random order", purpose=purpose))

    def _list(self) -> None:
        target = self._context.targets.page()
        step = RequestStep(service_queries.LIST, "a list in random order", "GET", target, target)
        result = self._executor.perform(step)
        if result.exchange is None:
            return
        self._lists.append(result)
        for id in service_queries.list_statuses(result.exchange):
            if id in DOT_SEGMENTS:
                continue
            self._tasks.setdefault(id, [])
            self._context.on_known_id(id)

    def add_trials(self) -> None:
        """Add the lists, and the reads of each task, as trials in order."""
        for results in (self._lists, *self._tasks.values()):
            if len(results) > 1:
                self._context.add_trial(*results)


def read_in_random_order(context: ScenarioContext, executor: Executor, seed: int) -> None:
    """Send at most MOST_READS reads and add the trials; raises Stopped."""
    reader = _Reader(context, executor)
    (schema,) = executor.contract.request.parameters.values()
    # A service that others use gets no ids that are malformed on purpose.
    names = ids.PathNames.of(executor.contract)
    unknown = ids.task_ids(schema, names).any() if context.loopback else st.uuids(version=4).map(str)
    reads = st.lists(st.none() | st.integers(0, 999) | unknown, min_size=_READS, max_size=_READS)
    sequences = draw(reads, seed=seed, name="random reads", examples=_SEQUENCES)
    try:
        for read in islice(chain.from_iterable(sequences), MOST_READS):
            reader.send(read)
    finally:
        reader.add_trials()
