"""Finds the smallest input that shows a violation: which one of an operation's parameters matters, if any."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from graphcontract.clauses import Finding, registry
from graphcontract.contract.model import Contract
from graphcontract.exchange import Exchange, Trial
from graphcontract.http.stub_response import success
from graphcontract.judging.call_runner import CallRunner
from graphcontract.judging.evaluator import find_violations
from graphcontract.judging.evidence import make_evidence
from graphcontract.operations.operation_run import Violation
from graphcontract.reporting.evidence import Evidence

_AFTER = (
    "The call alone does not show it, and does after a call of {previous}: the client carries something over"
)
_EARLIER = (
    "The call alone does not show it, so that it depends on earlier calls, or on chance. The operation "
    "before was {previous}"
)


@dataclass(frozen=True, slots=True)
class Isolated:
    """A violation as reports show it, and the operation before it if the violation depends on that."""

    evidence: Evidence
    previous: str | None = None


class Isolator:
    """Repeats calls alone, in this thread. `load` gives the contract of an operation, and `repeat` the
    command that shows a clause's violation again with these operations.
    """

    def __init__(
        self, calls: CallRunner, load: Callable[[str], Contract], repeat: Callable[..., str]
    ) -> None:
        self._calls, self._load, self._repeat = calls, load, repeat

    def present(self, violation: Violation, *, again: bool = True) -> Isolated:
        """Make the evidence of a violation: of the smallest call that shows it, or with the call before.
        Without `again`, no call is made.
        """
        if not again:
            return self._describe(violation, violation.occurrence.finding, violation.occurrence.trial)
        self._calls.enter_scope(object())
        for exchange, control in self._repeat_smaller(violation):
            if finding := _find(violation, exchange, control):
                return self._describe(violation, finding, Trial(exchange))
        return self._present_later(violation)

    def _repeat_smaller(self, violation: Violation) -> Iterator[tuple[Exchange, Exchange | None]]:
        """Make the call with plain values, then with one of its values at a time, then as it was."""
        planned, calls = violation.planned, self._calls.with_contract(violation.contract)
        responses = [planned.response]
        control = calls.run(replace(planned.call, arguments=dict(planned.plain)), responses, {})
        yield control, None
        unusual = {
            name: value for name, value in planned.call.arguments.items() if planned.plain[name] != value
        }
        rows: list[Mapping[str, str]] = [{name: value} for name, value in unusual.items()]
        for row in rows if len(rows) == 1 else [*rows, unusual]:
            arguments = {**planned.plain, **row}
            yield calls.run(replace(planned.call, arguments=arguments), responses, {}), control

    def _present_later(self, violation: Violation) -> Isolated:
        """Make the evidence of a violation that the call alone does not show."""
        occurrence, previous, before = violation.occurrence, violation.previous, violation.before
        finding, exchange = occurrence.finding, occurrence.trial.exchange
        if previous is None or before is None:
            return self._describe(violation, finding, occurrence.trial)
        self._calls.enter_scope(object())
        first = self._calls.with_contract(self._load(previous)).run(before.call, [success()], {})
        calls = self._calls.with_contract(violation.contract)
        second = calls.run(violation.planned.call, [violation.planned.response], {})
        found = _find(violation, second, None)
        if found is not None:
            before, exchange, finding = first, second, found
        note = (_AFTER if found is not None else _EARLIER).format(previous=previous)
        return self._describe(violation, finding, Trial(exchange, None, (before,)), note, previous)

    def _describe(
        self,
        violation: Violation,
        finding: Finding,
        trial: Trial,
        note: str | None = None,
        previous: str | None = None,
    ) -> Isolated:
        contract = violation.contract
        ids = [id for id in (previous, contract.id) if id is not None]
        repeat = self._repeat(violation.clause, *dict.fromkeys(ids))
        clause = contract.clauses[violation.clause]
        return Isolated(make_evidence(clause, finding, trial, repeat=repeat, note=note), previous)


def _find(violation: Violation, exchange: Exchange, control: Exchange | None) -> Finding | None:
    trial = Trial(exchange, control)
    found = find_violations(violation.contract, registry()[violation.clause], trial)
    return found.get(violation.occurrence.key) if found else None
