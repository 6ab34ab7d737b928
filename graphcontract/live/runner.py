"""A live run's course: its steps one after the other, what ended them early, and what is judged of them.

Knows scenarios, and the ledger that it fills; it does not know where credentials come from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from graphcontract.clauses.service_queries import BUSY, status_to
from graphcontract.contract.model import Contract
from graphcontract.errors import UserError
from graphcontract.judging.profile import PROFILES
from graphcontract.judging.run_recorder import ExitStatus, RunRecorder
from graphcontract.judging.verdict import ClauseResult
from graphcontract.live.anonymize import Anonymizer
from graphcontract.live.client_setup import ClientUnderTest
from graphcontract.live.executor import Executor
from graphcontract.live.options import LiveOptions, LiveUnreachable
from graphcontract.live.safety.rate_limit import CutOff, Stopped
from graphcontract.live.scenarios.context import ScenarioContext
from graphcontract.live.scenarios.registry import needed, resting
from graphcontract.live.scenarios.rejections import unknown
from graphcontract.live.skip_reasons import reasons_for, unmet_by
from graphcontract.live.steps import Scenario
from graphcontract.live.verdicts import LiveEvaluator
from graphcontract.run import sigint

_MOST_NAMED = 50
_INTERRUPTED = "the run was interrupted"


@dataclass(frozen=True)
class LiveRunner:
    """What one run's steps are carried out with; `say` takes lines for people."""

    contract: Contract
    options: LiveOptions
    planned: Sequence[str]
    root: str
    bench: ScenarioContext
    executor: Executor
    keeper: Anonymizer
    guest: ClientUnderTest
    say: Callable[[str], None]
    over: list[Callable[[ScenarioContext], Scenario]] = field(default_factory=list)

    def carry_out(self, ledger: RunRecorder, opens: Callable[[], None]) -> ExitStatus:
        """Carry the run out; `opens` begins the report, once it is known that something answers. A report
        that was begun is ended, whatever comes: raises LiveUnreachable before that alone.
        """
        stopped: Exception | None = None
        interrupted = False
        try:
            stopped = self._reach()
        except KeyboardInterrupt:
            interrupted = True
        try:
            with sigint.held():
                opens()
            if stopped is None and not interrupted:
                stopped = self._go_on()
        except KeyboardInterrupt:
            interrupted = True
        with sigint.held():
            self._tell(stopped)
            self._judge(ledger, _INTERRUPTED if interrupted else str(stopped) if stopped else None)
            return ledger.close(
                interrupted=interrupted,
                cut_off=isinstance(stopped, CutOff),
                unjudged=ExitStatus.NOTHING_EXERCISED if self._is_unauthorized() else ExitStatus.UNREACHABLE,
            )

    def _reach(self) -> Exception | None:
        """Make the first steps: LiveUnreachable where nothing answers; why, where nothing can be judged."""
        sent = self.executor.sent
        try:
            self._drive(unknown)
        except Stopped as error:
            raise LiveUnreachable(f"the tenant cannot be judged now: {error}") from error
        if not any(status_to(kept.exchange) for kept in sent):
            told = sent[-1].exchange.outcome.error
            why = told.message if told is not None else "no answer"
            raise LiveUnreachable(f"{self.root} cannot be reached: {why}")
        if all(status_to(kept.exchange) in (0, *BUSY) for kept in sent):
            raise LiveUnreachable(f"{self.root} answers nothing but that it is busy: try again later")
        return CutOff("the tenant answers the credential with 401") if self._is_unauthorized() else None

    def _go_on(self) -> Exception | None:
        """Make the other steps: why they ended early, if they did."""
        try:
            for scenario in needed(self.planned):
                self._drive(scenario)
            if self.options.profile == "nightly":
                from graphcontract.live.exploring import explore

                explore(self.bench, self.executor, self.options.seed, PROFILES["nightly"].database)
        except (Stopped, UserError) as error:
            return error
        return None

    def _drive(self, scenario: Callable[[ScenarioContext], Scenario]) -> None:
        """Carry out a scenario's steps, each with what the one before showed."""
        steps = scenario(self.bench)
        try:
            step = next(steps)
            while True:
                step = steps.send(self.executor.perform(step))
        except StopIteration:
            self.over.append(scenario)
        finally:
            steps.close()

    def _tell(self, stopped: Exception | None) -> None:
        for note in (*self.bench.notes, *([f"the run ended early: {stopped}"] if stopped else [])):
            self.say(f"note: {note}")

    def _judge(self, ledger: RunRecorder, stopped: str | None) -> None:
        """Judge what was recorded; nothing is where no answer but 401 came, and where the run was interrupted
        no clause passes whose requests were not all made.
        """
        observer = LiveEvaluator(
            self.contract,
            self.options,
            self.keeper,
            self.guest.shows,
            reasons_for(self.bench, complete=set(needed(self.planned)) <= set(self.over)),
            unmet_by(self.bench),
            stopped,
            self._remarks(),
        )
        unauthorized = self._is_unauthorized()
        for part in observer.parts(self.planned, self.bench.trials, self.executor.sent, self.executor.made):
            if unauthorized:
                part = _unexercised(part)
            elif stopped == _INTERRUPTED and part.verdict == "pass" and not self._is_over(part.clause):
                part = replace(part, verdict="not-run", reason=_INTERRUPTED)
            ledger.add(part)

    def _is_over(self, clause: str) -> bool:
        """Whether all requests that a clause is judged by were made."""
        return {unknown, *resting(clause, self.planned)} <= set(self.over)

    def _is_unauthorized(self) -> bool:
        """Whether every answer to the run's own credential was 401."""
        answers = [status_to(each.exchange) for each in self.executor.sent if each.step.credential == "main"]
        return bool(answers) and all(each == 401 for each in answers)

    def _remarks(self) -> dict[str, str]:
        """What a report says of a clause besides its verdict: other tasks that changed meanwhile."""
        changes = [f"{self.keeper.name(id)} ({old}, then {new})" for id, old, new in self.bench.changed]
        if not changes:
            return {}
        more = f" and {len(changes) - _MOST_NAMED} more" if len(changes) > _MOST_NAMED else ""
        listed = ", ".join(changes[:_MOST_NAMED])
        return {
            "service.effect": f"other tasks changed meanwhile, which may have other reasons: {listed}{more}"
        }


def _unexercised(part: ClauseResult) -> ClauseResult:
    reason = "the tenant answers the credential with 401: nothing else can be said"
    return ClauseResult(part.clause, "not-run", reason=reason, exchanges=part.exchanges)
