"""What a live run does, step by step. A scenario yields steps and is sent what each showed; the plan runs the
same scenarios with what a good service would show.

Knows the clauses' purposes and what a task may be; it sends nothing, and the policy has the last word.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphcontract.clauses import service
from graphcontract.exchange import Trial
from graphcontract.live.creation import Creation
from graphcontract.live.steps import Credential, Scenario, Seen, Step
from graphcontract.live.targets import MALFORMED, Targets

POLLS = (0.0, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0)
OTHER_METHODS = ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")
_NEW = "(the new task)"
_ATTEMPTS = 3
MOST_PAGES = 20


@dataclass
class Bench:
    """What scenarios are made with: what the run may do, and where what it finds goes.

    `reasons` says, by clause, why it is not judged; `notes` are lines for people, which name no id.
    """

    targets: Targets
    loopback: bool
    method: str = "POST"
    success: int = 204
    get_only: bool = False
    cancel: bool = False
    privileged: bool = True
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
        running = seen.task_status == service.IN_PROGRESS and (self.loopback or self.risk_running_task)
        return running or seen.task_status in service.TERMINAL

    def shown(self, id: str) -> str:
        """An id as a plan shows it."""
        if id in self._fresh:
            return f"(fresh GUID {self._fresh[id]})"
        return id if len(id) <= 64 else f"{id[:8]}… ({len(id)} characters)"

    def trial(self, *seen: Seen) -> None:
        """Bring exchanges to court as one trial, in order."""
        steps = tuple(each.exchange for each in seen if each.exchange is not None)
        if steps:
            self.trials.append(Trial(steps))

    def read(
        self,
        id: str,
        why: str,
        *,
        purpose: str = service.READ,
        credential: Credential = "main",
        expected: int = 200,
        shows: str | None = None,
        times: int = 1,
        after: float = 0.0,
    ) -> Step:
        """A GET of one task."""
        target = self.targets.task(id)
        shown = f"{self.targets.collection}/{self.shown(id)}"
        return Step(
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
    ) -> Step:
        """The action on one task, through the client; with another method, without it."""
        shown = f"{self.targets.collection}/{self.shown(id)}{self.targets.action}"
        return Step(
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


def _tried(
    read: Step, change: Step, wanted: Callable[[Seen], bool]
) -> Generator[Step, Seen, tuple[Seen, Seen | None]]:
    """A change after a read that shows what is wanted, and again, with a new read, where the service is busy.
    The last read and what the change showed, None where nothing was tried.
    """
    before = yield read
    tried: Seen | None = None
    for _ in range(_ATTEMPTS):
        if not wanted(before):
            return before, tried
        tried = yield change
        if tried.status not in service.BUSY:
            break
        before = yield read
    return before, tried


def _is_unknown(seen: Seen) -> bool:
    return seen.status == 404


def _not_started(seen: Seen) -> bool:
    return seen.task_status == service.NOT_STARTED


def _on_nobodys(
    bench: Bench, read: Step, change: Step, wanted: Callable[[Seen], bool] = _is_unknown
) -> Generator[Step, Seen, tuple[Seen, Seen | None]]:
    """A change of an id that nobody has; read again where the answer does not say that nothing was done."""
    before, tried = yield from _tried(read, change, wanted)
    bench.trial(before)
    if tried is not None:
        bench.trial(tried)
        if not 400 <= tried.status < 500:
            yield read
    return before, tried


def unknown(bench: Bench) -> Scenario:
    """An id that nobody has: first read, and only where that is answered 404 also cancelled. Then one whose
    letters are capitals.
    """
    for id in (bench.fresh(), bench.fresh(capitals=True)):
        read = bench.read(id, "an id that nobody has", purpose=service.UNKNOWN, expected=404)
        if bench.get_only:
            seen = yield read
            bench.trial(seen)
        else:
            purpose = service.UNKNOWN if bench.privileged else service.LESSER_TOKEN
            expected = 404 if bench.privileged else 403
            change = bench.change(id, "the action on it", purpose=purpose, expected=expected)
            seen, _ = yield from _on_nobodys(bench, read, change)
        if seen.status == 403:
            denied = "the credential may not read tasks (403)"
            bench.reasons |= dict.fromkeys(("service.unknown-task", "service.malformed-id"), denied)
            bench.reasons["service.refusal-status"] = denied
        if seen.status != 404:
            return


def unauthenticated(bench: Bench) -> Scenario:
    """No token, garbage, and on loopback forgeries: on a task that may be cancelled, else on a made-up id,
    else as a read.
    """
    odd: list[tuple[str, Credential]] = [(service.NO_TOKEN, "none"), (service.GARBAGE, "garbage")]
    if bench.loopback:
        odd += [(f"{service.FORGED}:{how}", how) for how in bench.forgeries]
    for purpose, credential in odd:
        why = "a call that must be answered 401"
        if bench.get_only:
            step = bench.read(bench.fresh(), why, purpose=purpose, credential=credential, expected=401)
            bench.trial((yield step))
        else:
            yield from _odd_cancel(bench, bench.subject, why, purpose, credential, 401)


def _odd_cancel(
    bench: Bench,
    subject: str,
    why: str,
    purpose: str,
    credential: Credential,
    expected: int,
    method: str | None = None,
) -> Scenario:
    """A cancel that must be refused, between two reads of a task; or of an id that nobody has."""
    if subject:
        read = bench.read(subject, "to see that it has not started", shows=service.NOT_STARTED)
        change = bench.change(
            subject,
            why,
            purpose=purpose,
            credential=credential,
            expected=expected,
            changes="cancels the task, were it not refused",
            method=method,
        )
        before, tried = yield from _tried(read, change, _not_started)
        if tried is not None:
            after = yield bench.read(subject, "to see that it is as before", shows=service.NOT_STARTED)
            bench.trial(before, tried, after)
            return
    id = bench.fresh()
    read = bench.read(id, "to see that nobody has this id", purpose=service.UNKNOWN, expected=404)
    change = bench.change(id, why, purpose=purpose, credential=credential, expected=expected, method=method)
    _, tried = yield from _on_nobodys(bench, read, change)
    if tried is None and credential not in ("main", "lesser"):
        step = bench.read(id, why, purpose=purpose, credential=credential, expected=expected)
        bench.trial((yield step))


def permission(bench: Bench) -> Scenario:
    """A token without the permission must not cancel."""
    yield from _without_permission(bench, bench.subject)


def _without_permission(bench: Bench, subject: str) -> Scenario:
    if bench.lesser and bench.privileged and not bench.get_only:
        why = "a call that must be refused"
        yield from _odd_cancel(bench, subject, why, service.LESSER_TOKEN, "lesser", 403)


def methods(bench: Bench) -> Scenario:
    """Other methods than the action's, on loopback alone."""
    if not bench.loopback or bench.get_only:
        return
    for method in OTHER_METHODS:
        purpose = f"{service.METHOD}:{method}"
        yield from _odd_cancel(bench, bench.subject, "another method", purpose, "main", 405, method)


def create(bench: Bench) -> Scenario:
    """A task of our own: looked up, made, and taken for ours where it is new, waiting and dated as asked."""
    creation = bench.creation
    if creation is None:
        return
    collection = bench.targets.collection
    shown = f"{creation.lookup.partition('=')[0]}=…)"
    looked_up = yield Step(
        service.LOOKUP, "to see that the source has no task", "GET", creation.lookup, shown, expected=404
    )
    if looked_up.status != 404:
        bench.notes.append(
            "nothing was created: the lookup by source did not answer 404, so a task may exist"
        )
        return
    before = yield from _listed(bench, "to see which tasks there are")
    if before is None:
        bench.notes.append("nothing was created: the tasks that there are could not be listed whole")
        return
    made = yield Step(
        service.CREATE,
        "a task to cancel",
        bench.method,
        collection,
        collection,
        changes=f"creates a task as {creation.path} says",
        content=creation.content,
        shows=service.NOT_STARTED,
        journal={"file": creation.path, "sha256": creation.sha256, "before": [marked(id) for id in before]},
    )
    why, id = _unusable(creation, made, before)
    if why is not None:
        bench.notes.append(
            f"what the create call answered is not to be cancelled: {why}; look after it by hand"
        )
        return
    bench.made.append(id)
    bench.on_made(id)


def marked(id: str) -> str:
    """An id as the journal remembers that it was there before."""
    return hashlib.sha256(id.encode()).hexdigest()[:16]


def _unusable(creation: Creation, made: Seen, before: dict[str, Any]) -> tuple[str | None, str]:
    """Why a created task must be left alone, or None; and its id."""
    if made.exchange is None:
        return None, _NEW
    id = made.document.get("id")
    if not 200 <= made.status < 300 or not isinstance(id, str) or not 0 < len(id) <= 200:
        return f"status {made.status}, and no id", ""
    if id in before:
        return "its id is not new", id
    if made.task_status != service.NOT_STARTED:
        return f"its status is {made.task_status}", id
    other = creation.unlike(made.document)
    return (f"{other} is not as it was asked for" if other else None), id


def _listed(bench: Bench, why: str) -> Generator[Step, Seen, dict[str, Any] | None]:
    """The tasks' statuses by id, page by page; None where the answers do not show all of them."""
    found: dict[str, Any] = {}
    target: str | None = bench.targets.page()
    for page in range(MOST_PAGES):
        assert target is not None
        shown = target if not page else f"{bench.targets.collection}?(page {page + 1})"
        times = 1 if page else MOST_PAGES
        seen = yield Step(service.LIST, why, "GET", target, shown, times=times)
        if seen.exchange is None:
            return {}
        tasks = seen.document.get("value")
        if not isinstance(tasks, list):
            return None
        named = (task for task in tasks if isinstance(task, dict) and isinstance(task.get("id"), str))
        found |= {task["id"]: task.get("status") for task in named}
        if "@odata.nextLink" not in seen.document:
            return found
        target = bench.targets.next_page(seen.document["@odata.nextLink"])
        if target is None:
            return None
    return None


def cancel(bench: Bench) -> Scenario:
    """The cancel itself, of each task that it is allowed for."""
    for at, id in enumerate(bench.subjects):
        if at:  # the service has obeyed someone by now
            yield from _without_permission(bench, id)
        yield from _cancelled(bench, id)


def _cancelled(bench: Bench, id: str) -> Scenario:
    others = [each for each in (*bench.subjects, *bench.started) if each != id]
    listed = yield from _listed(bench, "to see how the other tasks are before")
    before_others = yield from _bystanders(bench, others, "before")
    read = bench.read(id, "to see that it has not started", shows=service.NOT_STARTED)
    change = bench.change(
        id,
        "the action",
        purpose=service.CANCEL,
        expected=bench.success,
        changes="cancels the task for good",
    )
    before, done = yield from _tried(read, change, _not_started)
    if done is None:
        state = before.task_status or f"answered {before.status}"
        bench.notes.append(f"a task was not cancelled: it is {state}, not {service.NOT_STARTED}")
        return
    polls = yield from _polled(bench, id, waits=200 <= done.status < 300)
    after_others = yield from _bystanders(bench, others, "after")
    _compare(bench, listed, (yield from _listed(bench, "to see how the other tasks are after")), id)
    if polls[-1].task_status == service.CANCELLED:
        polls.append((yield bench.read(id, "to see that it stays cancelled", shows=service.CANCELLED)))
    if polls[-1].task_status == service.CANCELLED:
        repeat = yield bench.change(
            id,
            "a second cancel, recorded and not judged",
            purpose=service.REPEAT,
            expected=409,
            changes="nothing: it is cancelled",
        )
        if repeat.exchange is not None:
            bench.reasons["service.repeat"] = f"recorded, never judged: status {repeat.status}"
        polls.append((yield bench.read(id, "to see that it stays cancelled", shows=service.CANCELLED)))
    bench.trial(before, *before_others, done, *polls, *after_others)


def _bystanders(bench: Bench, others: Sequence[str], when: str) -> Generator[Step, Seen, list[Seen]]:
    seen = []
    for other in others:
        seen.append(
            (yield bench.read(other, f"to see how another task is {when}", purpose=service.BYSTANDER))
        )
    return seen


def _polled(bench: Bench, id: str, *, waits: bool) -> Generator[Step, Seen, list[Seen]]:
    """Reads until the task is cancelled, for a minute at most; one read where nothing is to be waited for."""
    seen: list[Seen] = []
    for after in POLLS if waits else POLLS[:1]:
        times = len(POLLS) if not seen and waits else 1
        step = bench.read(
            id, "to see that it is cancelled", shows=service.CANCELLED, times=times, after=after
        )
        seen.append((yield step))
        if seen[-1].task_status == service.CANCELLED:
            break
    return seen


def _compare(
    bench: Bench, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, id: str
) -> None:
    """Tell of other tasks that changed; they count only where this run asked for them."""
    if not before or not after:
        return
    changed = [each for each in before if each != id and before[each] != after.get(each)]
    if changed:
        bench.notes.append(f"{len(changed)} other tasks changed meanwhile, which may have other reasons")


def started(bench: Bench) -> Scenario:
    """Tasks that must refuse, read just before."""
    for id in bench.started if bench.cancel else ():
        read = bench.read(id, "to see that it has ended", shows="completed")
        before = yield read
        purpose = service.REPEAT if before.task_status == service.CANCELLED else service.STARTED
        change = bench.change(
            id,
            "the action on a task that must refuse",
            purpose=purpose,
            expected=409,
            changes="cancels the task, were it not refused",
        )
        before, tried = yield from _tried(read, change, bench.must_refuse)
        if tried is None:
            state = before.task_status or f"answered {before.status}"
            bench.notes.append(f"a --started-task was left alone: it is {state}")
            continue
        after = yield bench.read(id, "to see that it is as before", shows="completed")
        bench.trial(before, tried, after)


def malformed(bench: Bench) -> Scenario:
    """Malformed ids from the fixed list: read, and on loopback cancelled too."""
    for id in MALFORMED:
        why = "a malformed id"
        read = bench.read(id, why, purpose=service.MALFORMED, expected=404)
        if bench.loopback and not bench.get_only:
            change = bench.change(id, why, purpose=service.MALFORMED, expected=404)
            yield from _on_nobodys(bench, read, change, lambda seen: 400 <= seen.status < 500)
        else:
            bench.trial((yield read))


REST: tuple[tuple[Callable[[Bench], Scenario], tuple[str, ...]], ...] = (
    (create, ("service.cancel", "service.effect", "service.repeat")),
    (unauthenticated, ("service.authentication",)),
    (permission, ("service.permission", "service.refusal-status")),
    (methods, ("service.method", "service.refusal-status")),
    (cancel, ("service.cancel", "service.effect", "service.repeat")),
    (started, ("service.precondition", "service.refusal-status")),
    (malformed, ("service.malformed-id",)),
)
"""What follows `unknown`, with the clauses that rest on it; what a run of 5xx may stop comes last."""


def needed(planned: Sequence[str]) -> list[Callable[[Bench], Scenario]]:
    """The scenarios after `unknown` that these clauses rest on; those that judge every answer rest on all."""
    everything = not set(planned) <= {id for _, clauses in REST for id in clauses} | {"service.unknown-task"}
    return [scenario for scenario, clauses in REST if everything or not set(clauses).isdisjoint(planned)]
