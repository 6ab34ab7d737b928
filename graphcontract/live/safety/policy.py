"""Decides whether a step may be sent, whatever a scenario plans. Anything that is not explicitly allowed is
forbidden.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from graphcontract.clauses.service_queries import (
    BUSY,
    CANCELLED,
    IN_PROGRESS,
    LOOKUP,
    NOT_STARTED,
    TERMINAL,
)
from graphcontract.live.steps import RequestStep
from graphcontract.live.urls import DOT_SEGMENTS, MALFORMED, Targets

MOST_FRESH_CANCELS = 8  # on a tenant; one more is Forbidden, so a bug in a scenario cannot flood it
# Requests to a tenant without a token, and as many with garbage: a call, and reads of task and list.
MOST_BAD_TOKENS = 3
_SAFE = ("main", "lesser", "none", "garbage")


class Forbidden(Exception):
    """A step that must not be sent: a bug in graphcontract, or a tenant that changed in the meantime."""


@dataclass
class Policy:
    """What this run may send. `cancel` means that all options for a cancel are given; `tasks` may be
    cancelled, `started` are tasks that must reject it; `fresh` has the GUIDs that this run has made up.
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
    _created_ids: set[str] = field(default_factory=set)
    _tried: set[str] = field(default_factory=set)
    _reads: dict[str, tuple[int, str | None]] = field(default_factory=dict)
    _spent: tuple[int, str | None] | None = None
    _looked_up: str = ""
    _created: bool = False
    _fresh_cancels: int = 0
    _bad_tokens_sent: Counter[str] = field(default_factory=Counter)
    _changes_with_bad_tokens: set[str] = field(default_factory=set)

    def add_created(self, id: str) -> None:
        """Allow the cancel of a task that this run has created."""
        self._created_ids.add(id)

    def record_result(self, step: RequestStep, status: int, task_status: str | None) -> None:
        """Record the result of a step. A read allows one change, and only with the run's credential. What a
        busy service did not handle may be repeated.
        """
        changes = step.target == self.targets.cancel(step.task_id)
        if step.credential in ("none", "garbage") and status in BUSY:
            self._bad_tokens_sent[step.credential] -= 1
            if changes:
                self._changes_with_bad_tokens.discard(step.credential)
        if changes and status == 429 and self._spent is not None:
            self._reads[step.task_id], self._spent = self._spent, None
        if step.method == "GET" and step.credential == "main":
            if step.target == self.targets.task(step.task_id):
                self._reads[step.task_id] = (status, task_status)
            elif step.purpose == LOOKUP and status == 404:
                self._looked_up = step.target

    def check(self, step: RequestStep) -> None:
        """Raise Forbidden where a step must not be sent."""
        segments = step.target.partition("?")[0].split("/")
        if not step.target.startswith(self.targets.collection) or not set(segments).isdisjoint(DOT_SEGMENTS):
            raise Forbidden(f"{step.method} on a path outside the tasks")
        if step.credential not in _SAFE and not self.loopback:
            raise Forbidden("forged tokens are sent to loopback only")
        if step.method == "GET" and step.target != self.targets.cancel(step.task_id):
            self._check_bad_token_limit(step)
            return
        if self.get_only:
            raise Forbidden("--get-only allows GET only")
        if step.method == "POST" and step.target == self.targets.collection:
            self._check_create(step)
        elif step.target == self.targets.cancel(step.task_id):
            self._check_change(step)
        else:
            raise Forbidden(f"{step.method} on this path")

    def _check_bad_token_limit(self, step: RequestStep) -> None:
        """A tenant gets few requests without a token and with garbage, and at most one call of each kind."""
        if step.credential not in ("none", "garbage") or self.loopback:
            return
        if self._bad_tokens_sent[step.credential] >= MOST_BAD_TOKENS:
            raise Forbidden(f"a tenant gets only {MOST_BAD_TOKENS} requests of this kind")
        if step.target == self.targets.cancel(step.task_id):
            if step.credential in self._changes_with_bad_tokens:
                raise Forbidden("a tenant gets only one call of this kind")
            self._changes_with_bad_tokens.add(step.credential)
        self._bad_tokens_sent[step.credential] += 1

    def _check_create(self, step: RequestStep) -> None:
        if not (self.cancel and self.create) or self._created or step.credential != "main":
            raise Forbidden("a create call without --create")
        if not self._looked_up:
            raise Forbidden("a create call without a lookup that got 404")
        self._created = True

    def _check_change(self, step: RequestStep) -> None:
        id = step.task_id
        if (step.method != "POST" or step.content) and not self.loopback:
            raise Forbidden("other methods are sent to loopback only")
        self._spent = self._reads.pop(id, None)
        if self._spent is None:
            raise Forbidden("a cancel without a read just before it")
        status, task_status = self._spent
        self._check_bad_token_limit(step)
        if id in self.fresh or id in MALFORMED:
            self._check_nonexistent(id, status)
        elif not self.cancel:
            raise Forbidden("a cancel without --allow-cancel")
        elif id in self.tasks or id in self._created_ids:
            again = task_status == CANCELLED and id in self._tried
            if task_status != NOT_STARTED and not again:
                raise Forbidden(f"the task is {task_status}, not {NOT_STARTED}")
            self._tried.add(id)
        elif id in self.started:
            self._check_started(task_status)
        else:
            raise Forbidden("a task that no option names")

    def _check_nonexistent(self, id: str, status: int) -> None:
        """The last read of the id must have got 404, or on loopback any 4xx for a malformed id."""
        if id in MALFORMED and not self.loopback:
            raise Forbidden("malformed ids are only read, except on loopback")
        if status != 404 and not (id in MALFORMED and 400 <= status < 500):
            raise Forbidden(f"the read of a made-up id got {status}, not 404")
        self._fresh_cancels += id in self.fresh
        if self._fresh_cancels > MOST_FRESH_CANCELS and not self.loopback:
            raise Forbidden(f"more than {MOST_FRESH_CANCELS} cancels of made-up ids")

    def _check_started(self, task_status: str | None) -> None:
        running = task_status == IN_PROGRESS and (self.loopback or self.risk_running_task)
        if task_status not in TERMINAL and not running:
            raise Forbidden(f"a --started-task that is {task_status} must not be cancelled")
