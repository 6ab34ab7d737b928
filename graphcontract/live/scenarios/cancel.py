"""The cancel of a task that has not started: reads around it, the wait for its effect, the state of other
tasks.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence

from graphcontract.clauses import service_queries
from graphcontract.live.scenarios.context import ScenarioContext, describe_state, is_not_started, try_change
from graphcontract.live.scenarios.list_tasks import compare_lists, list_all_tasks
from graphcontract.live.scenarios.rejections import cancel_without_permission
from graphcontract.live.steps import RequestStep, Scenario, StepResult

POLLS = (0.0, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0)  # seconds before each read, a minute in all


def cancel_tasks(context: ScenarioContext) -> Scenario:
    """Cancel each task that the run may cancel."""
    for at, id in enumerate(context.subjects):
        if at:  # only after a first successful cancel: a service may remember it
            yield from cancel_without_permission(context, id)
        yield from _cancel_task(context, id)


def _cancel_task(context: ScenarioContext, id: str) -> Scenario:
    others = [each for each in (*context.subjects, *context.started) if each != id]
    all_before = yield from list_all_tasks(context, "to list the other tasks before")
    before_others = yield from _read_others(context, others, "before")
    read = context.make_read(id, "to check that it has not started", shows=service_queries.NOT_STARTED)
    change = context.make_change(
        id,
        "the cancel",
        purpose=service_queries.CANCEL,
        expected=context.success,
        changes="cancels the task for good",
    )
    before, done = yield from try_change(read, change, is_not_started)
    if done is None:
        state = describe_state(before)
        context.skip_clauses(
            ("service.cancel", "service.effect"),
            f"a task was not cancelled: {state}, not {service_queries.NOT_STARTED}. "
            "Give a task that has not started, or let the run create one with --create FILE",
        )
        return
    said = f"got {done.status}" if done.status else "got no response"
    context.unmet.setdefault(
        "service.cancel", f"the cancel {said}, which does not show whether it is allowed"
    )
    context.unmet.setdefault("service.effect", f"the cancel {said}, so it need not have an effect")
    polls = yield from _poll_until_cancelled(context, id, waits=200 <= done.status < 300)
    after_others = yield from _read_others(context, others, "after")
    compare_lists(
        context, all_before, (yield from list_all_tasks(context, "to list the other tasks after")), id
    )
    if polls[-1].task_status == service_queries.CANCELLED:
        polls.append(
            (yield context.make_read(id, "to check that it stays cancelled", shows=service_queries.CANCELLED))
        )
    if polls[-1].task_status == service_queries.CANCELLED:
        repeat = yield context.make_change(
            id,
            "a second cancel, recorded only",
            purpose=service_queries.REPEAT,
            expected=409,
            changes="nothing, because it is already cancelled",
        )
        if repeat.exchange is not None:
            context.reasons["service.repeat"] = f"recorded only: the second cancel got {repeat.status}"
        polls.append(
            (yield context.make_read(id, "to check that it stays cancelled", shows=service_queries.CANCELLED))
        )
    context.add_trial(before, *before_others, done, *polls, *after_others)


def _read_others(
    context: ScenarioContext, others: Sequence[str], when: str
) -> Generator[RequestStep, StepResult, list[StepResult]]:
    seen = []
    for other in others:
        seen.append(
            (
                yield context.make_read(
                    other, f"to read another task {when}", purpose=service_queries.BYSTANDER
                )
            )
        )
    return seen


def _poll_until_cancelled(
    context: ScenarioContext, id: str, *, waits: bool
) -> Generator[RequestStep, StepResult, list[StepResult]]:
    """Read the task until it is cancelled, for a minute at most; once where the cancel did not succeed."""
    seen: list[StepResult] = []
    for after in POLLS if waits else POLLS[:1]:
        times = len(POLLS) if not seen and waits else 1
        step = context.make_read(
            id, "to check that it is cancelled", shows=service_queries.CANCELLED, times=times, after=after
        )
        seen.append((yield step))
        if seen[-1].task_status == service_queries.CANCELLED:
            break
    return seen
