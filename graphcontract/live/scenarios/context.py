"""What scenarios are made with: what a run may do, steps to yield, and where what was seen goes.

Knows steps and trials; it sends nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field

from graphcontract.clauses import service_queries
from graphcontract.exchange import Trial
from graphcontract.live.create_file import Creation
from graphcontract.live.steps import Credential, RequestStep, Seen
from graphcontract.live.urls import Targets

_ATTEMPTS = 3


@dataclass
class ScenarioContext:
    """What scenarios are made with: what the run may do, and where what it finds goes.

    `reasons` says, by clause, why this run cannot judge it, `unmet` what it lacked to do so; `reads` is
    whether its token carries a permission to read, None where that is not known. `notes` are lines for
    people, which name no id; `changed` lists other tasks that changed around a cancel, with how they stood
    before and after.
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
    trials: list[Trial] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)
    unmet: dict[str, str] = field(default_factory=dict)
    changed: list[tuple[str, str, str]] = field(default_factory=list)
    on_fresh: Callable[[str], None] = lambda _id: None
    on_made: Callable[[str], None] = lambda _id: None
    on_seen: Callable[[str], None] = lambda _id: None
    _fresh: dict[str, int] = field(default_factory=dict)

    def fresh(self, *, capitals: bool = False) -> str:
        """A GUID that nobody has ever seen."""
        id = str(uuid.uuid4())
        id = id.upper() if capitals else id
        self._fresh[id] = len(self._fresh) + 1
        self.on_fresh(id)
        return id

    def leave_unjudged(self, clauses: Iterable[str], why: str) -> None:
        """Say, to people and in the report, why the run could not make the requests for these clauses."""
        if why not in self.notes:
            self.notes.append(why)
        for clause in clauses:
            self.unmet.setdefault(clause, why)

    @property
    def subjects(self) -> list[str]:
        """Tasks that this run may cancel."""
        return [*self.tasks, *self.made] if self.cancel else []

    @property
    def subject(self) -> str:
        """The first of them, or none."""
        return next(iter(self.subjects), "")

    def must_refuse(self, seen: Seen) -> bool:
        """Whether a task has ended, or is in progress where that may be risked."""
        running = seen.task_status == service_queries.IN_PROGRESS and (
            self.loopback or self.risk_running_task
        )
        return running or seen.task_status in service_queries.TERMINAL

    def shown(self, id: str) -> str:
        """An id as a plan shows it."""
        if id in self._fresh:
            return f"(fresh GUID {self._fresh[id]})"
        return id if len(id) <= 64 else f"{id[:8]}… ({len(id)} characters)"

    def trial(self, *seen: Seen) -> None:
        """Bring exchanges to court as one trial, in order."""
        exchanges = [each.exchange for each in seen if each.exchange is not None]
        if exchanges:
            self.trials.append(Trial(exchanges[-1], before=tuple(exchanges[:-1])))

    def read(
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
        shown = f"{self.targets.collection}/{self.shown(id)}"
        return RequestStep(
            purpose, why, "GET", target, shown, id, credential, expected, shows, times=times, after=after
        )

    def change(
        self,
        id: str,
        why: str,
        *,
        purpose: str,
        credential: Credential = "main",
        expected: int,
        changes: str = "nothing: no task has this id",
        method: str | None = None,
    ) -> RequestStep:
        """The action on one task, through the client; with another method, without it."""
        shown = f"{self.targets.collection}/{self.shown(id)}{self.targets.action}"
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


def tried(
    read: RequestStep, change: RequestStep, wanted: Callable[[Seen], bool]
) -> Generator[RequestStep, Seen, tuple[Seen, Seen | None]]:
    """A change after a read that shows what is wanted, and again, with a new read, where the service is busy.
    The last read and what the change showed, None where nothing was tried.
    """
    before = yield read
    done: Seen | None = None
    for _ in range(_ATTEMPTS):
        if not wanted(before):
            return before, done
        done = yield change
        if done.status not in service_queries.BUSY:
            break
        before = yield read
    return before, done


def _is_unknown(seen: Seen) -> bool:
    return seen.status == 404


def not_started(seen: Seen) -> bool:
    """Whether a read showed a task that has not started."""
    return seen.task_status == service_queries.NOT_STARTED


def on_nobodys(
    bench: ScenarioContext,
    read: RequestStep,
    change: RequestStep,
    wanted: Callable[[Seen], bool] = _is_unknown,
) -> Generator[RequestStep, Seen, tuple[Seen, Seen | None]]:
    """A change of an id that nobody has; read again where the answer does not say that nothing was done."""
    before, done = yield from tried(read, change, wanted)
    bench.trial(before)
    if done is not None:
        bench.trial(done)
        if not 400 <= done.status < 500:
            yield read
    return before, done
