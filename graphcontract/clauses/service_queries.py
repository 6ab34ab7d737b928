"""What clauses of a service ask of an exchange: what it was made for (`Exchange.purpose`), what it shows of a
task. It condemns nothing, and what it says of an answer is its status, never a text that the tenant wrote.
"""

from __future__ import annotations

import json

from graphcontract.exchange import Exchange, Trial, WireResponse

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
NO_TOKEN = "no-token"  # noqa: S105 - a name, no secret
LESSER_TOKEN = "lesser-token"  # noqa: S105 - a name, no secret
GARBAGE = "garbage-token"
FORGED = "forged"  # followed by a colon and how
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
"""Clauses that every answer is held against; the others judge what a step, or a few, were made for."""


def answer_to(exchange: Exchange) -> WireResponse | None:
    """The last whole answer of an exchange."""
    return next((each for each in reversed(exchange.responses) if each.whole), None)


def status_to(exchange: Exchange) -> int:
    """The status of that answer, 0 where there is none."""
    answer = answer_to(exchange)
    return answer.status if answer is not None else 0


def task_of(exchange: Exchange) -> dict[str, object]:
    """The JSON object in an answer of 2xx, empty where there is none."""
    answer = answer_to(exchange)
    if answer is None or not 200 <= answer.status < 300:
        return {}
    try:
        document = json.loads(answer.content)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def task_status(exchange: Exchange) -> str | None:
    """The status that an answer shows of a task; None where it shows none that there is."""
    status = task_of(exchange).get("status")
    return status if isinstance(status, str) and status in STATUSES else None


def listed(exchange: Exchange) -> dict[str, str]:
    """The statuses, by id, that an answer shows of tasks; those alone that there are."""
    tasks = task_of(exchange).get("value")
    found: dict[str, str] = {}
    for task in tasks if isinstance(tasks, list) else ():
        id, status = (task.get("id"), task.get("status")) if isinstance(task, dict) else (None, None)
        if isinstance(id, str) and id and isinstance(status, str) and status in STATUSES:
            found[id] = status
    return found


def kind_of(exchange: Exchange) -> str:
    """The purpose without what follows its colon."""
    return exchange.purpose.partition(":")[0]


def input_of(exchange: Exchange) -> str:
    """What follows the colon of a purpose."""
    return exchange.purpose.partition(":")[2]


def told(exchange: Exchange) -> bool:
    """Whether the service answered as it does to this request, and was not merely busy."""
    return status_to(exchange) not in (0, *BUSY)


def step_for(trial: Trial, *kinds: str) -> int | None:
    """The place of the trial's first step of these purposes that the service spoke to."""
    steps = enumerate(trial.exchanges)
    return next((at for at, step in steps if kind_of(step) in kinds and told(step)), None)


def around(trial: Trial, at: int) -> tuple[str | None, str | None]:
    """What reads of the task showed last before a step, and last of all after it."""
    steps = trial.exchanges
    task = steps[at].call.task_id
    before = [step for step in steps[:at] if kind_of(step) == READ and step.call.task_id == task]
    after = [step for step in steps[at + 1 :] if kind_of(step) == READ and step.call.task_id == task]
    return (
        task_status(before[-1]) if before else None,
        task_status(after[-1]) if after else None,
    )


def is_success(status: int) -> bool:
    """Whether a status is a 2xx."""
    return 200 <= status < 300


def is_refusal(status: int) -> bool:
    """Whether a status is a 4xx."""
    return 400 <= status < 500


def answered(exchange: Exchange) -> str:
    """What a finding says of an answer."""
    return f"status {status_to(exchange)}"
