"""The observers of a test's trials: of its first pass, of concurrent calls, and of the pass that shrinks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from time import monotonic

from graphcontract.clauses import ClauseFunction, Finding
from graphcontract.exchange import Exchange, Trial
from graphcontract.judging.call_runner import CallStats
from graphcontract.judging.evaluator import ClauseEvaluator, find_violations
from graphcontract.judging.harness import Harness
from graphcontract.judging.hypothesis_runner import Reproduced, StopShrinking

# Shrinking may stop early, once the violation was seen again: it only makes evidence shorter. The number of
# calls bounds a fast client, in the same way on every machine; the time bounds a slow one.
_SHRINKING_CALLS = 400
_SHRINKING_SECONDS = 10.0


class FirstPass:
    """The observer of the first pass: checks every clause on every trial, and raises nothing. Those of
    `every` are checked on each exchange of a trial, once.
    """

    def __init__(
        self, evaluators: Mapping[str, ClauseEvaluator], stats: CallStats, every: Collection[str] = ()
    ) -> None:
        self.evaluators, self._call_stats, self._every = evaluators, stats, every
        self._checked: set[Exchange] = set()
        self.cls = ""

    def observe(self, trial: Trial) -> None:
        """Check a trial."""
        trials = _split(trial)
        new = [each for each in trials if each.exchange not in self._checked]
        for name, evaluator in self.evaluators.items():
            for each in new if name in self._every else [trial]:
                evaluator.add(each, self.cls, self._call_stats.exchanges)
        self._checked |= {each.exchange for each in trials}


def _split(trial: Trial) -> list[Trial]:
    """The trial, and each exchange before it as a trial of its own: what unconditional clauses examine."""
    return [*map(Trial, trial.exchanges[:-1]), trial]


class Collector:
    """The observer of one of several concurrent calls: collects trials, to be checked in order later."""

    def __init__(self) -> None:
        self.trials: list[Trial] = []

    def observe(self, trial: Trial) -> None:
        """Keep a trial."""
        self.trials.append(trial)


class ShrinkPass:
    """The observer of the second pass: shrinks one violation of one clause. `smallest` has the violation, its
    trial, and the number of the first trial that showed it, of those that exercised the clause.
    """

    def __init__(self, harness: Harness, function: ClauseFunction, key: str, *, every: bool) -> None:
        self._harness, self._function, self._key, self._every = harness, function, key, every
        self._until = monotonic() + _SHRINKING_SECONDS
        self._calls = self._exercised = self._first = 0
        self.smallest: tuple[Finding, Trial, int] | None = None

    def observe(self, trial: Trial) -> None:
        """Check a trial; raises Reproduced if it shows the violation, and StopShrinking to end the pass."""
        self._calls += 1
        if self.smallest and (self._calls > _SHRINKING_CALLS or monotonic() > self._until):
            raise StopShrinking
        for each in _split(trial) if self._every else [trial]:
            found = find_violations(self._harness.contract, self._function, each)
            self._exercised += found is not None
            if found and self._key in found:
                self._first = self._first or self._exercised
                self.smallest = (found[self._key], each, self._first)
                raise Reproduced
