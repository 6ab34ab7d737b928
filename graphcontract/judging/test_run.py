"""Runs one test of a suite on a harness: every input class, every clause, each violation shrunk once.

A first pass checks all clauses on all inputs and raises nothing, so that no violation hides another. Then
each violated clause is searched for once more, alone, on the same draws, and its input is shrunk.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from functools import cached_property, partial
from time import monotonic
from typing import Any

from hypothesis.strategies import SearchStrategy

from graphcontract.clauses import ClauseFunction, Finding, registry
from graphcontract.clauses.queries import abbreviate
from graphcontract.clients import ClientUnavailable
from graphcontract.exchange import Trial
from graphcontract.inputs import Partitions
from graphcontract.inputs.tokens import CANARY
from graphcontract.judging.call_runner import CallStats
from graphcontract.judging.causes import BLOCKED, WAITED, find_cause
from graphcontract.judging.client_pool import Submits
from graphcontract.judging.evaluator import (
    NEEDS,
    ClauseEvaluator,
    Occurrence,
    find_unsupported,
)
from graphcontract.judging.evidence import describe_exchange
from graphcontract.judging.fixed_cases import Calls, CaseJob, repeat_hung_calls
from graphcontract.judging.harness import Harness, SkipPartition, SkipTest
from graphcontract.judging.hypothesis_runner import Draws, choose, draw, find_first, shrink
from graphcontract.judging.observers import Collector, FirstPass, ShrinkPass
from graphcontract.judging.patience import describe_cut
from graphcontract.judging.redaction import Redactor
from graphcontract.judging.suite_api import SuiteTest
from graphcontract.judging.verdict import NO_REQUEST, ClauseResult
from graphcontract.reporting.evidence import RecordedExchange

# An expensive call takes its timeout and a new process. One ends its input class, and this many the test.
_COSTLY_TEST = 3
_CALLS_A_SECOND = 100  # of a client of middling speed, one after the other
# Listed values that are tried for each that would be drawn.
_LISTED = 2
_DEPENDS_ON_EARLIER_CALLS = (
    "the same inputs alone do not show it, so that it depends on earlier calls, or on chance. If the command "
    "below passes, run the whole check"
)


class SuiteTestRun:
    """One test on one harness. `repeat` makes the command that reproduces a clause's failure. Clauses that
    the test does not prove are unconditional: they are checked on every exchange that it makes for the
    others. `draw` may return values that were drawn before with the same arguments.
    """

    def __init__(
        self,
        test: SuiteTest,
        harness: Harness,
        *,
        clauses: Collection[str],
        seed: int,
        repeat: Callable[..., str],
        record: bool = False,
        draw: Callable[..., Sequence[Any]] = draw,
    ) -> None:
        self._test, self._harness, self.clauses = test, harness, clauses
        self.proven = [id for id in clauses if id in test.proves] or list(clauses)
        self._every = frozenset(clauses).difference(self.proven)
        self._seed, self._repeat, self._record, self._draw = seed, repeat, record, draw
        self._parts: Mapping[str, ClauseResult] = {}
        self._reported = False
        # Concurrent calls are counted apart: how many of them were expensive must not depend on other tests.
        self._call_stats = (
            CallStats(patience=harness.calls.waiting) if test.cases else CallStats(whole=harness.calls.stats)
        )
        self._begun: list[CaseJob] = []
        self._ahead: Future[float] | None = None
        self._recorded: list[RecordedExchange] = []

    def list_cases(self, threads: int) -> list[CaseJob]:
        """List the fixed cases to `begin` in the background, in so many threads, while other tests run: none
        if they cannot show anything.
        """
        if self._test.cases and any(unsupported_reason(self._harness, id) is None for id in self.proven):
            self._start_recording()
            # Half of them: their threads have the other tests to run too.
            self._harness.calls.waiting.threads = max(1, threads // 2)
            waits = self._test.waits
            self._begun = [
                CaseJob(waits.get(name, 0.0), job)
                for name, job in zip(self._test.cases, self._jobs(), strict=True)
            ]
        return self._begun

    def run_ahead(self, pool: Submits, stats: CallStats) -> None:
        """Run the test in the background; `stats` counts the calls of all tests of the same client."""
        self._call_stats.whole = stats
        self._ahead = pool.submit(self._run_timed)

    @property
    def waits(self) -> bool:
        """Whether it has fixed cases, which take time and are made concurrently."""
        return bool(self._test.cases)

    @property
    def weight(self) -> int:
        """About how many short calls take as long as the test: a fixed case may also wait."""
        if self._test.cases:
            return len(self._test.cases) + round(sum(self._test.waits.values()) * _CALLS_A_SECOND)
        classes = self._partitions
        listed = sum(min(len(values), self._most_listed) for values in classes.listed.values())
        return self._test.calls * (listed + (len(classes) - len(classes.listed)) * self._examples)

    @property
    def calls_at_once(self) -> bool:
        """Whether it makes calls of one client at the same time."""
        return any("concurrency" in registry()[id].needs for id in self.proven)

    def part(self, clause: str) -> ClauseResult:
        """Return the test's result for a clause. The first call runs the test for all of its clauses, or
        waits for it if it was begun.
        """
        if self._reported:
            return self._parts[clause]
        try:
            duration = self._ahead.result() if self._ahead is not None else self._run_timed()
        except ClientUnavailable:  # no further client could be started to run it ahead
            duration = self._run_timed()
        self._reported = True
        return replace(
            self._parts[clause],
            duration=duration,
            exchanges=self._call_stats.exchanges,
            recorded=tuple(self._recorded),
        )

    def _run_timed(self) -> float:
        started = monotonic()
        self._start_recording()
        self._parts = self._run()
        return monotonic() - started

    def _start_recording(self) -> None:
        """Record the exchanges from now on, if the run keeps them."""
        if self._record:
            self._call_stats.on_exchange = lambda each: self._recorded.append(describe_exchange(each))

    def trial(self, clause: str, key: str) -> Trial | None:
        """Return a trial that shows the failure with this evidence id, shrunk if possible; None if the client
        does not show it.
        """
        evaluator = self._make_evaluator(clause)
        try:
            self._run_first_pass({clause: evaluator})
            first = evaluator.occurrences.get(key)
            return self._present(evaluator, first).trial if first is not None else None
        finally:
            self._harness.set_observer(None)

    def _run(self) -> dict[str, ClauseResult]:
        parts: dict[str, ClauseResult] = {}
        evaluators: dict[str, ClauseEvaluator] = {}
        for id in self.clauses:
            reason = unsupported_reason(self._harness, id)
            if reason is None:
                evaluators[id] = self._make_evaluator(id)
            else:
                parts[id] = ClauseResult(id, "not-supported", reason=reason)
        if evaluators.keys() <= self._every:  # nothing that this test is for can be shown
            return parts | {id: ClauseResult(id, "not-exercised", reason=NO_REQUEST) for id in evaluators}
        try:
            cut = self._run_first_pass(evaluators)
            for id, evaluator in evaluators.items():
                given_up = self._harness.clients.lost_reason(evaluator.function.needs)
                parts[id] = self._conclude(evaluator, cut if given_up is None else given_up)
        except ClientUnavailable as error:  # a further copy of the client, which calls at the same time need
            reason = f"a copy of the client could not be started: {error.message}"
            return {id: ClauseResult(id, "not-run", reason=reason) for id in evaluators} | parts
        except Exception:
            wrong = Redactor([CANARY]).text(traceback.format_exc())
            return {id: ClauseResult(id, "error", reason=wrong) for id in evaluators} | parts
        finally:
            self._harness.set_observer(None)
        return parts

    def _make_evaluator(self, id: str) -> ClauseEvaluator:
        return ClauseEvaluator(self._harness.contract, registry()[id])

    def _run_first_pass(self, evaluators: Mapping[str, ClauseEvaluator]) -> str | None:
        """Check all clauses on all inputs; return why if it was cut short."""
        observer = FirstPass(evaluators, self._counted, self._every)
        self._harness.set_observer(observer, self._call_stats)
        if self._test.cases:
            return self._run_cases(observer)
        partitions = self._partitions
        allowed = 1 if self._counted.exhausted else _COSTLY_TEST
        for index, (name, strategy) in enumerate(partitions.items()):
            left = len(partitions) - index - 1
            if self._counted.patience.ended:
                return describe_cut(left + 1)
            observer.cls = name
            try:
                for values in self._values(name, strategy):
                    self._run_body(values)
            except SkipTest:
                return describe_cut(left)
            except SkipPartition:
                if self._call_stats.expensive >= allowed and left:
                    return f"cut short: calls hung or ended the client; {left} input classes were not tried"
        return None

    def _run_cases(self, observer: FirstPass) -> str | None:
        """Make all fixed calls at the same time, or wait for those under way, and check them in order. Return
        why if it was cut short.
        """
        if self._begun:
            collected = [job.result() for job in self._begun]
        else:
            collected = self._harness.clients.run_concurrently(self._jobs())
        made = {
            name: trials
            for name, trials in zip(self._test.cases, collected, strict=True)
            if trials is not None
        }
        jobs = dict(zip(self._test.cases, self._jobs(), strict=True))
        repeat_hung_calls(self._harness.clients, jobs, made)
        for observer.cls, trials in made.items():
            for trial in trials:
                observer.observe(trial)
        left = len(self._test.cases) - len(made)
        return describe_cut(left) if left else None

    def _jobs(self) -> list[Calls]:
        """Make a job for each fixed call that returns its trials; None if the run waited too long before."""

        def job(index: int, arguments: Mapping[str, Any]) -> list[Trial] | None:
            if self._call_stats.patience.ended:
                return None
            return self._harness.run_without_stall(lambda: collect(index, arguments))

        def collect(index: int, arguments: Mapping[str, Any]) -> list[Trial]:
            collector = Collector()
            self._harness.set_observer(collector, self._call_stats, index=index, owner=self)
            with suppress(SkipPartition):
                self._test.body(self._harness, **arguments)
            self._harness.set_observer(None)
            return collector.trials

        return [partial(job, index, each) for index, each in enumerate(self._test.cases.values())]

    @property
    def _counted(self) -> CallStats:
        """What all tests count that call the same client: a fixed case has only its own."""
        return self._call_stats.whole or self._call_stats

    @cached_property
    def _partitions(self) -> Partitions[dict[str, Any]]:
        return self._test.partitions(self._harness.contract)

    def _values(self, cls: str, strategy: SearchStrategy[dict[str, Any]]) -> Sequence[dict[str, Any]]:
        listed, draws = self._partitions.listed.get(cls), self._draws_of(cls)
        if listed is None:
            return self._draw(strategy, **draws)
        return choose(listed, seed=draws["seed"], name=draws["name"], most=self._most_listed)

    def _draws_of(self, cls: str) -> Draws:
        """What decides which values of an input class are drawn."""
        return {
            "seed": self._seed,
            "name": f"{self._test.seed_key or self._test.name}/{cls}",
            "examples": self._examples,
            "database": self._harness.profile.database,
        }

    @property
    def _examples(self) -> int:
        budget = self._harness.client.budget
        return self._harness.profile.share(len(self._partitions), budget, self._test.calls)

    @property
    def _most_listed(self) -> int:
        """How many values are tried of a class that lists them: drawn ones are alike, and these are not. One
        if there is time for one example a class.
        """
        return _LISTED * self._examples if self._examples > 1 else 1

    def _run_body(self, arguments: Mapping[str, Any]) -> None:
        def run() -> None:
            self._harness.calls.leave_desynced()
            self._test.body(self._harness, **arguments)

        self._harness.run_without_stall(run)

    def _conclude(self, evaluator: ClauseEvaluator, cut: str | None) -> ClauseResult:
        return evaluator.conclude(
            repeat=self._describe_repeat(evaluator.function.id),
            present=partial(self._present, evaluator),
            unsupported=None if cut else evaluator.function.otherwise,
            cut_off=cut,
            unmet=NO_REQUEST if evaluator.function.id in self._every else self._describe_unsupported_calls(),
            find_cause=self._find_cause,
        )

    def _describe_repeat(self, id: str) -> str:
        """The command that reproduces a clause's failure. Of an unconditional clause, it also selects one
        that the test proves, without which the test is not run.
        """
        return self._repeat(self.proven[0], id) if id in self._every else self._repeat(id)

    def _describe_unsupported_calls(self) -> str | None:
        """What the driver says if it could make none of the calls; None if it made one."""
        reason = self._counted.unsupported
        if not reason or self._counted.supported:
            return None
        return f"the driver reported every call as unsupported: {abbreviate(Redactor([CANARY]).text(reason))}"

    def _present(self, evaluator: ClauseEvaluator, first: Occurrence) -> Occurrence:
        """Shrink a violation if its input class shows it alone; else return it as it was first seen. A note
        says that earlier calls may be its cause.
        """
        if self._waited_for_others(first):
            return replace(first, note=WAITED)
        if not self._can_shrink:
            return first
        smallest = self._shrink(evaluator.function, first.key, first.input_class)
        times = f"seen in {evaluator.seen[first.key]} of {evaluator.count} exchanges"
        note = f"{times}, first after {first.number - 1} others; {_DEPENDS_ON_EARLIER_CALLS}"
        if smallest is None:
            return replace(first, note=note)
        finding, trial, number = smallest
        # The same inputs in the same order show it sooner than at first: the client's state has changed.
        return replace(first, finding=finding, trial=trial, note=note if number < first.in_class else None)

    def _waited_for_others(self, found: Occurrence) -> bool:
        """Whether a call hung beside others, in a run in which such a call does not hang alone."""
        violating = found.finding.find_exchange(found.trial)
        waited = self._test.cases and self._harness.clients.hangs_alone is False
        return bool(waited and violating.outcome.kind == "hang")

    def _find_cause(self, found: Occurrence) -> str | None:
        return BLOCKED if self._waited_for_others(found) else find_cause(self._harness.contract, found)

    @property
    def _can_shrink(self) -> bool:
        """Whether violations are searched for once more: not with fixed calls, nor after calls that hung or
        took too long.
        """
        patience = self._counted.patience
        return not (self._test.cases or self._call_stats.expensive or patience.tried or patience.ended)

    def _shrink(self, function: ClauseFunction, key: str, cls: str) -> tuple[Finding, Trial, int] | None:
        observer = ShrinkPass(self._harness, function, key, every=function.id in self._every)
        self._harness.set_observer(observer, self._call_stats)
        with suppress(SkipPartition):
            if cls in self._partitions.listed:
                find_first(self._values(cls, self._partitions[cls]), self._run_body)
            else:
                shrink(self._partitions[cls], self._run_body, **self._draws_of(cls))
        return observer.smallest


def unsupported_reason(harness: Harness, id: str) -> str | None:
    """Return why this contract, client and transport cannot show a clause, or None if they can."""

    def explain(need: str) -> str | None:
        if need == "concurrency" and not harness.clients.calls_overlap:
            declared = f"your driver declares `concurrency`: {harness.client.concurrency}"
            return f"{declared}, but makes one call after the other"
        if need == "concurrency" and harness.client.concurrency > 1:
            return "this transport handles one call at a time (use --transport loopback)"
        if need == "http2" and "network" not in harness.transport.shows:
            return None  # the need of a network says why
        if need == "proxy" and "own-root" not in harness.transport.shows:
            return None  # a client at its own root is behind a proxy then
        return harness.clients.find_own_root_obstacle() if need == "own-root" else NEEDS[need]

    return find_unsupported(harness.contract, registry()[id], harness.clients.shows, explain)
