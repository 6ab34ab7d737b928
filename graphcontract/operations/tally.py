"""Decides what the results of operations mean for a run: applies the list of known failures and the baseline,
folds equal findings, and counts. A run and the merging of reports share it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from graphcontract.contract.model import Level
from graphcontract.judging.run_recorder import ExitStatus, failure_counts
from graphcontract.operations.baseline import Baseline
from graphcontract.operations.isolation import Isolated
from graphcontract.operations.known_findings import KnownFindings
from graphcontract.reporting.events import (
    Accepted,
    FailOn,
    FindingEvent,
    Footer,
    OperationEvent,
    PlannedClause,
    VerdictKind,
)
from graphcontract.reporting.verdict_text import SUPPORTED

UNJUDGED: tuple[VerdictKind, ...] = ("not-run", "not-exercised")

_EXAMPLES = 10  # ids of operations that one finding names

Source = TypeVar("Source")


@dataclass(frozen=True, slots=True)
class Lists:
    """What a run is compared with: the failures that are known, and the operations that were supported."""

    known: KnownFindings | None = None
    baseline: Baseline | None = None


@dataclass(frozen=True, slots=True)
class Seen(Generic[Source]):
    """A violation in one operation. `source` is what its evidence can be made of."""

    evidence: str
    clause: str
    level: Level
    source: Source


@dataclass(frozen=True, slots=True)
class Observed(Generic[Source]):
    """What the calls of an operation showed. `position` is its place in the order of the run."""

    operation: str
    request: str
    verdict: VerdictKind
    position: tuple[int, ...]
    exchanges: int = 0
    duration: float = 0.0
    seen: Sequence[Seen[Source]] = ()
    reason: str | None = None
    self_derived: bool = False
    note: str | None = None


@dataclass(slots=True)
class Fault(Generic[Source]):
    """A violation that several operations show, and that the list accepts in all of them or in none."""

    seen: Seen[Source]
    accepted: bool
    fails_run: bool
    reason: str | None
    operations: list[tuple[tuple[int, ...], str]] = field(default_factory=list)
    first: tuple[int, ...] | None = None


class RunTally(Generic[Source]):
    """Takes operations in any order. `whole` is whether these are all operations of the run: without that,
    nothing that is listed counts as fixed.
    """

    def __init__(
        self, clauses: Sequence[PlannedClause], *, fail_on: FailOn, lists: Lists, whole: bool = True
    ) -> None:
        self._levels = {each["clause"]: each["level"] for each in clauses}
        self._fail_on: FailOn = fail_on if lists.known is None else "should"
        self._known, self._baseline = lists.known, lists.baseline
        self._whole = whole
        self._faults: dict[tuple[str, bool], Fault[Source]] = {}
        self._counts: dict[VerdictKind, int] = {}
        self._judged: dict[str, str] = {}
        self._unsettled: dict[str, str] = {}
        self._exercised: dict[str, int] = {}
        self._listed = self._lost = self._gained = 0
        self._violated = self._exchanges = self._self_derived = 0
        self.has_failed = False

    @property
    def fail_on(self) -> FailOn:
        """The lowest level whose violation fails the run; SHOULD with a list of known failures."""
        return self._fail_on

    def count_exercised(self, clauses: Mapping[str, int]) -> None:
        """Add how many operations exercised each clause."""
        for id, number in clauses.items():
            self._exercised[id] = self._exercised.get(id, 0) + number

    def add(self, observed: Observed[Source]) -> OperationEvent:
        """Take an operation, and make its event."""
        faults = [self._fold(each, observed) for each in observed.seen]
        verdict, reason = observed.verdict, observed.reason
        fails = verdict == "error" or verdict in UNJUDGED
        if observed.seen:
            verdict = "known-failure" if all(each.accepted for each in faults) else "fail"
            fails |= any(each.fails_run for each in faults)
            self._violated += fails
            reason = "; ".join(dict.fromkeys(each.reason for each in faults if each.reason)) or None
        lost = self._compare_with_baseline(observed.operation, verdict)
        fails |= lost
        settled = verdict in SUPPORTED
        if settled or verdict in UNJUDGED or verdict == "error":
            (self._judged if settled else self._unsettled)[observed.operation] = observed.request
        self._self_derived += settled and observed.self_derived
        self._counts[verdict] = self._counts.get(verdict, 0) + 1
        self._exchanges += observed.exchanges
        self.has_failed |= fails
        event: OperationEvent = {
            "event": "operation",
            "operation": observed.operation,
            "request": observed.request,
            "verdict": verdict,
            "fails_run": fails,
            "exchanges": observed.exchanges,
            "duration": round(observed.duration, 4),
        }
        if observed.seen:
            event["findings"] = sorted(each.evidence for each in observed.seen)
        known = sorted(
            each.evidence for each, fault in zip(observed.seen, faults, strict=True) if fault.accepted
        )
        if known:
            event["accepted"] = known
        levels = {
            each.evidence: each.level for each in observed.seen if each.level != self._levels.get(each.clause)
        }
        if levels:
            event["levels"] = levels
        if observed.self_derived:
            event["self_derived"] = True
        if lost:
            event["newly_unsupported"] = True
        if reason is not None:
            event["reason"] = reason
        if observed.note is not None:
            event["note"] = observed.note
        return event

    def _fold(self, seen: Seen[Source], observed: Observed[Source]) -> Fault[Source]:
        accepted, reason = False, None
        if self._known is not None:
            acceptance = self._known.accept(seen.evidence, observed.operation, observed.request)
            accepted, reason = acceptance.accepted, acceptance.reason
        key = seen.evidence, accepted
        if key not in self._faults:
            counts = failure_counts(seen.level, seen.clause, self._fail_on, self._known)
            self._faults[key] = Fault(seen, accepted, counts and not accepted, reason)
        fault = self._faults[key]
        fault.operations.append((observed.position, observed.operation))
        if fault.first is None or observed.position < fault.first:
            fault.first, fault.seen = observed.position, seen
        return fault

    def _compare_with_baseline(self, operation: str, verdict: VerdictKind) -> bool:
        """Count an operation; return whether it is listed and not supported any more."""
        if self._baseline is None:
            return False
        listed = operation in self._baseline.ids
        self._listed += listed
        self._gained += not listed and verdict in SUPPORTED
        lost = listed and verdict == "not-supported"
        self._lost += lost
        return lost

    def describe_faults(self, present: Callable[[Fault[Source]], Isolated | None]) -> Iterator[FindingEvent]:
        """Yield an event for each fault, with the evidence that `present` makes; none without evidence. What
        fails the run comes first, then what most operations show.
        """
        for fault in sorted(self._faults.values(), key=_rank):
            isolated = present(fault)
            if isolated is not None:
                yield _describe(fault, isolated)

    def make_footer(
        self, *, extra_exchanges: int, duration: float, interrupted: bool, stopped: bool = False
    ) -> Footer:
        """Make the last event. `extra_exchanges` were made for evidence. Nothing is fixed in a run that was
        interrupted or stopped early.
        """
        whole = self._whole and not interrupted and not stopped
        fixed = []
        if self._known is not None and whole:
            fixed = list(self._known.find_fixed(self._judged, self._unsettled, self._exercised))
        must = [id for id, level in self._levels.items() if level == "MUST"]
        status = ExitStatus.INTERRUPTED if interrupted else self._find_exit_status(outdated=bool(fixed))
        footer: Footer = {
            "event": "footer",
            "counts": self._counts,
            "must": {"judged": sum(id in self._exercised for id in must), "planned": len(must)},
            "exchanges": self._exchanges + extra_exchanges,
            "duration": round(duration, 3),
            "exit_status": status.value,
            "operations": {
                "planned": sum(self._counts.values()),
                "judged": len(self._judged),
                "unsupported": self._counts.get("not-supported", 0),
                "violated": self._violated,
            },
            "exercised": dict(sorted(self._exercised.items())),
        }
        if self._self_derived:
            footer["operations"]["self_derived"] = self._self_derived
        if self._known is not None:
            footer["accepted"] = [
                Accepted(clause=entry.clause, level=self._levels[entry.clause], **entry.describe())
                for entry in self._known.list_accepting()
            ]
        if fixed:
            footer["fixed"] = fixed
        if self._baseline is not None:
            footer["baseline"] = {"listed": self._listed, "lost": self._lost, "gained": self._gained}
        if interrupted:
            footer["interrupted"] = True
        return footer

    def _find_exit_status(self, *, outdated: bool) -> ExitStatus:
        if self._counts.get("error"):
            return ExitStatus.HARNESS
        if not self._judged:
            return ExitStatus.NOTHING_EXERCISED
        return ExitStatus.VIOLATED if self.has_failed or outdated else ExitStatus.OK


def _rank(fault: Fault[Source]) -> tuple[bool, bool, int, tuple[int, ...] | None]:
    return not fault.fails_run, fault.accepted, -len(fault.operations), fault.first


def _describe(fault: Fault[Source], isolated: Isolated) -> FindingEvent:
    ordered = [id for _, id in sorted(fault.operations)]
    event: FindingEvent = {
        "event": "finding",
        "clause": fault.seen.clause,
        "level": fault.seen.level,
        "fails_run": fault.fails_run,
        "evidence": isolated.evidence,
        "operation": ordered[0],
        "operations": len(ordered),
        "examples": ordered[:_EXAMPLES],
    }
    if isolated.previous is not None:
        event["after"] = isolated.previous
    if fault.accepted:
        event["accepted"] = True
    if fault.reason is not None:
        event["reason"] = fault.reason
    return event
