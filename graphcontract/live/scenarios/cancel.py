"""The cancel of a task that has not started: reads around it, the wait for its effect, the state of other
tasks.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence

from graphcontract.clauses import service_queries
from graphcontract.clauses.service_changes import find_change
from graphcontract.clauses.service_lists import find_list_problems
from graphcontract.live.scenarios.context import ScenarioContext, describe_state, is_not_started, try_change
from graphcontract.live.scenarios.list_tasks import TaskList, compare_lists, list_all_tasks
from graphcontract.live.scenarios.rejections import cancel_without_permission
from graphcontract.live.steps import RequestStep, Scenario, StepResult

# Seconds before each further read of other tasks that changed, and of a list that is not up to date, a minute
# in all: fewer reads than of the task itself, because tasks and pages are many.
REREADS = (4.0, 16.0, 40.0)
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
    before_others = yield from _read_others_before(context, others)
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
            ("service.cancel", "service.effect", "service.list"),
            f"a task was not cancelled: {state}, not {service_queries.NOT_STARTED}. "
            "Give a task that has not started, or let the run create one with --create FILE",
        )
        return
    succeeded = 200 <= done.status < 300
    if succeeded:
        context.cancelled.add(id)
    polls = yield from _poll_until_cancelled(context, id, "to check that it is cancelled", waits=succeeded)
    after_others = yield from _read_others_after(context, before_others)
    is_cancelled, known = polls[-1].task_status == service_queries.CANCELLED, context.has_late_list
    all_after = yield from _list_after(context, id, all_before, waits=is_cancelled and not known)
    compare_lists(context, all_before, all_after, id)
    lists = [each.pages if each else [] for each in (all_before, None if known else all_after)]
    _note_unmet(context, done, is_listed=all_after is not None)
    if is_cancelled:
        polls += yield from _cancel_again(context, id, waits=succeeded)
    context.add_trial(*lists[0], before, *before_others.values(), done, *polls, *after_others, *lists[1])


def _note_unmet(context: ScenarioContext, done: StepResult, *, is_listed: bool) -> None:
    """Note what the clauses about a cancel lack where its trial does not exercise them."""
    said = f"got {done.status}" if done.status else "got no response"
    why = "no read showed the task as cancelled" if is_listed else "the list of tasks is incomplete"
    unmet = {
        "service.cancel": f"the cancel {said}, which does not show whether it is allowed",
        "service.effect": f"the cancel {said}, so it need not have an effect",
        "service.list": why,
    }
    context.unmet |= unmet | context.unmet


def _cancel_again(
    context: ScenarioContext, id: str, *, waits: bool
) -> Generator[RequestStep, StepResult, list[StepResult]]:
    """Read the cancelled task, cancel it a second time if it is still cancelled, and read it again."""
    why = "to check that it stays cancelled"
    polls = yield from _poll_until_cancelled(context, id, why, waits=waits)
    if polls[-1].task_status != service_queries.CANCELLED:
        return polls
    repeat = yield context.make_change(
        id,
        "a second cancel, recorded only",
        purpose=service_queries.REPEAT,
        expected=409,
        changes="nothing, because it is already cancelled",
    )
    if repeat.exchange is not None:
        context.reasons["service.repeat"] = f"recorded only: the second cancel got {repeat.status}"
    return polls + (yield from _poll_until_cancelled(context, id, why, waits=waits))


def _read_others_before(
    context: ScenarioContext, others: Sequence[str]
) -> Generator[RequestStep, StepResult, dict[str, StepResult]]:
    """Read the other tasks. One that this run has cancelled counts only if its read shows that: another
    status is an old one, from a replica of the service.
    """
    found = {}
    for other in others:
        step = context.make_read(other, "to read another task before", purpose=service_queries.BYSTANDER)
        seen = yield step
        shows = seen.exchange is None or seen.task_status == service_queries.CANCELLED
        if shows or other not in context.cancelled:
            found[other] = seen
    return found


def _read_others_after(
    context: ScenarioContext, before: Mapping[str, StepResult]
) -> Generator[RequestStep, StepResult, list[StepResult]]:
    """Read the other tasks again, and those that changed for up to a minute: the read may be an old one."""
    seen: list[StepResult] = []
    ids, why = list(before), "to read another task after"
    for wait in (0.0, *REREADS):
        changed = []
        for at, id in enumerate(ids):
            times = 1 if wait else 1 + len(REREADS)
            after = 0.0 if at else wait
            result = yield context.make_read(
                id, why, purpose=service_queries.BYSTANDER, times=times, after=after
            )
            seen.append(result)
            old = before[id].exchange
            if old is not None and result.exchange is not None and find_change(old, result.exchange):
                changed.append(id)
        ids = changed
    return seen


def _list_after(
    context: ScenarioContext, id: str, before: TaskList | None, *, waits: bool
) -> Generator[RequestStep, StepResult, TaskList | None]:
    """List all tasks, for up to a minute until the list has the task as cancelled; once where it is not. One
    minute is enough in a run: a long list costs a request for each page.
    """
    why, old = "to list all tasks after", before.exchanges if before else []

    def is_late(found: TaskList | None) -> bool:
        return found is not None and any(find_list_problems(old, found.exchanges, id))

    found = yield from list_all_tasks(context, why, repeats=1 + len(REREADS))
    for wait in REREADS if waits else ():
        if not is_late(found):
            break
        found = yield from list_all_tasks(context, why, after=wait)
    context.has_late_list |= waits and is_late(found)
    return found


def _poll_until_cancelled(
    context: ScenarioContext, id: str, why: str, *, waits: bool
) -> Generator[RequestStep, StepResult, list[StepResult]]:
    """Read the task until it is cancelled, for a minute at most; once where the cancel did not succeed."""
    seen: list[StepResult] = []
    for after in POLLS if waits else POLLS[:1]:
        times = len(POLLS) if not seen and waits else 1
        step = context.make_read(id, why, shows=service_queries.CANCELLED, times=times, after=after)
        seen.append((yield step))
        if seen[-1].task_status == service_queries.CANCELLED:
            break
    return seen
