"""Records the results of planned clauses: each gets one verdict, and all together one exit status."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from enum import IntEnum
from importlib.metadata import version
from time import monotonic
from typing import Any, Protocol, cast

from graphcontract.clauses import registry
from graphcontract.clients import Implementation
from graphcontract.contract.model import Clause, Contract, Level
from graphcontract.judging.known_failures import KnownFailures, Marked
from graphcontract.judging.verdict import UNTESTED, ClauseResult, fold
from graphcontract.reporting.events import (
    Accepted,
    ContractReference,
    Event,
    ExchangeRecord,
    FailOn,
    Footer,
    Header,
    ImplementationName,
    Plan,
    PlannedClause,
    Progress,
    RunDescription,
    Verdict,
    VerdictKind,
)
from graphcontract.reporting.verdict_text import JUDGED


class ListsClauses(Protocol):
    """A list of known failures, as far as levels depend on it."""

    def lists(self, clause: str) -> bool:
        """Whether there is an entry for the clause."""
        ...


def failure_counts(level: str, clause: str, fail_on: FailOn, known: ListsClauses | None) -> bool:
    """Whether a failure that is not accepted fails the run. With a list of known failures, every one at MUST
    and SHOULD does: what is not on the list is news.
    """
    listed = known is not None and (level == "SHOULD" or known.lists(clause))
    return level == "MUST" or listed or (level == "SHOULD" and fail_on == "should")


def fails_run(result: ClauseResult, level: str, fail_on: FailOn, known: KnownFailures | None) -> bool:
    """Whether the result of a clause fails the run."""
    if result.verdict == "fail":
        return failure_counts(level, result.clause, fail_on, known)
    return result.verdict in ("fixed", "error") or (result.verdict in UNTESTED and level == "MUST")


class ExitStatus(IntEnum):
    """What a run's exit status means."""

    OK = 0
    VIOLATED = 1
    USAGE = 2
    UNREACHABLE = 3
    DRIFT = 4
    NOTHING_EXERCISED = 5
    HARNESS = 6
    INTERRUPTED = 130


def make_header(
    contract: ContractReference,
    run: RunDescription,
    fail_on: FailOn,
    implementation: Implementation,
    limits: Mapping[str, Any],
) -> Header:
    """Make the first event of a run that begins now."""
    names = {name: getattr(implementation, name) for name in Implementation.__slots__}
    return {
        "event": "header",
        "format": 1,
        "tool": {"name": "graphcontract", "version": version("graphcontract")},
        "started": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "kind": run["kind"],
        "contract": contract,
        **run,
        "fail_on": fail_on,
        "implementation": cast(
            ImplementationName, {name: value for name, value in names.items() if value is not None}
        ),
        "limits": dict(limits),
    }


def plan_clause(clause: Clause) -> PlannedClause:
    """Describe a clause in the plan of a run."""
    planned: PlannedClause = {
        "clause": clause.id,
        "level": clause.counted_level,
        "basis": list(clause.basis),
        "group": clause.group,
        "statement": clause.statement,
    }
    if clause.disputed:
        planned["disputed"] = True
    return planned


class RunRecorder:
    """Receives results as tests finish, and emits header, plan, each complete verdict, and footer."""

    def __init__(
        self,
        contract: Contract,
        planned: Sequence[str],
        *,
        fail_on: FailOn,
        emit: Callable[[Event], None],
        known: KnownFailures | None = None,
    ) -> None:
        self._known = known
        self._contract, self._planned, self._emit = contract, list(planned), emit
        self._fail_on: FailOn = fail_on if known is None else "should"
        self._parts: dict[str, list[ClauseResult]] = {id: [] for id in planned}
        self._expected: dict[str, int] = {}
        self._verdicts: dict[str, ClauseResult] = {}
        self._accepted: list[Accepted] = []
        self._started = monotonic()
        self.exit_status = ExitStatus.HARNESS
        self.summary = ""

    def open(self, implementation: Implementation, limits: Mapping[str, Any], run: RunDescription) -> None:
        """Emit header and plan."""
        contract: ContractReference = {
            "id": self._contract.id,
            "title": self._contract.title,
            "version": self._contract.request.version,
            "sha256": self._contract.sha256,
        }
        self._emit(make_header(contract, run, self._fail_on, implementation, limits))
        plan: Plan = {
            "event": "plan",
            "clauses": [plan_clause(self._contract.clauses[id]) for id in self._planned],
        }
        self._emit(plan)

    def expect(self, parts: Mapping[str, int]) -> None:
        """Say how many parts each clause will get."""
        self._expected = dict(parts)

    def add(self, part: ClauseResult) -> None:
        """Take a part; the last one that is expected settles its clause."""
        if part.clause not in self._parts or part.clause in self._verdicts:
            return
        self._parts[part.clause].append(part)
        if len(self._parts[part.clause]) >= self._expected.get(part.clause, 1):
            self._settle(part.clause)
        progress: Progress = {
            "event": "progress",
            "clause": part.clause,
            "done": len(self._verdicts),
            "of": len(self._planned),
        }
        self._emit(progress)

    def close(
        self, *, interrupted: bool = False, cut_off: bool = False, unjudged: ExitStatus | None = None
    ) -> ExitStatus:
        """Settle what is left as not run, and emit the footer. `unjudged` is the status where nothing was
        violated and a MUST was not judged, or the run was `cut_off`; without it, that counts as a violation.
        """
        for id in self._planned:
            if id not in self._verdicts:
                self._parts[id].append(ClauseResult(id, "not-run", reason=self._left_over(id, interrupted)))
                self._settle(id)
        verdicts = list(self._verdicts.values())
        counts: dict[VerdictKind, int] = {}
        for part in verdicts:
            counts[part.verdict] = counts.get(part.verdict, 0) + 1
        must = [
            part for part in verdicts if self._level(part.clause) == "MUST" and not _is_inapplicable(part)
        ]
        judged = sum(part.verdict in JUDGED for part in must)
        exchanges = sum(part.exchanges for part in verdicts)
        self.summary = f"{judged} of {len(must)} MUST exercised, {exchanges} exchanges"
        self.exit_status = ExitStatus.INTERRUPTED if interrupted else self._find_exit_status()
        failing = {part.verdict for part in verdicts if self._fails(part)}
        only_untested = failing <= set(UNTESTED) if failing else cut_off
        if unjudged is not None and not interrupted and only_untested:
            self.exit_status = unjudged
        footer: Footer = {
            "event": "footer",
            "counts": counts,
            "must": {"judged": judged, "planned": len(must)},
            "exchanges": exchanges,
            "duration": round(monotonic() - self._started, 3),
            "exit_status": self.exit_status.value,
        }
        if self._known is not None:
            footer["accepted"] = self._accepted
        if interrupted:
            footer["interrupted"] = True
        self._emit(footer)
        return self.exit_status

    def _settle(self, id: str) -> None:
        marked = Marked(fold(id, self._parts[id]))
        if self._known is not None:
            marked = self._known.mark(marked.part)
        part = self._verdicts[id] = marked.part
        level = self._level(id)
        for entry in marked.accepted:
            accepted: Accepted = {"clause": id, "level": level, **entry.describe()}
            self._accepted.append(accepted)
        for recorded in part.recorded:
            record: ExchangeRecord = {"event": "exchange", "clause": id, **recorded}
            self._emit(record)
        event: Verdict = {
            "event": "verdict",
            "clause": id,
            "level": level,
            "verdict": part.verdict,
            "exercised": part.exercised,
            "duration": round(part.duration, 4),
            "evidence": part.evidence,
            "fails_run": self._fails(part),
            "classes": dict(part.classes),
        }
        if marked.expired:
            event["expired"] = True
        if part.also:
            event["also"] = list(part.also)
        if part.causes:
            event["causes"] = [{"cause": cause, "evidence": list(ids)} for cause, ids in part.causes.items()]
        if part.reason is not None:
            event["reason"] = part.reason
        if part.protocols:
            event["protocols"] = list(part.protocols)
        self._emit(event)

    def _left_over(self, id: str, interrupted: bool) -> str:
        """Why a clause has no verdict when the run is over."""
        if interrupted:
            return "the run was interrupted"
        if self._expected.get(id):
            return "the run ended before all tests of this clause had run"
        return "no test of this run checks this clause"

    def _level(self, id: str) -> Level:
        return self._contract.clauses[id].counted_level

    def _find_exit_status(self) -> ExitStatus:
        verdicts = self._verdicts.values()
        if any(part.verdict == "error" for part in verdicts):
            return ExitStatus.HARNESS
        if not any(part.exercised for part in verdicts):
            return ExitStatus.NOTHING_EXERCISED
        if any(self._fails(part) for part in verdicts):
            return ExitStatus.VIOLATED
        return ExitStatus.OK

    def _fails(self, part: ClauseResult) -> bool:
        return fails_run(part, self._level(part.clause), self._fail_on, self._known)


def _is_inapplicable(part: ClauseResult) -> bool:
    """Whether a clause concerns HTTP/2 only and the client does not speak it, as it may (RFC 9113, 3)."""
    if part.verdict != "not-supported":
        return False
    function = registry().get(part.clause)
    return function is not None and "http2" in function.needs
