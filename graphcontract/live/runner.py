"""Runs the scenarios of a live run one after the other, and evaluates what was recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from graphcontract.clauses.service_queries import BUSY, status_to
from graphcontract.contract.model import Contract
from graphcontract.errors import UserError
from graphcontract.judging import sigint
from graphcontract.judging.run_recorder import ExitStatus, RunRecorder
from graphcontract.judging.verdict import ClauseResult
from graphcontract.live.anonymize import Anonymizer
from graphcontract.live.client_setup import ClientUnderTest
from graphcontract.live.executor import Executor
from graphcontract.live.options import LiveOptions, LiveUnreachable
from graphcontract.live.safety.rate_limit import CutOff, Stopped
from graphcontract.live.scenarios.context import ScenarioContext
from graphcontract.live.scenarios.registry import list_needed, list_scenarios_of
from graphcontract.live.scenarios.rejections import reject_unknown_ids
from graphcontract.live.skip_reasons import collect_reasons, collect_unmet
from graphcontract.live.steps import Scenario
from graphcontract.live.verdicts import LiveEvaluator

_MOST_NAMED = 50  # tasks in a remark; the others are only counted
_INTERRUPTED = "the run was interrupted"
_UNAUTHORIZED = "the tenant rejects the credential with 401"
_RENEW = "it may have expired, or be for another tenant or audience: get a new one"


@dataclass(frozen=True)
class LiveRunner:
    """One live run with everything that it needs; `say` prints a line for the user."""

    contract: Contract
    options: LiveOptions
    planned: Sequence[str]
    root: str
    context: ScenarioContext
    executor: Executor
    anonymizer: Anonymizer
    client_under_test: ClientUnderTest
    say: Callable[[str], None]
    completed: list[Callable[[ScenarioContext], Scenario]] = field(default_factory=list)

    def run(self, recorder: RunRecorder, opens: Callable[[], None]) -> ExitStatus:
        """Run the scenarios; `opens` begins the report as soon as the tenant has responded. A report that was
        begun is always ended: LiveUnreachable is raised only before that.
        """
        stopped: Exception | None = None
        interrupted = False
        try:
            stopped = self._reach()
        except KeyboardInterrupt:
            interrupted = True
        try:
            with sigint.delay_interrupts():  # a report has its header and plan, or does not begin
                opens()
            if stopped is None and not interrupted:
                stopped = self._run_scenarios()
        except KeyboardInterrupt:
            interrupted = True
        with sigint.delay_interrupts():  # a second Ctrl-C must not lose the verdicts of what was sent
            self._print_notes(stopped)
            self._judge(recorder, _INTERRUPTED if interrupted else str(stopped) if stopped else None)
            return recorder.close(
                interrupted=interrupted,
                cut_off=isinstance(stopped, CutOff),
                unjudged=ExitStatus.NOTHING_EXERCISED if self._is_unauthorized() else ExitStatus.UNREACHABLE,
            )

    def _reach(self) -> Exception | None:
        """Run the first scenario. Raises LiveUnreachable where the tenant does not respond; returns the
        reason where nothing can be tested.
        """
        sent = self.executor.sent
        try:
            self._drive(reject_unknown_ids)
        except Stopped as error:
            raise LiveUnreachable(f"the tenant cannot be tested now: {error}") from error
        if not any(status_to(each) for each in sent):
            failure = sent[-1].outcome.error
            why = failure.message if failure is not None else "no response"
            raise LiveUnreachable(f"{self.root} cannot be reached: {why}")
        if all(status_to(each) in (0, *BUSY) for each in sent):
            raise LiveUnreachable(f"{self.root} responds only with 429 or 503", "Try again later.")
        return CutOff(f"{_UNAUTHORIZED}; {_RENEW}") if self._is_unauthorized() else None

    def _run_scenarios(self) -> Exception | None:
        """Run the other scenarios; returns why they ended early, or None."""
        try:
            for scenario in list_needed(self.planned):
                self._drive(scenario)
            if self.options.profile == "nightly":
                from graphcontract.live.random_reads import read_in_random_order

                read_in_random_order(self.context, self.executor, self.options.seed)
        except (Stopped, UserError) as error:
            return error
        return None

    def _drive(self, scenario: Callable[[ScenarioContext], Scenario]) -> None:
        """Carry out a scenario's steps, and pass it the result of each."""
        steps = scenario(self.context)
        try:
            step = next(steps)
            while True:
                step = steps.send(self.executor.perform(step))
        except StopIteration:
            self.completed.append(scenario)
        finally:
            steps.close()

    def _print_notes(self, stopped: Exception | None) -> None:
        for note in (*self.context.notes, *([f"the run ended early: {stopped}"] if stopped else [])):
            self.say(f"note: {note}")

    def _judge(self, recorder: RunRecorder, stopped: str | None) -> None:
        """Evaluate what was recorded. Where every response was 401, no clause is evaluated; after an
        interruption, no clause passes whose scenarios are incomplete. The first result counts all requests.
        """
        interrupted = stopped == _INTERRUPTED
        evaluator = LiveEvaluator(
            self.contract,
            self.options,
            self.anonymizer,
            self.client_under_test.shows,
            self.context.trials,
            self.executor.sent,
            self.executor.client_exchanges,
            collect_reasons(self.context, complete=set(list_needed(self.planned)) <= set(self.completed)),
            collect_unmet(self.context),
            stopped,
            [id for id in self.planned if interrupted and not self._is_over(id)],
            self._make_remarks(),
        )
        unauthorized = self._is_unauthorized()
        count = len(self.executor.sent)
        for id in self.planned:
            rejected = ClauseResult(id, "not-run", reason=_UNAUTHORIZED)
            result = rejected if unauthorized else evaluator.evaluate(id)
            recorder.add(replace(result, exchanges=count))
            count = 0

    def _is_over(self, clause: str) -> bool:
        """Whether all scenarios that a clause depends on are complete."""
        return {reject_unknown_ids, *list_scenarios_of(clause, self.planned)} <= set(self.completed)

    def _is_unauthorized(self) -> bool:
        """Whether every response to the run's own credential was 401."""
        statuses = [status_to(each) for each in self.executor.sent if each.step.credential == "main"]
        return bool(statuses) and all(each == 401 for each in statuses)

    def _make_remarks(self) -> dict[str, str]:
        """Remarks for the report, by clause: other tasks whose status changed around a cancel."""
        changes = [
            f"{self.anonymizer.hash_id(id)} ({old}, then {new})" for id, old, new in self.context.changed
        ]
        if not changes:
            return {}
        more = f" and {len(changes) - _MOST_NAMED} more" if len(changes) > _MOST_NAMED else ""
        listed = ", ".join(changes[:_MOST_NAMED])
        return {
            "service.effect": f"other tasks changed meanwhile, possibly for other reasons: {listed}{more}"
        }
