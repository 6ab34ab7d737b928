"""What a tenant owes a cancel: its answer, its effect, and that a task which has started refuses.

Knows contract and trial; a finding quotes nothing that the tenant wrote, for reports keep it as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from graphcontract.clauses import Finding, clause
from graphcontract.clauses.service_queries import (
    BYSTANDER,
    CANCEL,
    CANCELLED,
    LIST,
    NOT_STARTED,
    READ,
    STARTED,
    answer_to,
    answered,
    around,
    is_success,
    kind_of,
    listed,
    status_to,
    step_for,
    task_status,
    told,
)
from graphcontract.contract.model import Contract
from graphcontract.exchange import Exchange, Trial

_STARTED = ("inProgress", "completed", "failed")
_GONE = (404, 410)


def _cancel_counts(_contract: Contract, trial: Trial) -> bool:
    """Whether a cancel was answered for a task that had not started, and not only because it moved."""
    at = step_for(trial, CANCEL)
    if at is None or status_to(trial.exchanges[at]) == 401:
        return False
    before, after = around(trial, at)
    if before != NOT_STARTED:
        return False
    status = status_to(trial.exchanges[at])
    return is_success(status) or after == NOT_STARTED or (status >= 500 and after == CANCELLED)


@clause(
    "service.cancel",
    "other-success",
    "content",
    "refused",
    "server-error",
    when=_cancel_counts,
    uses_earlier_steps=True,
)
def cancel(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A refusal of a task that moved meanwhile says nothing: it is left out before."""
    at = step_for(trial, CANCEL)
    assert at is not None
    step, owed = trial.exchanges[at], f"status {contract.success.status}"
    answer, status = answer_to(step), status_to(step)
    if status >= 500:
        yield Finding("server-error", owed, answered(step))
    elif not is_success(status):
        yield Finding("refused", owed, f"{answered(step)}; the task is {NOT_STARTED} before and after")
    elif status != contract.success.status:
        yield Finding("other-success", owed, answered(step))
    elif answer is not None and contract.success.content == "absent" and (answer.content or answer.stray):
        size = len(answer.content) + len(answer.stray)
        yield Finding("content", "no content", f"{size} bytes")


def _cancelled(_contract: Contract, trial: Trial) -> bool:
    at = step_for(trial, CANCEL)
    return (
        at is not None
        and is_success(status_to(trial.exchanges[at]))
        and any(kind_of(step) == READ and told(step) for step in trial.exchanges[at + 1 :])
    )


@clause("service.effect", "not-cancelled", "gone", "other-task", when=_cancelled, uses_earlier_steps=True)
def effect(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """The last read counts: it was made when the wait was over."""
    at = step_for(trial, CANCEL)
    assert at is not None
    steps = trial.exchanges
    task = steps[at].call.task_id
    reads = [step for step in steps[at + 1 :] if kind_of(step) == READ and step.call.task_id == task]
    last = next((step for step in reversed(reads) if told(step)), None)
    if last is not None and status_to(last) in _GONE:
        yield Finding("gone", CANCELLED, answered(last))
    elif last is not None and task_status(last) != CANCELLED:
        yield Finding(
            "not-cancelled", CANCELLED, task_status(last) or f"{answered(last)}, no status of a task"
        )
    for id in dict.fromkeys(step.call.task_id for step in steps if kind_of(step) == BYSTANDER):
        shown = [[_shown(each, id) for each in part] for part in (steps[:at], steps[at + 1 :])]
        before, after = ([status for status in part if status] for part in shown)
        if before and after and before[-1] != CANCELLED and after[-1] == CANCELLED:
            yield Finding("other-task", before[-1], CANCELLED)


def _shown(step: Exchange, id: str) -> str | None:
    return task_status(step) if kind_of(step) == BYSTANDER and step.call.task_id == id else None


def _started(_contract: Contract, trial: Trial) -> bool:
    at = step_for(trial, STARTED)
    return (at is not None and status_to(trial.exchanges[at]) != 401) or bool(_moves(trial))


def _moves(trial: Trial) -> list[tuple[str, str]]:
    """Changes, from one of the trial's reads to the next, of tasks that had started or ended before."""
    kinds = {kind_of(step) for step in trial.exchanges}
    if kinds == {LIST}:
        shown = [listed(step) for step in trial.exchanges]
    elif READ in kinds and len({step.call.task_id for step in trial.exchanges if kind_of(step) == READ}) == 1:
        reads = (task_status(step) for step in trial.exchanges if kind_of(step) == READ)
        shown = [{"": status} for status in reads if status]
    else:
        return []
    pairs = ((old[id], new[id]) for old, new in pairwise(shown) for id in old.keys() & new.keys())
    return [(old, new) for old, new in pairs if old in _STARTED]


@clause("service.precondition", "accepted", "became-cancelled", when=_started, uses_earlier_steps=True)
def precondition(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Only a task that has not started can be cancelled."""
    at = step_for(trial, STARTED)
    if at is not None and is_success(status_to(trial.exchanges[at])):
        before, _ = around(trial, at)
        yield Finding("accepted", f"a refusal, for the task is {before}", answered(trial.exchanges[at]))
    for old, new in _moves(trial):
        if new == CANCELLED:
            yield Finding("became-cancelled", old, new)


@clause("service.repeat", "recorded", when=lambda _contract, _trial: False)
def repeat(_contract: Contract, _trial: Trial) -> Iterator[Finding]:
    """Recorded, never judged."""
    yield from ()
