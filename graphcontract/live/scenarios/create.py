"""The scenario that makes a task of our own, and what of it may be taken for ours.

Knows what a created task must show; it sends nothing.
"""

from __future__ import annotations

import hashlib
from typing import Any

from graphcontract.clauses import service_queries
from graphcontract.live.create_file import Creation
from graphcontract.live.scenarios.context import ScenarioContext
from graphcontract.live.scenarios.list_tasks import listed
from graphcontract.live.steps import RequestStep, Scenario, Seen

_NEW = "(the new task)"
_CLAUSES = ("service.cancel", "service.effect")


def create(bench: ScenarioContext) -> Scenario:
    """A task of our own: looked up, made, and taken for ours where it is new, waiting and dated as asked."""
    creation = bench.creation
    if creation is None:
        return
    collection = bench.targets.collection
    shown = f"{creation.lookup.partition('=')[0]}=…)"
    looked_up = yield RequestStep(
        service_queries.LOOKUP,
        "to see that the source has no task",
        "GET",
        creation.lookup,
        shown,
        expected=404,
    )
    if looked_up.status != 404:
        bench.leave_unjudged(
            _CLAUSES,
            "nothing was created: the lookup by source did not answer 404, so a task may exist. Name another "
            "source; with {date} and {random} in the file each run has its own",
        )
        return
    before = yield from listed(bench, "to see which tasks there are")
    if before is None:
        bench.leave_unjudged(
            _CLAUSES, "nothing was created: the tasks that there are could not be listed whole"
        )
        return
    made = yield RequestStep(
        service_queries.CREATE,
        "a task to cancel",
        bench.method,
        collection,
        collection,
        changes=f"creates a task as {creation.path} says",
        content=creation.content,
        shows=service_queries.NOT_STARTED,
        journal={**creation.named, "before": [marked(id) for id in before]},
    )
    why, id = _unusable(creation, made, before)
    if why is not None:
        bench.leave_unjudged(
            _CLAUSES, f"what the create call answered is not to be cancelled: {why}; look after it by hand"
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
    if made.task_status != service_queries.NOT_STARTED:
        return f"its status is {made.task_status}", id
    other = creation.unlike(made.document)
    return (f"{other} is not as it was asked for" if other else None), id
