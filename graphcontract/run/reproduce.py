"""One case of a clause: the calls and answers that put it to the proof, found by letting a client make them.

Knows suites, gates and clauses; it does not know what a case is wanted for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Literal, Unpack

from graphcontract.clauses import ClauseFunction, registry
from graphcontract.exchange import Call, Exchange, Trial
from graphcontract.http.stub_response import StubResponse
from graphcontract.judging.harness import CallOptions, Harness, SkipPartition
from graphcontract.judging.hypothesis_runner import StopExploring, simplest
from graphcontract.judging.suite_api import SuiteTest
from graphcontract.judging.test_run import SuiteTestRun
from graphcontract.judging.verdict import evidence_id
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
    """The trial of a case whose calls were made again, each in the role that its step has."""
    roles = [step.role for step in steps]
    control = exchanges[roles.index("control")] if "control" in roles else None
    before = tuple(each for role, each in zip(roles, exchanges, strict=True) if role == "before")
    return Trial(exchanges[-1], control, before)


class RecordingHarness(Harness):
    """A gate that knows of each exchange how it was staged."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._staged: list[tuple[Exchange, CaseStep]] = []

    @classmethod
    def of(cls, harness: Harness) -> RecordingHarness:
        """One more gate for the same client."""
        return cls(
            harness.contract,
            harness.client,
            harness.transport,
            harness.profile,
            another=harness.another,
            at_own_root=harness.at_own_root,
            guard=harness.guard,
        )

    def perform(self, call: Call, answers: Sequence[StubResponse], **how: Unpack[CallOptions]) -> Exchange:
        """Make one call as any gate does, and remember it."""
        exchange = super().perform(call, answers, **how)
        self._staged.append((exchange, CaseStep(call, tuple(answers), how)))
        return exchange

    def steps(self, trial: Trial) -> list[CaseStep]:
        """How the exchanges of a trial were staged, its control first and the one under examination last."""
        steps = [replace(self._step(each), role="before") for each in trial.before]
        if trial.control is not None:
            steps.insert(0, replace(self._step(trial.control), role="control"))
        return [*steps, self._step(trial.exchange)]

    def _step(self, exchange: Exchange) -> CaseStep:
        return next(step for made, step in self._staged if made is exchange)


def usual_case(harness: RecordingHarness, clause: str) -> list[CaseStep] | None:
    """The first case of the suites that could break the clause, of the simplest of each class of input; None
    where the gate's client meets none.
    """
    function = registry()[clause]
    observer = _FirstMatch(lambda trial: function.when(harness.contract, trial))
    for test in _proving(clause):
        for drawn in _draws(test, harness):
            harness.set_observer(observer)
            with suppress(SkipPartition, StopExploring):
                test.body(harness, **drawn)
            harness.set_observer(None)
            if observer.found is not None:
                return harness.steps(_shortest(function, observer.found, observer.wanted))
    return None


def failing_case(harness: RecordingHarness, clause: str, evidence: str, seed: int) -> list[CaseStep] | None:
    """The case in which the gate's client shows the fault of that evidence id, as small as it gets; None
    where it does not.
    """
    function, evidence_key = registry()[clause], harness.contract.clauses[clause].evidence_key

    def shows(trial: Trial) -> bool:
        findings = function.judge(harness.contract, trial)
        return any(evidence_id(evidence_key, each.kind, each.input) == evidence for each in findings)

    for test in _proving(clause):
        trying = SuiteTestRun(test, harness, clauses=[clause], seed=seed, repeat=str)
        trial = trying.trial(clause, evidence)
        if trial is not None:
            return harness.steps(_shortest(function, trial, shows))
    return None


class _FirstMatch:
    """A court that waits for one trial, in which something is served, and hears no further ones."""

    def __init__(self, wanted: Callable[[Trial], bool]) -> None:
        self.wanted = wanted
        self.found: Trial | None = None

    def hear(self, trial: Trial) -> None:
        """Judge one trial."""
        if all(step.fault != "refused" for step in trial.exchanges) and self.wanted(trial):
            self.found = trial
            raise StopExploring


def _proving(clause: str) -> list[SuiteTest]:
    return [test for test in suite_tests() if clause in test.proves]


def _draws(test: SuiteTest, harness: Harness) -> Iterator[Mapping[str, Any]]:
    if test.cases:
        yield from test.cases.values()
    else:
        yield from map(simplest, test.partitions(harness.contract).values())


def _shortest(function: ClauseFunction, trial: Trial, wanted: Callable[[Trial], bool]) -> Trial:
    """The last step alone, where the steps before it are nothing to the clause."""
    alone = trial.alone()
    return alone if not function.uses_earlier_steps and wanted(alone) else trial
