"""What scenarios share: the run's options, steps to yield, and the trials and notes that they collect."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field

from graphcontract.clauses import service_queries
from graphcontract.exchange import Trial
from graphcontract.live.create_file import Creation
from graphcontract.live.steps import Credential, RequestStep, StepResult
from graphcontract.live.urls import Targets

_ATTEMPTS = 3  # sends of one change in all, where the service is busy; each needs a new read before it


@dataclass
class ScenarioContext:
    """The options of the run, and what the scenarios collect.

    `reasons` says, by clause, why a run with these options cannot exercise it, `unmet` which precondition was
    not met; `reads` is whether the token has a permission to read, None where that is unknown. `cancelled`
    are the tasks whose cancel succeeded, `has_late_list` is whether a list was not up to date within a minute
    after one. `notes` are lines for the user without ids; `changed` lists other tasks that changed around a
    cancel, with their status before and after.
    """

    targets: Targets
    loopback: bool
    method: str = "POST"
    success: int = 204
    get_only: bool = False
    cancel: bool = False
    privileged: bool = True
    reads: bool | None = None
    lesser: bool = False
    forgeries: Sequence[Credential] = ()
    risk_running_task: bool = False
    tasks: Sequence[str] = ()
    started: Sequence[str] = ()
    creation: Creation | None = None
    made: list[str] = field(default_factory=list)
    cancelled: set[str] = field(default_factory=set)
    has_late_list: bool = False
    trials: list[Trial] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)
    unmet: dict[str, str] = field(default_factory=dict)
    changed: list[tuple[str, str, str]] = field(default_factory=list)
    on_fresh_id: Callable[[str], None] = lambda _id: None
    on_created: Callable[[str], None] = lambda _id: None
    on_known_id: Callable[[str], None] = lambda _id: None
    _fresh: dict[str, int] = field(default_factory=dict)

    def make_fresh_id(self, *, capitals: bool = False) -> str:
        """A new GUID, which is the id of no task."""
        id = str(uuid.uuid4())
        id = id.upper() if capitals else id
        self._fresh[id] = len(self._fresh) + 1
        self.on_fresh_id(id)
        return id

    def skip_clauses(self, clauses: Iterable[str], why: str) -> None:
        """Note for the user and the report why the requests of these clauses could not be made."""
        if why not in self.notes:
            self.notes.append(why)
        for clause in clauses:
            self.unmet.setdefault(clause, why)

    @property
    def subjects(self) -> list[str]:
        """The tasks that this run may cancel."""
        return [*self.tasks, *self.made] if self.cancel else []

    @property
    def subject(self) -> str:
        """The first of them, or an empty string."""
        return next(iter(self.subjects), "")

    def is_not_cancellable(self, seen: StepResult) -> bool:
        """Whether a task has ended, or is in progress where that may be risked."""
        running = seen.task_status == service_queries.IN_PROGRESS and (
            self.loopback or self.risk_running_task
        )
        return running or seen.task_status in service_queries.TERMINAL

    def format_id(self, id: str) -> str:
        """An id as a plan prints it."""
        if id in self._fresh:
            return f"(fresh GUID {self._fresh[id]})"
        return id if len(id) <= 64 else f"{id[:8]}… ({len(id)} characters)"

    def add_trial(self, *seen: StepResult) -> None:
        """Add these exchanges as one trial, in order."""
        exchanges = [each.exchange for each in seen if each.exchange is not None]
        if exchanges:
            self.trials.append(Trial(exchanges[-1], before=tuple(exchanges[:-1])))

    def make_read(
        self,
        id: str,
        why: str,
        *,
        purpose: str = service_queries.READ,
        credential: Credential = "main",
        expected: int = 200,
        shows: str | None = None,
        times: int = 1,
        after: float = 0.0,
    ) -> RequestStep:
        """A GET of one task."""
        target = self.targets.task(id)
        shown = f"{self.targets.collection}/{self.format_id(id)}"
        return RequestStep(
            purpose, why, "GET", target, shown, id, credential, expected, shows, times=times, after=after
        )

    def make_change(
        self,
        id: str,
        why: str,
        *,
        purpose: str,
        credential: Credential = "main",
        expected: int,
        changes: str = "nothing, because no task has this id",
        method: str | None = None,
    ) -> RequestStep:
        """The action on one task, by the client; with another method, without it."""
        shown = f"{self.targets.collection}/{self.format_id(id)}{self.targets.action}"
        return RequestStep(
            purpose,
            why,
            method or self.method,
            self.targets.cancel(id),
            shown,
            id,
            credential,
            expected,
            changes=changes,
            through_client=method is None,
        )


def try_change(
    read: RequestStep, change: RequestStep, wanted: Callable[[StepResult], bool]
) -> Generator[RequestStep, StepResult, tuple[StepResult, StepResult | None]]:
    """Send a change after a read with the wanted result; repeat both where the service is busy. Returns the
    last read and the result of the change, None where it was not sent.
    """
    before = yield read
    done: StepResult | None = None
    for _ in range(_ATTEMPTS):
        if not wanted(before):
            return before, done
        done = yield change
        if done.status not in service_queries.BUSY:
            break
        before = yield read
    return before, done


def _is_unknown(seen: StepResult) -> bool:
    return seen.status == 404


def describe_state(seen: StepResult) -> str:
    """The status of a task that was read, or the response in its place."""
    return f"it is {seen.task_status}" if seen.task_status else f"its GET got {seen.status}"


def is_not_started(seen: StepResult) -> bool:
    """Whether a read returned a task that has not started."""
    return seen.task_status == service_queries.NOT_STARTED


def try_change_on_unknown_id(
    context: ScenarioContext,
    read: RequestStep,
    change: RequestStep,
    wanted: Callable[[StepResult], bool] = _is_unknown,
) -> Generator[RequestStep, StepResult, tuple[StepResult, StepResult | None]]:
    """Cancel a non-existent id; read it again unless the response rules out an effect."""
    before, done = yield from try_change(read, change, wanted)
    context.add_trial(before)
    if done is not None:
        context.add_trial(done)
        if not 400 <= done.status < 500:
            yield read
    return before, done
