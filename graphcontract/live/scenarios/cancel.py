"""The scenario of the cancel itself: reads around it, the wait for its effect, how other tasks fared.

Knows the clauses' purposes; it sends nothing, and the policy has the last word.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence

from graphcontract.clauses import service_queries
from graphcontract.live.scenarios.context import ScenarioContext, not_started, tried
from graphcontract.live.scenarios.list_tasks import compare, listed
from graphcontract.live.scenarios.rejections import without_permission
from graphcontract.live.steps import RequestStep, Scenario, Seen

POLLS = (0.0, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0)


def cancel(bench: ScenarioContext) -> Scenario:
    """The cancel itself, of each task that it is allowed for."""
    for at, id in enumerate(bench.subjects):
        if at:  # the service has obeyed someone by now
            yield from without_permission(bench, id)
        yield from _cancelled(bench, id)


def _cancelled(bench: ScenarioContext, id: str) -> Scenario:
    others = [each for each in (*bench.subjects, *bench.started) if each != id]
    all_before = yield from listed(bench, "to see how the other tasks are before")
    before_others = yield from _bystanders(bench, others, "before")
    read = bench.read(id, "to see that it has not started", shows=service_queries.NOT_STARTED)
    change = bench.change(
        id,
        "the action",
        purpose=service_queries.CANCEL,
        expected=bench.success,
        changes="cancels the task for good",
    )
    before, done = yield from tried(read, change, not_started)
    if done is None:
        state = before.task_status or f"answered {before.status}"
        bench.leave_unjudged(
            ("service.cancel", "service.effect"),
            f"a task was not cancelled: it is {state}, not {service_queries.NOT_STARTED}. "
            "Name a task that has not started, or let the run make one: --create FILE",
        )
        return
    said = f"was answered with {done.status}" if done.status else "was not answered"
    bench.unmet.setdefault("service.cancel", f"the cancel {said}, which does not show whether it is allowed")
    bench.unmet.setdefault("service.effect", f"the cancel {said}, so that it need have no effect")
    polls = yield from _polled(bench, id, waits=200 <= done.status < 300)
    after_others = yield from _bystanders(bench, others, "after")
    compare(bench, all_before, (yield from listed(bench, "to see how the other tasks are after")), id)
    if polls[-1].task_status == service_queries.CANCELLED:
        polls.append(
            (yield bench.read(id, "to see that it stays cancelled", shows=service_queries.CANCELLED))
        )
    if polls[-1].task_status == service_queries.CANCELLED:
        repeat = yield bench.change(
            id,
            "a second cancel, recorded and not judged",
            purpose=service_queries.REPEAT,
            expected=409,
            changes="nothing: it is cancelled",
        )
        if repeat.exchange is not None:
            bench.reasons["service.repeat"] = f"recorded, never judged: status {repeat.status}"
        polls.append(
            (yield bench.read(id, "to see that it stays cancelled", shows=service_queries.CANCELLED))
        )
    bench.trial(before, *before_others, done, *polls, *after_others)


def _bystanders(
    bench: ScenarioContext, others: Sequence[str], when: str
) -> Generator[RequestStep, Seen, list[Seen]]:
    seen = []
    for other in others:
        seen.append(
            (yield bench.read(other, f"to see how another task is {when}", purpose=service_queries.BYSTANDER))
        )
    return seen


def _polled(bench: ScenarioContext, id: str, *, waits: bool) -> Generator[RequestStep, Seen, list[Seen]]:
    """Reads until the task is cancelled, for a minute at most; one read where nothing is to be waited for."""
    seen: list[Seen] = []
    for after in POLLS if waits else POLLS[:1]:
        times = len(POLLS) if not seen and waits else 1
        step = bench.read(
            id, "to see that it is cancelled", shows=service_queries.CANCELLED, times=times, after=after
        )
        seen.append((yield step))
        if seen[-1].task_status == service_queries.CANCELLED:
            break
    return seen
