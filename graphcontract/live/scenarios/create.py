"""The creation of a task to cancel, and the checks that it is the run's own."""

from __future__ import annotations

import hashlib
from typing import Any

from graphcontract.clauses import service_queries
from graphcontract.live.create_file import Creation
from graphcontract.live.scenarios.context import ScenarioContext
from graphcontract.live.scenarios.list_tasks import list_all_tasks
from graphcontract.live.steps import RequestStep, Scenario, StepResult
from graphcontract.live.urls import DOT_SEGMENTS

_NEW = "(the new task)"
_CLAUSES = ("service.cancel", "service.effect", "service.list")


def create_task(context: ScenarioContext) -> Scenario:
    """Create a task: look up its source, create it, and use it if it is new, has not started and has the
    requested dates.
    """
    creation = context.creation
    if creation is None:
        return
    collection = context.targets.collection
    shown = f"{creation.lookup.partition('=')[0]}=…)"
    looked_up = yield RequestStep(
        service_queries.LOOKUP,
        "to check that the source has no task",
        "GET",
        creation.lookup,
        shown,
        expected=404,
    )
    if looked_up.status != 404:
        context.skip_clauses(
            _CLAUSES,
            "nothing was created: the lookup by source did not get 404, so a task may exist. Use another "
            "source; with {date} and {random} in the file each run has a new one",
        )
        return
    before = yield from list_all_tasks(context, "to list the existing tasks")
    if before is None:
        context.skip_clauses(_CLAUSES, "nothing was created: the list of existing tasks is incomplete")
        return
    made = yield RequestStep(
        service_queries.CREATE,
        "a task to cancel",
        context.method,
        collection,
        collection,
        changes=f"creates a task from {creation.path}",
        content=creation.content,
        shows=service_queries.NOT_STARTED,
        journal={**creation.journal_members, "before": [hash_id(id) for id in before.statuses]},
    )
    why, id = _find_problem(creation, made, before.statuses)
    if why is not None:
        context.skip_clauses(_CLAUSES, f"the created task must not be cancelled: {why}. Clean it up manually")
        return
    context.made.append(id)
    context.on_created(id)


def hash_id(id: str) -> str:
    """The hash by which the journal remembers the id of a task that existed before."""
    return hashlib.sha256(id.encode()).hexdigest()[:16]


def _find_problem(creation: Creation, made: StepResult, before: dict[str, Any]) -> tuple[str | None, str]:
    """Why a created task must not be cancelled, or None; and its id."""
    if made.exchange is None:
        return None, _NEW
    id = made.document.get("id")
    if not isinstance(id, str) or not 0 < len(id) <= 200 or id in DOT_SEGMENTS:
        id = ""
    if not 200 <= made.status < 300 or not id:
        return f"the create call got {made.status}, or no id", ""
    if id in before:
        return "its id is not new", id
    if made.task_status != service_queries.NOT_STARTED:
        return f"its status is {made.task_status}", id
    other = creation.find_date_mismatch(made.document)
    return (f"its {other} is not the requested one" if other else None), id
