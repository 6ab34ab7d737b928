"""Records the results of operations: emits an event for each, folds equal violations, and ends with a footer.

A violation is identified by evidence id and operation. The operation is not part of the evidence id, so that
one fault in many operations is reported once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import monotonic

from graphcontract.clients import Client
from graphcontract.contract.model import Base
from graphcontract.judging.run_recorder import ExitStatus, make_header, plan_clause
from graphcontract.operations.isolation import Isolated
from graphcontract.operations.operation_run import OperationResult, Violation
from graphcontract.operations.tally import Lists, Observed, RunTally, Seen
from graphcontract.reporting.events import ContractReference, Event, FailOn, Plan, RunDescription

INTERRUPTED = "the run was interrupted"
STOPPED = "the run ended at the first violation"


class OperationsRecorder:
    """Receives results in the order of the run. `names` has version, method and path by operation id;
    `is_self_derived` says of an id whether the operation is known from the client's own family alone.
    """

    def __init__(
        self,
        names: Mapping[str, str],
        clauses: Sequence[str],
        conventions: Base,
        *,
        fail_on: FailOn,
        emit: Callable[[Event], None],
        lists: Lists | None = None,
        whole: bool = True,
        is_self_derived: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._names, self._emit = names, emit
        self._planned = [plan_clause(conventions.clauses[id]) for id in clauses]
        self._tally: RunTally[Violation] = RunTally(
            self._planned, fail_on=fail_on, lists=lists or Lists(), whole=whole
        )
        self._is_self_derived = is_self_derived
        self._left = dict.fromkeys(names)
        self._started = monotonic()

    def open(self, client: Client, run: RunDescription, source: str, sha256: str) -> None:
        """Emit header and plan. `source` names what the operations come from."""
        contract: ContractReference = {"id": source, "sha256": sha256}
        limits = client.limits.declared
        self._emit(make_header(contract, run, self._tally.fail_on, client.implementation, limits))
        plan: Plan = {"event": "plan", "clauses": self._planned, "operations": len(self._names)}
        self._emit(plan)

    def add(self, result: OperationResult) -> bool:
        """Take the result of an operation; return whether it fails the run."""
        position = len(self._names) - len(self._left)
        self._left.pop(result.id, None)
        self._tally.count_exercised(dict.fromkeys(result.exercised, 1))
        seen = [
            Seen(key, each.clause, each.contract.clauses[each.clause].counted_level, each)
            for key, each in result.violations.items()
        ]
        event = self._tally.add(
            Observed(
                result.id,
                self._names[result.id],
                result.verdict,
                (position,),
                result.exchanges,
                result.duration,
                seen,
                result.reason,
                self._is_self_derived(result.id),
                result.note,
            )
        )
        self._emit(event)
        return event["fails_run"]

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
        stopped = bool(self._left)
        for id in list(self._left):
            self.add(OperationResult(id, "not-run", reason=INTERRUPTED if interrupted else STOPPED))
        for finding in self._tally.describe_faults(lambda fault: present(fault.seen.source)):
            self._emit(finding)
        footer = self._tally.make_footer(
            extra_exchanges=count_repeated(),
            duration=monotonic() - self._started,
            interrupted=interrupted,
            stopped=stopped,
        )
        self._emit(footer)
        return ExitStatus(footer["exit_status"])
