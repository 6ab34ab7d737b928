"""Passes the exchanges of a live run to the evaluator, and says why a clause was not exercised in it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic

from graphcontract.clauses import registry
from graphcontract.clauses.service_queries import EACH_ANSWER, pair_equal_request_ids
from graphcontract.contract.model import Contract
from graphcontract.exchange import Exchange, Trial
from graphcontract.judging.evaluator import ClauseEvaluator, Occurrence, find_unsupported
from graphcontract.judging.verdict import ClauseResult
from graphcontract.live.anonymize import Anonymizer
from graphcontract.live.options import LiveOptions
from graphcontract.live.steps import SentExchange

BY_CLIENT = (
    "request.method",
    "request.path",
    "request.path-spelling",
    "request.path-parameters",
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
    """Selects the trials of each clause from what a run exchanged, and gives the reasons of clauses without a
    verdict: `reasons` says why a run with these options cannot exercise a clause, `unmet` which precondition
    this run did not meet, `stopped` why the run ended early. `unfinished` are the clauses that cannot pass
    since an interruption; `remarks` adds to a clause's result.
    """

    contract: Contract
    options: LiveOptions
    anonymizer: Anonymizer
    shows: frozenset[str]
    trials: Sequence[Trial]
    sent: Sequence[SentExchange]
    by_client: Sequence[SentExchange]
    reasons: Mapping[str, str]
    unmet: Mapping[str, str] = field(default_factory=dict)
    stopped: str | None = None
    unfinished: Collection[str] = ()
    remarks: Mapping[str, str] = field(default_factory=dict)

    def evaluate(self, id: str) -> ClauseResult:
        """The result of a clause, with anonymized evidence."""
        started, function = monotonic(), registry()[id]
        of_service = self.contract.clauses[id].by == "service"
        evaluator = ClauseEvaluator(self.contract, function)
        unsupported = find_unsupported(self.contract, function, self.shows)
        if unsupported is None:
            for trial in self._select_trials(id, of_service=of_service):
                evaluator.add(trial, _get_purpose(trial))
            unsupported = self.reasons.get(id)
            if not of_service and not self.stopped:
                unsupported = unsupported or "the traffic of this run does not exercise it"
        # A precondition that was not met is the more precise reason where the run also ended early.
        is_cut_off = id in self.unfinished if evaluator.count else id not in self.unmet
        result = evaluator.conclude(
            repeat=self.options.repeat(id),
            present=partial(self._anonymize, of_service=of_service, note=self.remarks.get(id)),
            unsupported=unsupported,
            cut_off=self.stopped if is_cut_off else None,
            unmet=self.unmet.get(id, "no response of this run met its precondition"),
            remark=self.remarks.get(id),
        )
        return replace(result, duration=monotonic() - started)

    def _select_trials(self, id: str, *, of_service: bool) -> Iterator[Trial]:
        if id == "service.request-id":
            yield from pair_equal_request_ids(self.sent)
        elif id in EACH_ANSWER or not of_service:
            yield from map(Trial, self.sent if of_service else self.by_client)
        else:
            yield from self.trials

    def _anonymize(self, shown: Occurrence, *, of_service: bool, note: str | None) -> Occurrence:
        violating = shown.finding.find_exchange(shown.trial)
        exchanges = [(each is violating, self._anonymize_exchange(each)) for each in shown.trial.exchanges]
        *before, exchange = (each for _, each in exchanges)
        finding = self.anonymizer.anonymize_finding(shown.finding, of_service=of_service)
        finding = replace(finding, exchange=next(each for marked, each in exchanges if marked))
        return replace(shown, finding=finding, trial=Trial(exchange, before=tuple(before)), note=note)

    def _anonymize_exchange(self, exchange: Exchange) -> Exchange:
        assert isinstance(exchange, SentExchange)  # the executor makes no other
        return self.anonymizer.anonymize(exchange)


def _get_purpose(trial: Trial) -> str:
    return next(
        (step.purpose for step in trial.exchanges if step.purpose not in ("read", "bystander", "list")),
        trial.exchange.purpose,
    )
