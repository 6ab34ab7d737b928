"""Service clauses on the operation itself: the response to a cancel, its effect, and its precondition.

A finding quotes no text of the tenant, because reports do not redact it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from graphcontract.clauses import Finding, clause
from graphcontract.clauses.service_changes import GONE, find_change, find_change_after_end
from graphcontract.clauses.service_queries import (
    BYSTANDER,
    CANCEL,
    CANCELLED,
    LIST,
    NOT_STARTED,
    READ,
    STARTED,
    describe_response,
    final_response,
    find_step,
    has_conclusive_response,
    is_success,
    list_statuses,
    purpose_kind,
    status_to,
    statuses_around,
    task_status,
)
from graphcontract.contract.model import Contract
from graphcontract.exchange import Exchange, Trial

_NOT_CANCELLABLE = ("inProgress", "completed", "failed")


def _is_cancel_conclusive(_contract: Contract, trial: Trial) -> bool:
    """Whether the service responded to a cancel of a task that had not started. An error counts only if the
    task did not start in the meantime, which would explain it.
    """
    index = find_step(trial, CANCEL)
    if index is None or status_to(trial.exchanges[index]) == 401:
        return False
    before, after = statuses_around(trial, index)
    if before != NOT_STARTED:
        return False
    status = status_to(trial.exchanges[index])
    return is_success(status) or after == NOT_STARTED or (status >= 500 and after == CANCELLED)


@clause(
    "service.cancel",
    "other-success",
    "content",
    "refused",
    "server-error",
    when=_is_cancel_conclusive,
    uses_earlier_steps=True,
)
def cancel(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A cancel of a task that has not started must get the documented success status and no content (the
    operation's page). Content that is only declared counts, for which a client may wait; a Content-Length of
    0 does not. An error for a task that started in the meantime, a 401 and a busy service are left out.
    """
    index = find_step(trial, CANCEL)
    assert index is not None
    step, expected = trial.exchanges[index], f"status {contract.success.status}"
    response, status = final_response(step), status_to(step)
    if status >= 500:
        yield Finding("server-error", expected, describe_response(step), exchange=step)
    elif not is_success(status):
        actual = f"{describe_response(step)}; the task is {NOT_STARTED} before and after the request"
        yield Finding("refused", expected, actual, exchange=step)
    elif status != contract.success.status:
        yield Finding("other-success", expected, describe_response(step), exchange=step)
    elif response is not None and contract.success.content == "absent":
        size = len(response.content) + len(response.stray)
        if size:
            yield Finding("content", "no content", f"{size} bytes of content", exchange=step)
        elif any(value.strip().strip("0") for value in response.values("content-length")):
            yield Finding("content", "no content", "a Content-Length other than 0", exchange=step)


def _is_cancelled(_contract: Contract, trial: Trial) -> bool:
    index = find_step(trial, CANCEL)
    return (
        index is not None
        and is_success(status_to(trial.exchanges[index]))
        and any(
            purpose_kind(step) == READ and has_conclusive_response(step)
            for step in trial.exchanges[index + 1 :]
        )
    )


@clause(
    "service.effect",
    "not-cancelled",
    "gone",
    "other-task",
    "other-task-changed",
    when=_is_cancelled,
    uses_earlier_steps=True,
)
def effect(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """After success the task must be cancelled, and no other task changed (the operation's page). Only the
    last read counts: it was made at the end of the wait, as the effect may take some time. Changes that
    another task can make by itself, or other users in a list, are left out.
    """
    index = find_step(trial, CANCEL)
    assert index is not None
    steps = trial.exchanges
    task = steps[index].call.task_id
    reads = [step for step in steps[index + 1 :] if purpose_kind(step) == READ and step.call.task_id == task]
    last = next((step for step in reversed(reads) if has_conclusive_response(step)), None)
    if last is not None and status_to(last) in GONE:
        yield Finding("gone", f"task status {CANCELLED}", describe_response(last), exchange=last)
    elif last is not None and task_status(last) != CANCELLED:
        status = task_status(last)
        actual = f"task status {status}" if status else f"{describe_response(last)} without a task status"
        yield Finding("not-cancelled", f"task status {CANCELLED}", actual, exchange=steps[index])
    yield from _find_other_changes(steps[:index], steps[index], steps[index + 1 :])


def _find_other_changes(
    before: tuple[Exchange, ...], cancel: Exchange, after: tuple[Exchange, ...]
) -> Iterator[Finding]:
    """Find other tasks that changed, by the last reads of each and by the lists around the cancel."""
    old_reads, new_reads = _list_other_reads(before), _list_other_reads(after)
    for id, old in old_reads.items():
        new = new_reads.get(id)
        if new is not None and (kind := find_change(old, new)) is not None:
            status = task_status(new)
            actual = f"task status {status}" if status else describe_response(new)
            yield Finding(kind, f"task status {task_status(old)}", actual, exchange=cancel)
    old_list, new_list = _merge_lists(before), _merge_lists(after)
    for id, status in old_list.items():
        if (kind := find_change_after_end(status, new_list.get(id))) is not None:
            actual = f"task status {new_list[id]} in the list"
            yield Finding(kind, f"task status {status}", actual, exchange=cancel)


def _list_other_reads(steps: tuple[Exchange, ...]) -> dict[str, Exchange]:
    """The last read of each other task that returned it, or that it is gone."""
    reads = [step for step in steps if purpose_kind(step) == BYSTANDER]
    return {step.call.task_id: step for step in reads if task_status(step) or status_to(step) in GONE}


def _merge_lists(steps: tuple[Exchange, ...]) -> dict[str, str]:
    """The statuses by id in lists of tasks; a later page counts."""
    return {
        id: status
        for step in steps
        if purpose_kind(step) == LIST
        for id, status in list_statuses(step).items()
    }


def _has_started(_contract: Contract, trial: Trial) -> bool:
    index = find_step(trial, STARTED)
    tried = index is not None and status_to(trial.exchanges[index]) != 401
    return tried or bool(_list_transitions(trial))


def _list_transitions(trial: Trial) -> list[tuple[str, str]]:
    """Status changes, from one read of the trial to the next, of tasks that had already started or ended."""
    kinds = {purpose_kind(step) for step in trial.exchanges}
    if kinds == {LIST}:
        statuses = [list_statuses(step) for step in trial.exchanges]
    elif READ in kinds and len(_tasks_read(trial)) == 1:
        reads = (task_status(step) for step in trial.exchanges if purpose_kind(step) == READ)
        statuses = [{"": status} for status in reads if status]
    else:
        return []
    pairs = ((old[id], new[id]) for old, new in pairwise(statuses) for id in old.keys() & new.keys())
    return [(old, new) for old, new in pairs if old in _NOT_CANCELLABLE]


def _tasks_read(trial: Trial) -> set[str]:
    return {step.call.task_id for step in trial.exchanges if purpose_kind(step) == READ}


@clause("service.precondition", "accepted", "became-cancelled", when=_has_started, uses_earlier_steps=True)
def precondition(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A task that has started or ended must not be cancelled, nor the attempt get a 2xx (the operation's
    page). Any other status is accepted here; which 4xx it should be is for `service.refusal-status`.
    """
    index = find_step(trial, STARTED)
    step = None if index is None else trial.exchanges[index]
    if index is not None and step is not None and is_success(status_to(step)):
        before, _ = statuses_around(trial, index)
        expected = f"no 2xx status for a task that is {before}"
        yield Finding("accepted", expected, describe_response(step), exchange=step)
    for old, new in _list_transitions(trial):
        if new == CANCELLED:
            yield Finding("became-cancelled", f"task status {old}", f"task status {new}", exchange=step)


@clause("service.repeat", "recorded", when=lambda _contract, _trial: False)
def repeat(_contract: Contract, _trial: Trial) -> Iterator[Finding]:
    """The response to a second cancel is recorded and never a violation: the operation's page does not
    document it.
    """
    yield from ()
