"""Whether a step may be sent. The last word, whatever a scenario plans: what it does not know is forbidden.

Knows what reads have shown so far; it sends nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from graphcontract.clauses.service_queries import CANCELLED, IN_PROGRESS, LOOKUP, NOT_STARTED, TERMINAL
from graphcontract.live.steps import RequestStep
from graphcontract.live.urls import MALFORMED, Targets

MOST_FRESH_CANCELS = 8
_SAFE = ("main", "lesser", "none", "garbage")


class Forbidden(Exception):
    """A step that must not be sent: a defect of graphcontract, unless a tenant changed its mind."""


@dataclass
class Policy:
    """What this run is allowed. `cancel` says that all words for a cancel were given; `tasks` may be
    cancelled, `started` must refuse; `fresh` holds the GUIDs that this run has made up.
    """

    targets: Targets
    loopback: bool
    get_only: bool = False
    cancel: bool = False
    create: bool = False
    risk_running_task: bool = False
    tasks: Collection[str] = ()
    started: Collection[str] = ()
    fresh: set[str] = field(default_factory=set)
    _made: set[str] = field(default_factory=set)
    _tried: set[str] = field(default_factory=set)
    _reads: dict[str, tuple[int, str | None]] = field(default_factory=dict)
    _spent: tuple[int, str | None] | None = None
    _looked_up: str = ""
    _created: bool = False
    _fresh_cancels: int = 0
    _odd: set[str] = field(default_factory=set)

    def made(self, id: str) -> None:
        """A task that this run has created, and may cancel."""
        self._made.add(id)

    def saw(self, step: RequestStep, status: int, task_status: str | None) -> None:
        """Take in what a step showed. A read counts for one change, and only with the run's credential."""
        if step.method != "GET" and status == 429 and self._spent is not None:
            self._reads[step.task_id], self._spent = self._spent, None
        if step.method == "GET" and step.credential == "main":
            if step.target == self.targets.task(step.task_id):
                self._reads[step.task_id] = (status, task_status)
            elif step.purpose == LOOKUP and status == 404:
                self._looked_up = step.target

    def check(self, step: RequestStep) -> None:
        """Raise Forbidden where a step must not be sent."""
        if not step.target.startswith(self.targets.collection):
            raise Forbidden(f"{step.method} on a path beside the tasks")
        if step.credential not in _SAFE and not self.loopback:
            raise Forbidden("forged tokens go to loopback alone")
        if step.method == "GET" and step.target != self.targets.cancel(step.task_id):
            self._check_extra(step)
            return
        if self.get_only:
            raise Forbidden("--get-only sends nothing but GET")
        if step.method == "POST" and step.target == self.targets.collection:
            self._check_create(step)
        elif step.target == self.targets.cancel(step.task_id):
            self._check_change(step)
        else:
            raise Forbidden(f"{step.method} on this path")

    def _check_extra(self, step: RequestStep) -> None:
        """One call without a token, one with garbage."""
        if step.credential in ("none", "garbage") and not self.loopback:
            if step.credential in self._odd:
                raise Forbidden("a tenant gets one call of this kind")
            self._odd.add(step.credential)

    def _check_create(self, step: RequestStep) -> None:
        if not (self.cancel and self.create) or self._created or step.credential != "main":
            raise Forbidden("a create that was not asked for")
        if not self._looked_up:
            raise Forbidden("a create without a lookup that found nothing")
        self._created = True

    def _check_change(self, step: RequestStep) -> None:
        id = step.task_id
        if (step.method != "POST" or step.content) and not self.loopback:
            raise Forbidden("other methods go to loopback alone")
        self._spent = self._reads.pop(id, None)
        if self._spent is None:
            raise Forbidden("a cancel without a read just before it")
        status, task_status = self._spent
        self._check_extra(step)
        if id in self.fresh or id in MALFORMED:
            self._check_nobodys(id, status)
        elif not self.cancel:
            raise Forbidden("a cancel that was not allowed")
        elif id in self.tasks or id in self._made:
            again = task_status == CANCELLED and id in self._tried
            if task_status != NOT_STARTED and not again:
                raise Forbidden(f"the task is {task_status}, not {NOT_STARTED}")
            self._tried.add(id)
        elif id in self.started:
            self._check_started(task_status)
        else:
            raise Forbidden("a task that nobody named")

    def _check_nobodys(self, id: str, status: int) -> None:
        """An id that a read has just answered 404, or on loopback a malformed one with any 4xx."""
        if id in MALFORMED and not self.loopback:
            raise Forbidden("malformed ids are only read, but on loopback")
        if status != 404 and not (id in MALFORMED and 400 <= status < 500):
            raise Forbidden(f"a made-up id was answered {status}, not 404")
        self._fresh_cancels += id in self.fresh
        if self._fresh_cancels > MOST_FRESH_CANCELS and not self.loopback:
            raise Forbidden(f"more than {MOST_FRESH_CANCELS} cancels of made-up ids")

    def _check_started(self, task_status: str | None) -> None:
        running = task_status == IN_PROGRESS and (self.loopback or self.risk_running_task)
        if task_status not in TERMINAL and not running:
            raise Forbidden(f"a task that is {task_status} must not be tried")
