"""Joins the events of shards into one run: used for the files of a CI matrix, and for processes of one run.

The tally decides again what fails the run, what is fixed, and what is newly unsupported, over all shards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from graphcontract.judging.run_recorder import ExitStatus
from graphcontract.operations.isolation import Isolated
from graphcontract.operations.tally import Fault, Lists, Observed, RunTally, Seen
from graphcontract.reporting.events import (
    Event,
    FindingEvent,
    Footer,
    Header,
    OperationEvent,
    Plan,
    PlannedClause,
    Shard,
)

_Position = tuple[int, ...]


def describe_unrun(operation: str, request: str, reason: str) -> OperationEvent:
    """Make the event of an operation that a run ended without checking, and so fails it."""
    return {
        "event": "operation",
        "operation": operation,
        "request": request,
        "verdict": "not-run",
        "fails_run": True,
        "exchanges": 0,
        "duration": 0.0,
        "reason": reason,
    }


class ShardMerger:
    """Receives the events of shards, each in order, and emits those of the whole run. `ids` maps each id that
    a clause has or had to the one that it has now. `shard` is set if the shards are only part of a run.
    """

    def __init__(
        self,
        header: Header,
        clauses: list[PlannedClause],
        total: int,
        ids: Mapping[str, str],
        lists: Lists,
        emit: Callable[[Event], None],
        shard: Shard | None = None,
    ) -> None:
        self._ids, self._emit = ids, emit
        self._levels = {each["clause"]: each["level"] for each in clauses}
        self._tally: RunTally[None] = RunTally(
            clauses, fail_on=header["fail_on"], lists=lists, whole=shard is None
        )
        self._next: dict[int, int] = {}
        self._findings: dict[str, list[tuple[int, FindingEvent]]] = {}
        self._judged_exchanges = self._all_exchanges = 0
        self._durations: list[float] = []
        self._interrupted = False
        joined: Header = {**header, "fail_on": self._tally.fail_on}
        joined.pop("shard", None)
        if shard is not None:
            joined["shard"] = shard
        plan: Plan = {"event": "plan", "clauses": clauses, "operations": total}
        emit(joined)
        emit(plan)

    def add_operation(self, shard: int, event: OperationEvent) -> bool:
        """Take the verdict on an operation; return whether it fails the run."""
        self._next[shard] = self._next.get(shard, 0) + 1
        self._judged_exchanges += event["exchanges"]
        levels = event.get("levels", {})
        seen = []
        for id in event.get("findings", ()):
            clause = self._ids[id.rpartition("-")[0]]
            seen.append(Seen(id, clause, levels.get(id) or self._levels[clause], None))
        decided = self._tally.add(
            Observed(
                event["operation"],
                event["request"],
                event["verdict"],
                (shard, self._next[shard]),
                event["exchanges"],
                event["duration"],
                seen,
                None if seen else event.get("reason"),
                "self_derived" in event,
                event.get("note"),
            )
        )
        self._emit(decided)
        return decided["fails_run"]

    def add_finding(self, shard: int, event: FindingEvent) -> None:
        """Keep the evidence of a fault."""
        self._findings.setdefault(event["evidence"]["id"], []).append((shard, event))

    def end_shard(self, footer: Footer) -> None:
        """Take the numbers of a shard that has ended."""
        self._all_exchanges += footer["exchanges"]
        self._durations.append(footer["duration"])
        self._tally.count_exercised(footer.get("exercised", {}))
        self._interrupted |= footer.get("interrupted", False)

    def close(
        self, *, interrupted: bool = False, stopped: bool = False, duration: float | None = None
    ) -> ExitStatus:
        """Emit each distinct fault, and the footer. `duration` is that of the longest shard if not given."""
        for finding in self._tally.describe_faults(self._present):
            self._emit(finding)
        extra = max(self._all_exchanges - self._judged_exchanges, 0)
        footer = self._tally.make_footer(
            extra_exchanges=extra,
            duration=max(self._durations, default=0.0) if duration is None else duration,
            interrupted=interrupted or self._interrupted,
            stopped=stopped,
        )
        self._emit(footer)
        return ExitStatus(footer["exit_status"])

    def _present(self, fault: Fault[None]) -> Isolated | None:
        """Take the evidence of the first operation that shows a fault. A process that died has left none."""
        found = self._findings.get(fault.seen.evidence, [])
        if not found:
            return None
        operations = {id for _, id in fault.operations}

        def rank(each: tuple[int, FindingEvent]) -> tuple[bool, int]:
            return each[1]["operation"] not in operations, each[0]

        _, event = min(found, key=rank)
        return Isolated(event["evidence"], event.get("after"))
