"""Which changes of a task's status need no cancel: a task starts, ends, or expires by itself.

What is compared are two reads of a task, or its entries in two lists, as the service returned them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from graphcontract.clauses.service_queries import (
    CANCELLED,
    IN_PROGRESS,
    NOT_STARTED,
    TERMINAL,
    final_response,
    read_task,
    status_to,
    task_status,
)
from graphcontract.exchange import Exchange

GONE = (404, 410)
# A task that is retried may wait again.
_BY_ITSELF = {
    NOT_STARTED: (IN_PROGRESS, "completed", "failed"),
    IN_PROGRESS: (NOT_STARTED, "completed", "failed"),
}
# A start that is nearer may have come: clocks differ, and the start is only preferred.
_AHEAD = timedelta(days=1)


def find_change(before: Exchange, after: Exchange) -> str | None:
    """The kind of a change between two reads of a task that it cannot have made by itself; None if it can.

    A task that has ended may expire, and a task that has not started and has no start date may start at any
    time. Statuses that are not known, and reads that returned no task, show nothing.
    """
    old, new = task_status(before), task_status(after)
    if old in (NOT_STARTED, IN_PROGRESS) and status_to(after) in GONE:
        return "other-task-changed"
    if not old or not new or "unknownFutureValue" in (old, new) or old == new:
        return None
    if new == CANCELLED:
        return None if old == NOT_STARTED and _may_have_expired(after) else "other-task"
    if old == NOT_STARTED and _starts_later(before, after):
        return "other-task-changed"
    return None if new in _BY_ITSELF.get(old, ()) else "other-task-changed"


def find_change_after_end(old: object, new: object) -> str | None:
    """The kind of a change between two lists from one final status to another; None for every other change,
    which other users may have made.
    """
    if old not in TERMINAL or new not in TERMINAL or old == new:
        return None
    return "other-task" if new == CANCELLED else "other-task-changed"


def _starts_later(before: Exchange, after: Exchange) -> bool:
    """Whether the start date was, and still is, well ahead."""
    start, now = _get_time(read_task(after), "preferredStartDateTime"), _get_date(after)
    same = start == _get_time(read_task(before), "preferredStartDateTime")
    return start is not None and same and now is not None and start - now > _AHEAD


def _may_have_expired(after: Exchange) -> bool:
    """Whether the latest start has come, at which the service cancels a task by itself."""
    latest, now = _get_time(read_task(after), "preferredLatestStartDateTime"), _get_date(after)
    return latest is not None and (now is None or latest - now <= _AHEAD)


def _get_time(task: Mapping[str, Any], name: str) -> datetime | None:
    """A time in the parameters of a task; None where it has none that can be read."""
    parameters = task.get("parameters")
    value = parameters.get(name) if isinstance(parameters, dict) else None
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return time if time is None or time.tzinfo else time.replace(tzinfo=UTC)


def _get_date(exchange: Exchange) -> datetime | None:
    """The service's time in a response; None where it has none that can be read."""
    response = final_response(exchange)
    values = response.values("date") if response is not None else ()
    try:
        time = parsedate_to_datetime(values[0]) if values else None
    except (ValueError, TypeError, OverflowError):
        return None
    return time if time is None or time.tzinfo else time.replace(tzinfo=UTC)
