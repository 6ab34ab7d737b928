"""Queries on exchanges with a tenant, shared by the service clauses: what a step was made for
(`Exchange.purpose`), and what its response shows of a task. A response is described by its status only,
never by text that the tenant wrote, which could contain personal data.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from graphcontract.exchange import Exchange, Trial
from graphcontract.wire import WireResponse

READ = "read"
LIST = "list"
LOOKUP = "lookup"
CREATE = "create"
CANCEL = "cancel"
REPEAT = "repeat"
STARTED = "started"
UNKNOWN = "unknown"
MALFORMED = "malformed"
BYSTANDER = "bystander"
NO_TOKEN = "no-token"  # noqa: S105 - a name, not a secret; a colon and READ or LIST follow in a read
LESSER_TOKEN = "lesser-token"  # noqa: S105 - a name, not a secret
GARBAGE = "garbage-token"  # as NO_TOKEN
FORGED = "forged"  # followed by a colon and the kind of forgery, and in a read by a colon and READ
METHOD = "method"  # followed by a colon and the method

STATUSES = ("notStarted", "inProgress", "completed", "failed", "cancelled", "unknownFutureValue")
NOT_STARTED, IN_PROGRESS, CANCELLED = "notStarted", "inProgress", "cancelled"
TERMINAL = ("completed", "failed", "cancelled")
BUSY = (429, 503, 504)

EACH_ANSWER = frozenset(
    {
        "service.error-shape",
        "service.secrets",
        "service.challenge",
        "service.request-id",
        "service.media-type",
    }
)
"""Clauses that examine every response; the others examine the steps that were made for them."""


def final_response(exchange: Exchange) -> WireResponse | None:
    """The last complete response of an exchange, or None."""
    return next((each for each in reversed(exchange.responses) if each.whole), None)


def status_to(exchange: Exchange) -> int:
    """The status of the last complete response, or 0."""
    response = final_response(exchange)
    return response.status if response is not None else 0


def read_task(exchange: Exchange) -> dict[str, object]:
    """The JSON object in a 2xx response, or an empty one."""
    response = final_response(exchange)
    if response is None or not 200 <= response.status < 300:
        return {}
    try:
        document = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def task_status(exchange: Exchange) -> str | None:
    """The task's status in a response; None if it has none of the known ones."""
    status = read_task(exchange).get("status")
    return status if isinstance(status, str) and status in STATUSES else None


def list_statuses(exchange: Exchange) -> dict[str, str]:
    """The statuses by id in a response that lists tasks; tasks without a known status are left out."""
    found: dict[str, str] = {}
    for task in _list_tasks(exchange):
        id, status = task.get("id"), task.get("status")
        if isinstance(id, str) and id and isinstance(status, str) and status in STATUSES:
            found[id] = status
    return found


def list_entries(exchange: Exchange, id: str) -> list[dict[str, object]]:
    """The entries for a task in a response that lists tasks. The letter case of an id makes no difference."""
    ids = ((task, task.get("id")) for task in _list_tasks(exchange))
    return [task for task, each in ids if isinstance(each, str) and each.lower() == id.lower()]


def _list_tasks(exchange: Exchange) -> list[dict[str, object]]:
    tasks = read_task(exchange).get("value")
    return [task for task in tasks if isinstance(task, dict)] if isinstance(tasks, list) else []


def list_request_ids(exchange: Exchange) -> list[str]:
    """The request-ids of the responses, in lower case. A response with Age is left out: a cache repeats it,
    with the fields that it had (RFC 9111, 4).
    """
    made = (each for each in exchange.responses if each.whole and not each.values("age"))
    return [value.strip().lower() for each in made for value in each.values("request-id") if value.strip()]


def pair_equal_request_ids(sent: Iterable[Exchange]) -> Iterator[Trial]:
    """Make a trial of each exchange. Before it is the first exchange that had the same request-id, if any."""
    first: dict[str, Exchange] = {}
    for exchange in sent:
        ids = list_request_ids(exchange)
        earlier = next((first[id] for id in ids if id in first), None)
        first |= {id: exchange for id in ids if id not in first}
        yield Trial(exchange, before=(earlier,) if earlier is not None else ())


def purpose_kind(exchange: Exchange) -> str:
    """The part of an exchange's purpose before the colon."""
    return exchange.purpose.partition(":")[0]


def purpose_input(exchange: Exchange) -> str:
    """The part of an exchange's purpose after the colon, which may be empty."""
    return exchange.purpose.partition(":")[2]


def has_conclusive_response(exchange: Exchange) -> bool:
    """Whether the service responded to the request itself, and was not merely busy."""
    return status_to(exchange) not in (0, *BUSY)


def find_step(trial: Trial, *kinds: str) -> int | None:
    """The index of the trial's first step with one of these purposes and a conclusive response, or None."""
    for index, step in enumerate(trial.exchanges):
        if purpose_kind(step) in kinds and has_conclusive_response(step):
            return index
    return None


def statuses_around(trial: Trial, index: int) -> tuple[str | None, str | None]:
    """The task's status in the last read before a step, and in the last read after it."""
    steps = trial.exchanges
    task = steps[index].call.task_id
    before = [step for step in steps[:index] if _is_read_of(step, task)]
    after = [step for step in steps[index + 1 :] if _is_read_of(step, task)]
    return (
        task_status(before[-1]) if before else None,
        task_status(after[-1]) if after else None,
    )


def _is_read_of(step: Exchange, task: str) -> bool:
    return purpose_kind(step) == READ and step.call.task_id == task


def is_success(status: int) -> bool:
    """Whether a status is a 2xx."""
    return 200 <= status < 300


def is_client_error(status: int) -> bool:
    """Whether a status is a 4xx."""
    return 400 <= status < 500


def describe_response(exchange: Exchange) -> str:
    """Format a response for a finding: by its status only."""
    return f"status {status_to(exchange)}"
