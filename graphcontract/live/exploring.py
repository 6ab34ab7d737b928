"""Reads of a tenant in random order, at night: the state machine, read-only, on the live root.

Knows the machine and the executor; what the reads show is judged with everything else.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import hypothesis
from hypothesis import strategies as st
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test

from graphcontract.clauses import service_queries
from graphcontract.clauses.queries import is_guid
from graphcontract.inputs import ids
from graphcontract.live.executor import Executor
from graphcontract.live.machine import machine, settings
from graphcontract.live.safety.rate_limit import Stopped
from graphcontract.live.scenarios.context import ScenarioContext
from graphcontract.live.steps import RequestStep, Seen

MOST_READS = 80
_RUNS, _STEPS = 12, 8


class _Halted(BaseException):
    """The run must stop: Hypothesis lets it through."""

    def __init__(self, why: Stopped) -> None:
        super().__init__()
        self.why = why


class _Tenant:
    """The live root as the machine's world: GETs, no more of them than a night has."""

    writable = False

    def __init__(self, bench: ScenarioContext, executor: Executor) -> None:
        self._bench, self._executor = bench, executor
        self._reads = 0
        self._seen: dict[str, list[Seen]] = {}
        self._lists: list[Seen] = []

    def get(self, client: int, id: str) -> tuple[int, str | None] | None:
        del client  # all have the run's one credential
        known = id in self._seen
        step = self._bench.read(id, "a read in random order", purpose=_purpose(id, known=known))
        seen = self._perform(step)
        if seen is None:
            return None
        if known:
            self._seen[id].append(seen)
        else:
            self._bench.trial(seen)
        return seen.status, seen.task_status

    def list(self, client: int) -> Mapping[str, str] | None:
        del client
        target = self._bench.targets.page()
        seen = self._perform(
            RequestStep(service_queries.LIST, "a list in random order", "GET", target, target)
        )
        if seen is None or seen.exchange is None:
            return None
        self._lists.append(seen)
        shown = service_queries.list_statuses(seen.exchange)
        for id in shown:
            self._seen.setdefault(id, [])
            self._bench.on_seen(id)
        return shown

    def create(self, client: int) -> str:
        raise NotImplementedError

    def advance(self) -> Mapping[str, str]:
        raise NotImplementedError

    def cancel(self, client: int, id: str) -> int | None:
        raise NotImplementedError

    def trials(self) -> None:
        """Bring the lists, and the reads of each task, to court in order."""
        for reads in (self._lists, *self._seen.values()):
            if len(reads) > 1:
                self._bench.trial(*reads)

    def _perform(self, step: RequestStep) -> Seen | None:
        if self._reads >= MOST_READS:
            return None
        self._reads += 1
        try:
            return self._executor.perform(step)
        except Stopped as error:
            raise _Halted(error) from error


def _purpose(id: str, *, known: bool) -> str:
    if known:
        return service_queries.READ
    return service_queries.UNKNOWN if is_guid(id) else service_queries.MALFORMED


def explore(bench: ScenarioContext, executor: Executor, seed: int, database: Path | None) -> None:
    """Read in random order, and bring what was seen to court; raises Stopped."""
    world = _Tenant(bench, executor)
    (schema,) = executor.contract.request.parameters.values()
    unknown = ids.task_ids(schema).any() if bench.loopback else st.uuids(version=4).map(str)
    lifecycle = machine(lambda: world, unknown)
    night: Any = settings(
        max_examples=_RUNS,
        stateful_step_count=_STEPS,
        phases=[hypothesis.Phase.reuse, hypothesis.Phase.generate],
        database=DirectoryBasedExampleDatabase(database) if database is not None else None,
    )
    hypothesis.seed(int.from_bytes(hashlib.sha256(str(seed).encode()).digest()[:8]))(lifecycle)
    try:
        # A move that must not be is kept in the database; clauses are judged by the trials. What others do
        # meanwhile makes a repetition flaky.
        with contextlib.suppress(AssertionError, Flaky):
            run_state_machine_as_test(lifecycle, settings=night)
    except _Halted as halted:
        raise halted.why from None
    finally:
        world.trials()
