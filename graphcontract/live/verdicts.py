"""Evaluates the trials of a live run: one result for each clause, with anonymized evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from graphcontract.clauses import Finding, registry
from graphcontract.clauses.service_queries import EACH_ANSWER
from graphcontract.contract.model import Contract
from graphcontract.exchange import Exchange, Trial
from graphcontract.judging.evidence import evidence
from graphcontract.judging.verdict import ClauseResult, evidence_id
from graphcontract.live.anonymize import Anonymizer
from graphcontract.live.executor import SentExchange
from graphcontract.live.options import LiveOptions

BY_CLIENT = (
    "request.method",
    "request.path",
    "request.path-spelling",
    "request.task-id",
    "request.query",
    "request.body",
    "request.authorization",
    "request.once",
    "request.content-length",
    "request.content-type",
    "response.no-content",
    "error.failure",
    "error.status",
    "error.code",
    "error.message",
    "error.request-id",
    "retry.refused",
    "retry.not-found",
    "retry.conflict",
    "secrets.token",
)
"""The client's clauses that the traffic of a live run can exercise."""


@dataclass
class LiveEvaluator:
    """Evaluates the exchanges of a run. `reasons` says why a run with these options cannot exercise a clause,
    `unmet` which precondition this run did not meet, `stopped` why the run ended early, and `remarks` adds to
    a clause's result.
    """

    contract: Contract
    options: LiveOptions
    anonymizer: Anonymizer
    shows: frozenset[str]
    reasons: Mapping[str, str]
    unmet: Mapping[str, str] = field(default_factory=dict)
    stopped: str | None = None
    remarks: Mapping[str, str] = field(default_factory=dict)

    def evaluate(
        self,
        planned: Sequence[str],
        trials: Sequence[Trial],
        sent: Sequence[SentExchange],
        by_client: Sequence[SentExchange],
    ) -> Iterable[ClauseResult]:
        """A result for each planned clause; the number of requests is counted in the first one."""
        steps = {id(sent_exchange.exchange): sent_exchange for sent_exchange in (*sent, *by_client)}
        singles = [Trial(sent_exchange.exchange) for sent_exchange in sent]
        client_trials = [Trial(sent_exchange.exchange) for sent_exchange in by_client]
        count = len(sent)
        for clause in planned:
            of_service = self.contract.clauses[clause].by == "service"
            clause_trials = singles if clause in EACH_ANSWER else trials if of_service else client_trials
            yield self._evaluate_clause(clause, clause_trials, steps, count, of_service=of_service)
            count = 0

    def _evaluate_clause(
        self,
        id: str,
        trials: Sequence[Trial],
        steps: Mapping[int, SentExchange],
        count: int,
        *,
        of_service: bool,
    ) -> ClauseResult:
        function, started = registry()[id], monotonic()
        evidence_key = self.contract.clauses[id].evidence_key
        found: dict[str, tuple[Finding, Trial]] = {}
        classes: dict[str, int] = {}
        not_applicable = function.not_applicable(self.contract) or (
            None if of_service else self._describe_unseen(function.needs)
        )
        for trial in trials if not_applicable is None else ():
            if not function.when(self.contract, trial):
                continue
            purpose = _get_purpose(trial)
            classes[purpose] = classes.get(purpose, 0) + 1
            for finding in function.judge(self.contract, trial):
                key = evidence_id(evidence_key, finding.kind, finding.input)
                found.setdefault(key, (finding, trial))
        exercised, passed = sum(classes.values()), monotonic() - started
        if found:
            finding, trial = next(iter(found.values()))
            if not function.uses_earlier_steps:
                trial = trial.alone()
            evidence_record = self._make_evidence(id, finding, trial, steps, of_service=of_service)
            also = tuple(found)[1:]
            return ClauseResult(
                id, "fail", exercised, passed, None, evidence_record, also, classes, exchanges=count
            )
        if exercised:
            remark = self.remarks.get(id)
            return ClauseResult(id, "pass", exercised, passed, remark, classes=classes, exchanges=count)
        reason = not_applicable or self.reasons.get(id)
        if reason is not None:
            return ClauseResult(id, "not-supported", reason=reason, exchanges=count)
        why = self.unmet.get(id) or self.stopped or "no response of this run met its precondition"
        if not of_service and why != self.stopped:
            why = "the traffic of this run does not exercise it"
            return ClauseResult(id, "not-supported", reason=why, exchanges=count)
        return ClauseResult(id, "not-run", reason=why, exchanges=count)

    def _describe_unseen(self, needs: frozenset[str]) -> str | None:
        lacking = sorted(needs - self.shows)
        return f"the client does not report: {', '.join(lacking)}" if lacking else None

    def _make_evidence(
        self, id: str, finding: Finding, trial: Trial, steps: Mapping[int, SentExchange], *, of_service: bool
    ) -> dict[str, Any]:
        *before, exchange = [self._anonymize(step, steps) for step in trial.exchanges]
        anonymized = Trial(exchange, before=tuple(before))
        return evidence(
            self.contract.clauses[id],
            self.anonymizer.anonymize_finding(finding, of_service=of_service),
            anonymized,
            repeat=self.options.repeat(id),
            note=self.remarks.get(id),
        )

    def _anonymize(self, exchange: Exchange, steps: Mapping[int, SentExchange]) -> Exchange:
        return self.anonymizer.anonymize(exchange, steps[id(exchange)].step)


def _get_purpose(trial: Trial) -> str:
    return next(
        (step.purpose for step in trial.exchanges if step.purpose not in ("read", "bystander")),
        trial.exchange.purpose,
    )
