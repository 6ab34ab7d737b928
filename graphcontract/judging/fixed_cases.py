"""Fixed cases of a test: calls that are made at the same time, since they wait, and alone where they hung."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass

from graphcontract.exchange import Trial
from graphcontract.judging.client_pool import Submits
from graphcontract.judging.client_set import ClientSet

_MOST_LATE = 3  # calls of a run that a busy machine keeps from beginning
_LATE = 0.3  # seconds until the first request, which takes a few milliseconds

Calls = Callable[[], list[Trial] | None]
"""Makes the calls of one case, and returns their trials; None if the run waited too long before."""


@dataclass(eq=False, slots=True)
class CaseJob:
    """The calls of one fixed case, of which `seconds` are waits."""

    seconds: float
    _do: Calls
    _future: Future[list[Trial] | None] | None = None

    def begin(self, pool: Submits) -> None:
        """Make the calls in the background."""
        self._future = pool.submit(self._do)

    def result(self) -> list[Trial] | None:
        """Return the trials, once the calls are made; None if they were not, as the run waited too long."""
        assert self._future is not None
        return self._future.result()


def repeat_hung_calls(clients: ClientSet, jobs: Mapping[str, Calls], made: dict[str, list[Trial]]) -> None:
    """Make calls that hung beside others once more, alone: they may have waited for each other, or for a
    busy machine.

    Of the latter a run has few, and they sent nothing, or late: those made alone count then.
    """
    if clients.capacity == 1:
        return
    for name, job in jobs.items():
        if clients.hangs_alone is not None or not any(map(_hung, made.get(name, ()))):
            continue
        trials = job() or []
        if any(map(_hung, trials)):
            clients.hangs_alone = True
        elif trials and clients.late_calls < _MOST_LATE and any(map(_hung_late, made[name])):
            clients.late_calls += 1
            made[name] = trials
        else:
            clients.hangs_alone = False


def _hung(trial: Trial) -> bool:
    return any(each.outcome.kind == "hang" for each in trial.exchanges)


def _hung_late(trial: Trial) -> bool:
    """Whether a call hung that had sent nothing for a while."""
    hung = next((each for each in trial.exchanges if each.outcome.kind == "hang"), None)
    return hung is not None and (not hung.requests or hung.requests[0].at - hung.started > _LATE)
