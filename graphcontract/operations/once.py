"""The part of a run over many operations that is done once: on which of them, and what it adds to a report.

The engine of a check of one contract makes the calls. What it checks does not depend on the operation:
errors, retries, redirects, TLS, secrets, independence of calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from time import monotonic

from graphcontract.judging.run_recorder import ExitStatus, failure_counts
from graphcontract.operations.known_findings import KnownFindings
from graphcontract.operations.operation_run import CLAUSES
from graphcontract.reporting.events import (
    Accepted,
    Event,
    FailOn,
    FindingEvent,
    Footer,
    Plan,
    PlannedClause,
    Verdict,
    VerdictKind,
)
from graphcontract.reporting.verdict_text import SUPPORTED

_METHODS = ("POST", "DELETE")
_BOTH = ("request.authorization", "response.no-content", "error.", "secrets.")

EACH_ONLY = frozenset(id for id in CLAUSES if not id.startswith(_BOTH))
"""The clauses of single calls that are about the request of an operation: these are not checked again."""


@dataclass(frozen=True, slots=True)
class Once:
    """What is checked once: `clauses` as a plan has them; the operations `leads`, which the run chooses if
    this is empty; and `check`, which does it for one of them and gives its events. `name` gives version,
    method and path of an operation.
    """

    clauses: Sequence[PlannedClause]
    leads: tuple[str, ...]
    check: Callable[[str, Callable[[Event], None]], None]
    name: Callable[[str], str]


class OnceStage:
    """Receives the events of a run, and emits them with those of what is checked once before the findings.
    Its verdicts count for the exit status. `make_known` loads the known failures of the client.
    """

    def __init__(
        self,
        clauses: Sequence[PlannedClause],
        make_known: Callable[[str, str | None], KnownFindings | None],
        emit: Callable[[Event], None],
    ) -> None:
        self._clauses, self._make_known, self._emit = clauses, make_known, emit
        self._known: KnownFindings | None = None
        self._fail_on: FailOn = "must"
        self._levels: dict[str, str] = {}
        self._findings: list[FindingEvent] = []
        self._verdicts: list[Verdict] = []
        self._requests: dict[str, str] = {}
        self._seen = set[str]()
        self._harness_failed = self._interrupted = False
        self._exchanges = 0
        self._started = monotonic()
        self.operations: dict[str, VerdictKind] = {}
        self.failed = False
        self.footer: Footer | None = None

    def receive(self, event: Event) -> None:
        """Pass an event on, or keep it until everything is checked."""
        match event["event"]:
            case "header":
                named = event["implementation"]
                self._known = self._make_known(named["name"], named.get("version"))
                self._fail_on = event["fail_on"]
                self._emit(event)
            case "plan":
                self._emit(self._extend(event))
            case "operation":
                self.operations[event["operation"]] = event["verdict"]
                self.failed |= event["fails_run"]
                self._emit(event)
            case "finding":
                self._findings.append(event)
            case "footer":
                self.footer = event
            case _:
                self._emit(event)

    def _extend(self, plan: Plan) -> Plan:
        known = {each["clause"] for each in plan["clauses"]}
        clauses = [*plan["clauses"], *(each for each in self._clauses if each["clause"] not in known)]
        self._levels = {each["clause"]: each["level"] for each in clauses}
        return {**plan, "clauses": clauses}

    def run(self, once: Once, names: Mapping[str, str], *, first: bool) -> None:
        """Check the lead operations. `names` are the operations of the run; with `first`, a violation ends
        it.
        """
        self._started = monotonic()
        if self.footer is None or self.footer.get("interrupted") or (first and self.failed):
            return
        try:
            for lead in once.leads or choose_leads(names, self.operations):
                once.check(lead, partial(self._receive_check, lead=lead, request=once.name(lead)))
                if self._interrupted or (first and self.failed):
                    break
        except KeyboardInterrupt:
            self._interrupted = True

    def _receive_check(self, event: Event, lead: str, request: str) -> None:
        if event["event"] == "verdict":
            event["operation"] = lead
            self.add(event, request)
        elif event["event"] == "progress":
            self._emit(event)
        elif event["event"] == "footer":
            self._exchanges += event["exchanges"]
            self._harness_failed |= event["exit_status"] == ExitStatus.HARNESS.value
            self._interrupted |= event.get("interrupted", False)

    def add(self, verdict: Verdict, request: str) -> None:
        """Take a verdict, apply the known failures to it, and emit it."""
        decided = self._decide(verdict, request)
        self._harness_failed |= decided["verdict"] == "error"
        self.failed |= decided["fails_run"]
        self._requests[decided.get("operation", "")] = request
        self._verdicts.append(decided)
        self._emit(decided)

    def _decide(self, verdict: Verdict, request: str) -> Verdict:
        evidence = verdict["evidence"]
        if verdict["verdict"] not in ("fail", "known-failure") or evidence is None:
            return verdict
        ids = [evidence["id"], *verdict.get("also", ())]
        self._seen.update(ids)
        if self._known is None:
            return verdict
        found = [self._known.accept(id, verdict.get("operation", ""), request) for id in ids]
        reasons = "; ".join(dict.fromkeys(each.reason for each in found if each.reason))
        if all(each.accepted for each in found):
            return {**verdict, "verdict": "known-failure", "fails_run": False, "reason": reasons}
        fails = failure_counts(verdict["level"], verdict["clause"], self._fail_on, self._known)
        decided: Verdict = {**verdict, "verdict": "fail", "fails_run": fails}
        return {**decided, "reason": reasons} if reasons else decided

    def finish(self, *, whole: bool = True) -> ExitStatus:
        """Emit the findings and the footer, and return the exit status. Without `whole`, other operations
        are still to come, so that nothing that is listed counts as fixed.
        """
        footer = self.footer
        assert footer is not None
        if self._verdicts or self._interrupted or self._clauses:
            footer = self._join(footer, whole=whole)
        for finding in self._findings:
            self._emit(finding)
        self._emit(footer)
        return ExitStatus(footer["exit_status"])

    def _join(self, footer: Footer, *, whole: bool) -> Footer:
        checked = {each["clause"] for each in self._verdicts if each["exercised"]}
        judged = checked | footer.get("exercised", {}).keys()
        must = [id for id, level in self._levels.items() if level == "MUST"]
        joined: Footer = {
            **footer,
            "must": {"judged": len(judged.intersection(must)), "planned": len(must)},
            "exchanges": footer["exchanges"] + self._exchanges,
            "duration": round(footer["duration"] + monotonic() - self._started, 3),
        }
        fixed = [each for each in footer.get("fixed", ()) if each["evidence"] not in self._seen]
        if self._known is not None:
            rows = [
                Accepted(clause=each.clause, level=self._levels[each.clause], **each.describe())  # type: ignore[typeddict-item]
                for each in self._known.list_accepting()
            ]
            present = footer.get("accepted", [])
            joined["accepted"] = [*present, *(row for row in rows if row not in present)]
            if whole and not self._interrupted:
                fixed += self._known.find_fixed(self._requests, {}, checked.difference(CLAUSES))
        joined.pop("fixed", None)
        if fixed:
            joined["fixed"] = fixed
        if self._interrupted:
            joined["interrupted"] = True
        joined["exit_status"] = self._find_exit_status(footer, failed=self.failed or bool(fixed)).value
        return joined

    def _find_exit_status(self, footer: Footer, *, failed: bool) -> ExitStatus:
        status = ExitStatus(footer["exit_status"])
        if self._interrupted or status == ExitStatus.INTERRUPTED:
            return ExitStatus.INTERRUPTED
        if self._harness_failed or status == ExitStatus.HARNESS:
            return ExitStatus.HARNESS
        if status == ExitStatus.NOTHING_EXERCISED and not any(each["exercised"] for each in self._verdicts):
            return status
        return ExitStatus.VIOLATED if failed else ExitStatus.OK


def choose_leads(names: Mapping[str, str], verdicts: Mapping[str, VerdictKind]) -> list[str]:
    """Choose a POST and a DELETE of the operations: one that passed if there is one, else another one that
    was judged; then one with a single parameter, or with few; then the first by id. `names` has version,
    method and path by id. Without any verdicts, every operation counts as passed.
    """
    judged = [id for id in names if not verdicts or verdicts.get(id) in SUPPORTED]

    def rank(id: str) -> tuple[bool, int, str]:
        return verdicts.get(id, "pass") != "pass", abs(names[id].count("{") - 1), id

    by_method = [[id for id in judged if f" {method} " in names[id]] for method in _METHODS]
    return [min(ids, key=rank) for ids in by_method if ids]
