"""Runs one test of a suite on a harness: every input class, every clause, each violation shrunk once.

A first pass checks all clauses on all inputs and raises nothing, so that no violation hides another. Then
each violated clause is searched for once more, alone, on the same draws, and its input is shrunk.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic
from typing import Any

from hypothesis.strategies import SearchStrategy

from graphcontract.clauses import ClauseFunction, Finding, registry
from graphcontract.clients import ClientUnavailable
from graphcontract.contract.model import Contract
from graphcontract.exchange import Trial
from graphcontract.inputs.tokens import CANARY
from graphcontract.judging.client_pool import ClientPool
from graphcontract.judging.evidence import evidence, exchange
from graphcontract.judging.harness import CallStats, Harness, SkipPartition
from graphcontract.judging.hypothesis_runner import Reproduced, StopExploring, explore
from graphcontract.judging.redaction import Redactor
from graphcontract.judging.suite_api import SuiteTest
from graphcontract.judging.target import Target
from graphcontract.judging.verdict import ClauseResult, evidence_id

_COSTLY_TEST = 3
_SHRINKING_CALLS = 400
_SHRINKING_SECONDS = 10.0
_PRECONDITION_NOT_MET = "no exchange met this clause's precondition"

_UNSEEN = {
    "wire": "this transport does not show raw bytes (use --transport loopback)",
    "network": "this transport has no network faults, redirects or TLS (use --transport loopback)",
    "credentials": "your driver declares that the client sends no token to these hosts (`hosts`) or "
    "over http (`https`)",
    "timeout": "your driver declares that the client has no timeout (`timeout`)",
    "concurrency": "your driver handles one call at a time (`concurrency`)",
    "status": "the client does not report the HTTP status code",
    "code": "the client does not report the error's code",
    "message": "the client does not report the error's message",
    "request-id": "the client does not report the request id",
    "id": "the request path is built by graphcontract, not by the client",
}


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A finding, the trial that showed it, its class of input; `before` counts the exchanges until then."""

    finding: Finding
    trial: Trial
    cls: str
    before: int


@dataclass
class ClauseStats:
    """What a test's first pass learns of one clause."""

    function: ClauseFunction
    exercised: dict[str, int] = field(default_factory=dict)
    sightings: dict[str, Occurrence] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """The number of exchanges that exercised the clause."""
        return sum(self.exercised.values())


class _FirstPass:
    """The observer of the first pass: checks every clause on every trial, and raises nothing."""

    def __init__(self, contract: Contract, hearings: Mapping[str, ClauseStats], stats: CallStats) -> None:
        self._contract, self._hearings, self._tally = contract, hearings, stats
        self.cls = ""

    def hear(self, trial: Trial) -> None:
        contract = self._contract
        for id, hearing in self._hearings.items():
            if not hearing.function.when(contract, trial):
                continue
            hearing.exercised[self.cls] = hearing.exercised.get(self.cls, 0) + 1
            for finding in hearing.function.judge(contract, trial):
                key = evidence_id(contract.clauses[id].evidence_key, finding.kind, finding.input)
                hearing.seen[key] = hearing.seen.get(key, 0) + 1
                sighting = Occurrence(finding, trial, self.cls, self._tally.exchanges)
                hearing.sightings.setdefault(key, sighting)


class _Collector:
    """The observer of one of several concurrent calls: collects trials, to be checked in order later."""

    def __init__(self) -> None:
        self.trials: list[Trial] = []

    def hear(self, trial: Trial) -> None:
        self.trials.append(trial)


class _ShrinkPass:
    """The observer of the second pass: shrinks one violation of one clause."""

    def __init__(self, harness: Harness, function: ClauseFunction, key: str) -> None:
        self._gate, self._function, self._key = harness, function, key
        self._until = monotonic() + _SHRINKING_SECONDS
        self._calls = 0
        self.smallest: tuple[Finding, Trial] | None = None

    def hear(self, trial: Trial) -> None:
        self._calls += 1
        if self.smallest and (self._calls > _SHRINKING_CALLS or monotonic() > self._until):
            raise StopExploring
        contract = self._gate.contract
        if not self._function.when(contract, trial):
            return
        evidence_key = contract.clauses[self._function.id].evidence_key
        for finding in self._function.judge(contract, trial):
            if evidence_id(evidence_key, finding.kind, finding.input) == self._key:
                self.smallest = (finding, trial)
                raise Reproduced


class SuiteTestRun:
    """One test on one harness. `repeat` makes the command that reproduces a clause's failure."""

    def __init__(
        self,
        test: SuiteTest,
        harness: Harness,
        *,
        clauses: Collection[str],
        seed: int,
        repeat: Callable[[str], str],
        record: bool = False,
    ) -> None:
        self._test, self._gate, self.clauses = test, harness, clauses
        self._seed, self._repeat, self._record = seed, repeat, record
        self._parts: dict[str, ClauseResult] | None = None
        # Calls at the same time as others are counted apart: what they cost must not depend on those.
        self._tally = CallStats() if test.cases else harness.stats
        self._costly = self._tally.expensive
        self._begun: list[Future[list[Trial]]] = []
        self._recorded: list[dict[str, Any]] = []

    def begin(self, crew: ClientPool[Target]) -> None:
        """Start the calls of fixed cases in the background, while other tests run."""
        if self._test.cases and any(unsupported_reason(self._gate, id) is None for id in self.clauses):
            self._listen_in()
            self._begun = [crew.submit(job) for job in self._jobs()]

    def part(self, clause: str) -> ClauseResult:
        """Return the test's result for a clause. The first call runs the test for all of its clauses."""
        if self._parts is not None:
            return self._parts[clause]
        started = monotonic()
        before = 0 if self._test.cases else self._tally.exchanges
        self._costly = self._tally.expensive
        self._listen_in()
        self._parts = self._run()
        return replace(
            self._parts[clause],
            duration=monotonic() - started,
            exchanges=self._tally.exchanges - before,
            recorded=tuple(self._recorded),
        )

    def _listen_in(self) -> None:
        """Record what is exchanged from now on, where the run keeps it."""
        if self._record:
            self._tally.hear = lambda each: self._recorded.append(exchange(each))

    def trial(self, clause: str, key: str) -> Trial | None:
        """A trial that shows the fault of this evidence id, the smallest where it can be shrunk; None where
        the client does not show it.
        """
        hearing = ClauseStats(registry()[clause])
        try:
            self._listen({clause: hearing})
            sighting = hearing.sightings.get(key)
            if sighting is None:
                return None
            smallest = self._hunt(hearing.function, key, sighting.cls) if self._shrinks else None
        finally:
            self._gate.set_observer(None)
        return smallest[1] if smallest else sighting.trial

    def _run(self) -> dict[str, ClauseResult]:
        parts: dict[str, ClauseResult] = {}
        hearings: dict[str, ClauseStats] = {}
        for id in self.clauses:
            reason = unsupported_reason(self._gate, id)
            if reason is None:
                hearings[id] = ClauseStats(registry()[id])
            else:
                parts[id] = ClauseResult(id, "not-supported", reason=reason)
        if not hearings:
            return parts
        try:
            cut = self._listen(hearings)
            for id, hearing in hearings.items():
                given_up = self._gate.cut_off(hearing.function.needs)
                parts[id] = self._conclude(id, hearing, cut if given_up is None else given_up)
        except ClientUnavailable as error:  # a further copy of the client, which calls at the same time need
            reason = f"a copy of the client could not be started: {error.message}"
            return {id: ClauseResult(id, "not-run", reason=reason) for id in hearings} | parts
        except Exception:
            wrong = Redactor([CANARY]).text(traceback.format_exc())
            return {id: ClauseResult(id, "error", reason=wrong) for id in hearings} | parts
        finally:
            self._gate.set_observer(None)
        return parts

    def _listen(self, hearings: Mapping[str, ClauseStats]) -> str | None:
        """The first pass; a text where it was cut short."""
        observer = _FirstPass(self._gate.contract, hearings, self._tally)
        self._gate.set_observer(observer)
        if self._test.cases:
            self._listen_side_by_side(observer)
            return None
        partitions = self._test.partitions(self._gate.contract)
        allowed = 1 if self._gate.exhausted else _COSTLY_TEST
        for index, (name, strategy) in enumerate(partitions.items()):
            observer.cls = name
            try:
                self._explore(name, strategy, len(partitions))
            except SkipPartition:
                if self._tally.expensive - self._costly >= allowed and index + 1 < len(partitions):
                    left = len(partitions) - index - 1
                    return f"cut short: calls hung or ended the client; {left} input classes were not tried"
        return None

    def _listen_side_by_side(self, observer: _FirstPass) -> None:
        """Make all fixed calls at the same time, or wait for those that are made, and hear them in order."""
        if self._begun:
            heard = [future.result() for future in self._begun]
        else:
            heard = self._gate.at_once(self._jobs())
        for observer.cls, trials in zip(self._test.cases, heard, strict=True):
            for trial in trials:
                observer.hear(trial)

    def _jobs(self) -> list[Callable[[], list[Trial]]]:
        """Each fixed call, as what makes it and gives its trials."""

        def job(place: int, arguments: Mapping[str, Any]) -> list[Trial]:
            collected = _Collector()
            self._gate.set_observer(collected, self._tally, place=place, owner=self)
            with suppress(SkipPartition):
                self._test.body(self._gate, **arguments)
            self._gate.set_observer(None)
            return collected.trials

        return [partial(job, place, each) for place, each in enumerate(self._test.cases.values())]

    def _explore(
        self, name: str, strategy: SearchStrategy[Any], partitions: int, *, shrink: bool = False
    ) -> None:
        profile = self._gate.profile

        def body(drawn: Mapping[str, Any]) -> None:
            self._gate.start_example()
            self._test.body(self._gate, **drawn)

        explore(
            strategy,
            body,
            seed=self._seed,
            name=f"{self._test.seed_key or self._test.name}/{name}",
            examples=profile.share(partitions, self._gate.client.budget, self._test.calls),
            shrink=shrink,
            database=profile.database,
        )

    def _conclude(self, id: str, hearing: ClauseStats, cut: str | None) -> ClauseResult:
        classes = dict(hearing.exercised)
        if hearing.sightings:
            keys = list(hearing.sightings)
            shown = self._shown(id, hearing, keys[0])
            return ClauseResult(
                id, "fail", hearing.count, evidence=shown, also=tuple(keys[1:]), classes=classes
            )
        if hearing.count and not cut:
            return ClauseResult(id, "pass", hearing.count, classes=classes)
        if hearing.function.otherwise and not cut:
            return ClauseResult(id, "not-supported", reason=hearing.function.otherwise)
        if cut:
            return ClauseResult(id, "not-run", hearing.count, reason=cut, classes=classes)
        return ClauseResult(id, "not-exercised", reason=_PRECONDITION_NOT_MET)

    def _shown(self, id: str, hearing: ClauseStats, key: str) -> dict[str, Any]:
        """Evidence for a fault: shrunk where it shows again, else as it was first seen."""
        sighting = hearing.sightings[key]
        finding, trial, note = sighting.finding, sighting.trial, None
        if self._shrinks:
            smallest = self._hunt(hearing.function, key, sighting.cls)
            if smallest is not None:
                finding, trial = smallest
            else:
                times = f"{hearing.seen[key]} of {hearing.count} exchanges"
                note = f"seen in {times}, first after {sighting.before - 1} others; could not be reproduced"
        if not hearing.function.uses_earlier_steps:
            trial = trial.alone()
        return evidence(self._gate.contract.clauses[id], finding, trial, repeat=self._repeat(id), note=note)

    @property
    def _shrinks(self) -> bool:
        """Whether a fault is looked for once more: calls that are fixed, or that hung, are not."""
        return self._tally.expensive == self._costly and not self._test.cases

    def _hunt(self, function: ClauseFunction, key: str, cls: str) -> tuple[Finding, Trial] | None:
        observer = _ShrinkPass(self._gate, function, key)
        self._gate.set_observer(observer)
        partitions = self._test.partitions(self._gate.contract)
        with suppress(SkipPartition):
            self._explore(cls, partitions[cls], len(partitions), shrink=True)
        return observer.smallest


def unsupported_reason(harness: Harness, id: str) -> str | None:
    """Return why this contract, client and transport cannot show a clause, or None if they can."""
    function = registry()[id]
    not_applicable = function.not_applicable(harness.contract)
    if not_applicable is not None:
        return not_applicable
    for need in sorted(function.needs - harness.shows):
        if need == "concurrency" and harness.client.concurrency > 1:
            return "this transport handles one call at a time (use --transport loopback)"
        unseen = harness.not_at_own_root() if need == "own-root" else _UNSEEN[need]
        if unseen is not None:
            return unseen
    return None
