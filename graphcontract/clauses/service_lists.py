"""Service clause on the list of tasks after a cancel.

A finding quotes no text of the tenant, because reports do not redact it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graphcontract.clauses import Finding, clause
from graphcontract.clauses.service_queries import (
    CANCEL,
    CANCELLED,
    LIST,
    READ,
    STATUSES,
    find_step,
    has_conclusive_response,
    is_success,
    list_entries,
    purpose_kind,
    status_to,
    task_status,
)
from graphcontract.contract.model import Contract
from graphcontract.exchange import Exchange, Trial


def find_list_problems(
    before: Sequence[Exchange], after: Sequence[Exchange], id: str
) -> Iterator[tuple[str, str, Exchange]]:
    """What is wrong with the entries of a cancelled task in the pages of a list, compared with those of the
    list before: the kind, what the list has in their place, and the page.
    """
    entries = [(entry, page) for page in after for entry in list_entries(page, id)]
    if not entries and any(list_entries(page, id) for page in before):
        yield "missing", "no entry for the task", after[-1]
    for entry, page in entries:
        status = entry.get("status")
        if isinstance(status, str) and status != CANCELLED:
            known = f"task status {status}" if status in STATUSES else "another status"
            yield "stale", f"{known} in the list", page
            break
    if len(entries) > 1:
        yield "repeated", f"{len(entries)} entries for the task", entries[1][1]


def _list_pages(steps: Sequence[Exchange]) -> list[Exchange]:
    return [step for step in steps if purpose_kind(step) == LIST]


def _is_listed(_contract: Contract, trial: Trial) -> bool:
    """Whether there is a list after a cancel, and the last read of the task shows it as cancelled."""
    index = find_step(trial, CANCEL)
    if index is None or not is_success(status_to(trial.exchanges[index])):
        return False
    after, task = trial.exchanges[index + 1 :], trial.exchanges[index].call.task_id
    reads = [
        step
        for step in after
        if purpose_kind(step) == READ and step.call.task_id == task and has_conclusive_response(step)
    ]
    return bool(reads) and task_status(reads[-1]) == CANCELLED and bool(_list_pages(after))


@clause("service.list", "stale", "missing", "repeated", when=_is_listed, uses_earlier_steps=True)
def list_(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A list should have a cancelled task once, as cancelled. The list was read at the end of a wait, as it
    may follow later, and all its pages were read. A task that the list did not have before may be missing, as
    the list may be a part of all tasks.
    """
    index = find_step(trial, CANCEL)
    assert index is not None
    steps = trial.exchanges
    before, after = _list_pages(steps[:index]), _list_pages(steps[index + 1 :])
    expected = f"one entry with task status {CANCELLED}"
    for kind, actual, page in find_list_problems(before, after, steps[index].call.task_id):
        yield Finding(kind, expected, actual, exchange=page)
