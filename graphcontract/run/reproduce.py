"""Finds one case of a clause: calls and responses that exercise it, or with which a client violates it.

A client makes the calls of the suites until one of its trials matches. `serve` shows the case to a debugger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal, Unpack

from graphcontract.clauses import UNCONDITIONAL, ClauseFunction, registry
from graphcontract.contract.model import Contract
from graphcontract.exchange import Call, Exchange, Trial
from graphcontract.http.stub_response import StubResponse
from graphcontract.judging.call_runner import CallOptions
from graphcontract.judging.client_set import ClientSet
from graphcontract.judging.evaluator import find_violations
from graphcontract.judging.harness import Harness, SkipPartition
from graphcontract.judging.hypothesis_runner import simplest
from graphcontract.judging.profile import Profile
from graphcontract.judging.suite_api import SuiteTest
from graphcontract.judging.test_run import SuiteTestRun
from graphcontract.run.suite_tests import suite_tests

Role = Literal["control", "before", "exchange"]


@dataclass(frozen=True, slots=True)
class CaseStep:
    """One call of a case, how it is answered and how it is made, and its role in the trial."""

    call: Call
    answers: tuple[StubResponse, ...]
    how: CallOptions
    role: Role = "exchange"


def trial_of(steps: Sequence[CaseStep], exchanges: Sequence[Exchange]) -> Trial:
    """Make the trial of a case whose calls were made again, each in the role of its step."""
    roles = [step.role for step in steps]
    control = exchanges[roles.index("control")] if "control" in roles else None
    before = tuple(each for role, each in zip(roles, exchanges, strict=True) if role == "before")
    return Trial(exchanges[-1], control, before)


class RecordingHarness(Harness):
    """A harness that keeps, for each exchange, the step that made it."""

    def __init__(self, contract: Contract, clients: ClientSet, profile: Profile) -> None:
        super().__init__(contract, clients, profile)
        self._made: list[tuple[Exchange, CaseStep]] = []

    @classmethod
    def of(cls, harness: Harness) -> RecordingHarness:
        """Make one more harness for the same clients."""
        return cls(harness.contract, harness.clients, harness.profile)

    def perform(self, call: Call, responses: Sequence[StubResponse], **how: Unpack[CallOptions]) -> Exchange:
        """Make one call as any harness does, and keep its step."""
        exchange = super().perform(call, responses, **how)
        self._made.append((exchange, CaseStep(call, tuple(responses), how)))
        return exchange

    def steps(self, trial: Trial) -> list[CaseStep]:
        """Return the steps that made a trial: its control first, the call under examination last."""
        steps = [replace(self._step(each), role="before") for each in trial.before]
        if trial.control is not None:
            steps.insert(0, replace(self._step(trial.control), role="control"))
        return [*steps, self._step(trial.exchange)]

    def _step(self, exchange: Exchange) -> CaseStep:
        return next(step for made, step in self._made if made is exchange)


def usual_case(harness: RecordingHarness, clause: str) -> list[CaseStep] | None:
    """Return the first case of the suites that exercises the clause, with the simplest input of an input
    class; None if the harness's client exercises it with none of these.
    """
    function = registry()[clause]
    observer = _FirstMatch(lambda trial: function.when(harness.contract, trial))
    for test in _proving(clause):
        for drawn in _draws(test, harness):
            harness.set_observer(observer)
            with suppress(SkipPartition, _Found):
                harness.run_without_stall(partial(test.body, harness, **drawn))
            harness.set_observer(None)
            if observer.found is not None:
                return harness.steps(_shortest(function, observer.found, observer.wanted))
    return None


def failing_case(harness: RecordingHarness, clause: str, evidence: str, seed: int) -> list[CaseStep] | None:
    """Return the case in which the harness's client shows the failure with this evidence id, shrunk; None if
    it does not.
    """
    function = registry()[clause]

    def shows(trial: Trial) -> bool:
        return evidence in (find_violations(harness.contract, function, trial) or {})

    for test in _proving(clause):
        clauses = list(dict.fromkeys((*test.proves[:1], clause)))  # the first is what the test is run for
        trying = SuiteTestRun(test, harness, clauses=clauses, seed=seed, repeat=str)
        trial = trying.trial(clause, evidence)
        if trial is not None:
            return harness.steps(_shortest(function, trial, shows))
    return None


class _Found(BaseException):
    """Ends a test whose further calls are not needed."""


class _FirstMatch:
    """An observer that waits for one trial in which a response was served, and ends the test there."""

    def __init__(self, wanted: Callable[[Trial], bool]) -> None:
        self.wanted = wanted
        self.found: Trial | None = None

    def observe(self, trial: Trial) -> None:
        """Compare one trial."""
        if all(step.fault != "refused" for step in trial.exchanges) and self.wanted(trial):
            self.found = trial
            raise _Found


def _proving(clause: str) -> list[SuiteTest]:
    """The tests that check a clause: of an unconditional one all tests, those that prove it first."""
    tests = sorted(suite_tests(), key=lambda test: clause not in test.proves)
    return [test for test in tests if clause in test.proves or clause in UNCONDITIONAL]


def _draws(test: SuiteTest, harness: Harness) -> Iterator[Mapping[str, Any]]:
    if test.cases:
        yield from test.cases.values()
    else:
        yield from map(simplest, test.partitions(harness.contract).values())


def _shortest(function: ClauseFunction, trial: Trial, wanted: Callable[[Trial], bool]) -> Trial:
    """Leave out the steps before the last one, unless the clause depends on them."""
    alone = trial.alone()
    return alone if not function.uses_earlier_steps and wanted(alone) else trial
