"""Makes the calls of one operation, and checks each of them for every clause that needs no other call."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic

from graphcontract.clauses import ClauseFunction, registry
from graphcontract.clauses.queries import abbreviate, describe_outcome
from graphcontract.contract.jsonfile import ContractError
from graphcontract.contract.model import Contract
from graphcontract.errors import UserError
from graphcontract.exchange import Exchange, Trial
from graphcontract.inputs.tokens import CANARY
from graphcontract.judging.call_runner import CallRunner
from graphcontract.judging.evaluator import ClauseEvaluator, Occurrence, find_unsupported
from graphcontract.judging.patience import is_expensive
from graphcontract.judging.redaction import Redactor
from graphcontract.operations.call_plan import PlannedCall
from graphcontract.operations.unknown_success import CLAUSE as NO_CONTENT
from graphcontract.operations.unknown_success import UnknownSuccess
from graphcontract.reporting.events import VerdictKind
from graphcontract.reporting.operations_summary import NOT_DESCRIBED

CLAUSES = (
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
    "request.content-fields",
    "input.opaque-id",
    "input.unusable-id",
    "input.injection",
    "response.no-content",
    "error.failure",
    "error.status",
    "error.code",
    "error.message",
    "error.request-id",
    "secrets.token",
)
"""The clauses that single calls show. What a client does between calls, over time, or on a broken connection
hardly depends on the operation, and is for a run over one contract.
"""

# An operation passes only if each of these that applies was exercised: a client that rejects every call sends
# nothing that could be wrong.
_ESSENTIAL = (
    "request.method",
    "request.path",
    "request.path-parameters",
    "response.no-content",
    "error.failure",
)

# Hangs of one thread after which the call is made once more. On a busy machine a client may stand still for
# some seconds, and then all threads see one hang; a client that hangs has more.
_HANGS = 2


@dataclass(frozen=True, slots=True)
class Violation:
    """A violation of one operation: its clause, the call that shows it, and the exchange before that call,
    of the operation `previous`.
    """

    clause: str
    contract: Contract
    occurrence: Occurrence
    planned: PlannedCall
    before: Exchange | None
    previous: str | None


@dataclass(frozen=True, slots=True)
class OperationResult:
    """What the calls of one operation showed. `exercised` are the clauses that they could have violated;
    `note` is what is worth knowing, and no violation.
    """

    id: str
    verdict: VerdictKind
    exchanges: int = 0
    duration: float = 0.0
    exercised: frozenset[str] = frozenset()
    violations: Mapping[str, Violation] = field(default_factory=dict)
    reason: str | None = None
    note: str | None = None


class OperationRunner:
    """Judges operations one after the other, in one thread. Connections and client stay the same."""

    def __init__(self, calls: CallRunner, clauses: Sequence[str], shows: frozenset[str]) -> None:
        self._calls, self._shows = calls, shows
        self._functions = [registry()[id] for id in clauses]
        self._last: tuple[str, Exchange] | None = None
        self._hangs = 0

    def judge(
        self, id: str, load: Callable[[], Contract], plan: Callable[[Contract], list[PlannedCall]]
    ) -> OperationResult:
        """Judge an operation. A failure of graphcontract itself is the verdict `error`; an operation that
        cannot have a contract is not supported. Raises `UserError` if the client cannot be called any more.
        """
        started = monotonic()
        try:
            contract = load()
            return self._judge(contract, plan(contract), started)
        except ContractError as error:
            reason = f"{NOT_DESCRIBED}: {error.format_in_line()}"
            return OperationResult(id, "not-supported", reason=reason)
        except UserError:
            raise
        except Exception:
            wrong = Redactor([CANARY]).text(traceback.format_exc())
            return OperationResult(id, "error", duration=monotonic() - started, reason=wrong)

    def _judge(self, contract: Contract, planned: list[PlannedCall], started: float) -> OperationResult:
        evaluators = {each.id: ClauseEvaluator(contract, each) for each in self._select(contract)}
        violations: dict[str, Violation] = {}
        calls = self._calls.with_contract(contract)
        control: Exchange | None = None
        reasons: list[str] = []
        count = 0

        def call(planned: PlannedCall) -> Exchange:
            nonlocal count
            exchange, made = self._call(calls, planned)
            count += made
            return exchange

        success = UnknownSuccess(contract, call)
        for each in map(success.choose, planned):
            exchange = call(each)
            if exchange.outcome.kind == "unsupported":
                reasons.append(exchange.outcome.reason or "no reason given")
                if control is None:
                    break
                continue
            trial = Trial(exchange, control)
            # A clause that ordinary values violate is settled: unusual ones would show the same fault in as
            # many ways as there are input classes.
            settled = {each.clause for each in violations.values() if each.planned is planned[0]}
            if success.is_tolerated(each, exchange):
                settled.add(NO_CONTENT)
            control = control or exchange
            for evaluator in (evaluator for id, evaluator in evaluators.items() if id not in settled):
                evaluator.add(trial, each.input_class, count)
                self._collect(evaluator, each, violations)
            self._last = contract.id, exchange
            if is_expensive(exchange):
                break
        exercised = frozenset(id for id, each in evaluators.items() if each.count)
        missing = [id for id in _ESSENTIAL if id in evaluators and id not in exercised]
        verdict, reason = _conclude(violations, exercised, missing, reasons)
        if verdict == "not-exercised" and control is not None:
            reason = f"{reason}; the ordinary call: {describe_outcome(control.outcome)}"
        duration = monotonic() - started
        return OperationResult(
            contract.id, verdict, count, duration, exercised, violations, reason, success.note
        )

    def _collect(
        self, evaluator: ClauseEvaluator, planned: PlannedCall, violations: dict[str, Violation]
    ) -> None:
        """Add what a clause found in the latest call."""
        id, contract = evaluator.function.id, evaluator.contract
        for key, occurrence in evaluator.occurrences.items():
            if key not in violations:
                violations[key] = Violation(id, contract, occurrence, planned, *self._find_previous())

    def _call(self, calls: CallRunner, planned: PlannedCall) -> tuple[Exchange, int]:
        """Make a call, once more if it hangs, or the machine stood still; return the last exchange, and how
        many there were.
        """
        exchange = calls.run(planned.call, [planned.response], {})
        if not exchange.stalled:
            if exchange.outcome.kind != "hang" or self._hangs == _HANGS:
                return exchange, 1
            self._hangs += 1
        return calls.run(planned.call, [planned.response], {}), 2

    def _select(self, contract: Contract) -> list[ClauseFunction]:
        return [
            each
            for each in self._functions
            if each.id in contract.clauses and find_unsupported(contract, each, self._shows) is None
        ]

    def _find_previous(self) -> tuple[Exchange | None, str | None]:
        return (self._last[1], self._last[0]) if self._last is not None else (None, None)


def _conclude(
    violations: Mapping[str, Violation],
    exercised: frozenset[str],
    missing: Sequence[str],
    unsupported: Sequence[str],
) -> tuple[VerdictKind, str | None]:
    if violations:
        return "fail", None
    if unsupported and not exercised:
        return "not-supported", abbreviate(Redactor([CANARY]).text(unsupported[0]))
    if missing or not exercised:
        return "not-exercised", f"no call exercised {', '.join(missing) or 'a selected clause'}"
    return "pass", None
