"""Reads a tenant in random order, in the profile `nightly`: the state machine, read-only.

The reads are evaluated with all other exchanges.
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
from graphcontract.live.machine import make_machine, make_settings
from graphcontract.live.safety.rate_limit import Stopped
from graphcontract.live.scenarios.context import ScenarioContext
from graphcontract.live.steps import RequestStep, StepResult

MOST_READS = 80  # after that the machine goes on without requests, so that the budget lasts
_RUNS, _STEPS = 12, 8  # 96 steps at most; MOST_READS bounds the requests that they send


class _Halted(BaseException):
    """Ends the run through Hypothesis, which would take an Exception for a failure of the test."""

    def __init__(self, why: Stopped) -> None:
        super().__init__()
        self.why = why


class _Tenant:
    """A tenant as the machine's world: at most MOST_READS GETs."""

    writable = False

    def __init__(self, context: ScenarioContext, executor: Executor) -> None:
        self._context, self._executor = context, executor
        self._reads = 0
        self._seen: dict[str, list[StepResult]] = {}
        self._lists: list[StepResult] = []

    def get(self, client: int, id: str) -> tuple[int, str | None] | None:
        del client  # every client uses the run's credential
        known = id in self._seen
        step = self._context.make_read(id, "a read in random order", purpose=_get_purpose(id, known=known))
        seen = self._perform(step)
        if seen is None:
            return None
        if known:
            self._seen[id].append(seen)
        else:
            self._context.add_trial(seen)
        return seen.status, seen.task_status

    def list(self, client: int) -> Mapping[str, str] | None:
        del client
        target = self._context.targets.page()
        seen = self._perform(
            RequestStep(service_queries.LIST, "a list in random order", "GET", target, target)
        )
        if seen is None or seen.exchange is None:
            return None
        self._lists.append(seen)
        shown = service_queries.list_statuses(seen.exchange)
        for id in shown:
            self._seen.setdefault(id, [])
            self._context.on_known_id(id)
        return shown

    def create(self, client: int) -> str:
        raise NotImplementedError

    def advance(self) -> Mapping[str, str]:
        raise NotImplementedError

    def cancel(self, client: int, id: str) -> int | None:
        raise NotImplementedError

    def add_trials(self) -> None:
        """Add the lists, and the reads of each task, as trials in order."""
        for reads in (self._lists, *self._seen.values()):
            if len(reads) > 1:
                self._context.add_trial(*reads)

    def _perform(self, step: RequestStep) -> StepResult | None:
        if self._reads >= MOST_READS:
            return None
        self._reads += 1
        try:
            return self._executor.perform(step)
        except Stopped as error:
            raise _Halted(error) from error


def _get_purpose(id: str, *, known: bool) -> str:
    if known:
        return service_queries.READ
    return service_queries.UNKNOWN if is_guid(id) else service_queries.MALFORMED


def explore(context: ScenarioContext, executor: Executor, seed: int, database: Path | None) -> None:
    """Read in random order and add the trials; raises Stopped."""
    world = _Tenant(context, executor)
    (schema,) = executor.contract.request.parameters.values()
    unknown = ids.task_ids(schema).any() if context.loopback else st.uuids(version=4).map(str)
    lifecycle = make_machine(lambda: world, unknown)
    night: Any = make_settings(
        max_examples=_RUNS,
        stateful_step_count=_STEPS,
        phases=[hypothesis.Phase.reuse, hypothesis.Phase.generate],
        database=DirectoryBasedExampleDatabase(database) if database is not None else None,
    )
    hypothesis.seed(int.from_bytes(hashlib.sha256(str(seed).encode()).digest()[:8]))(lifecycle)
    try:
        # An illegal transition is stored in the example database; the trials decide the verdicts. Changes by
        # other users of the tenant make a repetition flaky.
        with contextlib.suppress(AssertionError, Flaky):
            run_state_machine_as_test(lifecycle, settings=night)
    except _Halted as halted:
        raise halted.why from None
    finally:
        world.add_trials()
