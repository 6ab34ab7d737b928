"""Records the results of operations: emits an event for each, folds equal violations, and ends with a footer.

A violation is identified by evidence id and operation. The operation is not part of the evidence id, so that
one fault in many operations is reported once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic

from graphcontract.clients import Client
from graphcontract.contract.model import Base, Level
from graphcontract.judging.run_recorder import ExitStatus, failure_counts, make_header, plan_clause
from graphcontract.operations.isolation import Isolated
from graphcontract.operations.operation_run import OperationResult, Violation
from graphcontract.reporting.events import (
    ContractReference,
    Event,
    FailOn,
    FindingEvent,
    Footer,
    OperationEvent,
    Plan,
    RunDescription,
    VerdictKind,
)

_EXAMPLES = 10  # ids of operations that one finding names
_INTERRUPTED = "the run was interrupted"
_STOPPED = "the run ended at the first violation"
_UNJUDGED: tuple[VerdictKind, ...] = ("not-run", "not-exercised")


@dataclass(slots=True)
class Fault:
    """A violation that several operations may show: in the first of them, and how many do."""

    first: Violation
    operation: str
    fails_run: bool
    operations: list[str] = field(default_factory=list)
    count: int = 0


class OperationsRecorder:
    """Receives results in the order of the run. `names` has version, method and path by operation id."""

    def __init__(
        self,
        names: Mapping[str, str],
        clauses: Sequence[str],
        conventions: Base,
        *,
        fail_on: FailOn,
        emit: Callable[[Event], None],
    ) -> None:
        self._names, self._clauses, self._conventions = names, clauses, conventions
        self._fail_on: FailOn = fail_on
        self._emit = emit
        self._left = dict.fromkeys(names)
        self._counts: dict[VerdictKind, int] = {}
        self._exercised: set[str] = set()
        self._violated = self._exchanges = 0
        self._started = monotonic()
        self.faults: dict[str, Fault] = {}

    def open(self, client: Client, run: RunDescription, source: str, sha256: str) -> None:
        """Emit header and plan. `source` names what the operations come from."""
        contract: ContractReference = {"id": source, "sha256": sha256}
        limits = client.limits.declared
        self._emit(make_header(contract, run, self._fail_on, client.implementation, limits))
        plan: Plan = {
            "event": "plan",
            "clauses": [plan_clause(self._conventions.clauses[id]) for id in self._clauses],
            "operations": len(self._names),
        }
        self._emit(plan)

    def add(self, result: OperationResult) -> bool:
        """Take the result of an operation; return whether it fails the run."""
        self._left.pop(result.id, None)
        self._counts[result.verdict] = self._counts.get(result.verdict, 0) + 1
        self._exercised |= result.exercised
        self._exchanges += result.exchanges
        fails = result.verdict == "error" or result.verdict in _UNJUDGED
        for key, violation in result.violations.items():
            fails |= self._fold(key, violation, result.id)
        self._violated += result.verdict == "fail" and fails
        event: OperationEvent = {
            "event": "operation",
            "operation": result.id,
            "request": self._names[result.id],
            "verdict": result.verdict,
            "fails_run": fails,
            "exchanges": result.exchanges,
            "duration": round(result.duration, 4),
        }
        if result.violations:
            event["findings"] = sorted(result.violations)
        if result.reason is not None:
            event["reason"] = result.reason
        self._emit(event)
        return fails

    def _fold(self, key: str, violation: Violation, operation: str) -> bool:
        if key not in self.faults:
            counts = failure_counts(self._find_level(violation), violation.clause, self._fail_on, None)
            self.faults[key] = Fault(violation, operation, counts)
        fault = self.faults[key]
        fault.count += 1
        if len(fault.operations) < _EXAMPLES:
            fault.operations.append(operation)
        return fault.fails_run

    def _find_level(self, violation: Violation) -> Level:
        return violation.contract.clauses[violation.clause].counted_level

    def close(
        self,
        present: Callable[[Violation], Isolated],
        count_repeated: Callable[[], int],
        *,
        interrupted: bool = False,
    ) -> ExitStatus:
        """Emit what is left as not run, each distinct fault, and the footer. `count_repeated` gives how many
        exchanges `present` made.
        """
        for id in list(self._left):
            self.add(OperationResult(id, "not-run", reason=_INTERRUPTED if interrupted else _STOPPED))
        for fault in self._sort_faults():
            self._emit(self._describe(fault, present(fault.first)))
        status = ExitStatus.INTERRUPTED if interrupted else self._find_exit_status()
        levels = {id: self._conventions.clauses[id].counted_level for id in self._clauses}
        must = [id for id, level in levels.items() if level == "MUST"]
        judged = sum(self._counts.get(each, 0) for each in ("pass", "fail"))
        footer: Footer = {
            "event": "footer",
            "counts": self._counts,
            "must": {"judged": len(self._exercised.intersection(must)), "planned": len(must)},
            "exchanges": self._exchanges + count_repeated(),
            "duration": round(monotonic() - self._started, 3),
            "exit_status": status.value,
            "operations": {
                "planned": len(self._names),
                "judged": judged,
                "unsupported": self._counts.get("not-supported", 0),
                "violated": self._violated,
            },
        }
        if interrupted:
            footer["interrupted"] = True
        self._emit(footer)
        return status

    def _sort_faults(self) -> Iterable[Fault]:
        """What fails the run comes first, then what most operations show."""
        return sorted(self.faults.values(), key=lambda each: (not each.fails_run, -each.count))

    def _describe(self, fault: Fault, isolated: Isolated) -> FindingEvent:
        event: FindingEvent = {
            "event": "finding",
            "clause": fault.first.clause,
            "level": self._find_level(fault.first),
            "fails_run": fault.fails_run,
            "evidence": isolated.evidence,
            "operation": fault.operation,
            "operations": fault.count,
            "examples": fault.operations,
        }
        if isolated.previous is not None:
            event["after"] = isolated.previous
        return event

    def _find_exit_status(self) -> ExitStatus:
        if self._counts.get("error"):
            return ExitStatus.HARNESS
        if not self._counts.get("pass") and not self._counts.get("fail"):
            return ExitStatus.NOTHING_EXERCISED
        failed = self._violated or any(self._counts.get(each) for each in _UNJUDGED)
        return ExitStatus.VIOLATED if failed else ExitStatus.OK
