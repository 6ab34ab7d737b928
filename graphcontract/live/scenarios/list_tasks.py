"""Lists all tasks, page by page, and finds those that changed between two lists."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

from graphcontract.clauses import service_queries
from graphcontract.live.scenarios.context import ScenarioContext
from graphcontract.live.steps import RequestStep, StepResult

MOST_PAGES = 20  # of 100 tasks; a longer list counts as incomplete


def list_all_tasks(
    context: ScenarioContext, why: str
) -> Generator[RequestStep, StepResult, dict[str, Any] | None]:
    """The tasks' statuses by id; None where a page is missing or not a list of tasks."""
    found: dict[str, Any] = {}
    target: str | None = context.targets.page()
    for page in range(MOST_PAGES):
        assert target is not None
        shown = target if not page else f"{context.targets.collection}?(page {page + 1})"
        times = 1 if page else MOST_PAGES
        seen = yield RequestStep(service_queries.LIST, why, "GET", target, shown, times=times)
        if seen.exchange is None:
            return {}
        tasks = seen.document.get("value")
        if not isinstance(tasks, list):
            return None
        named = (task for task in tasks if isinstance(task, dict) and isinstance(task.get("id"), str))
        found |= {task["id"]: task.get("status") for task in named}
        if "@odata.nextLink" not in seen.document:
            return found
        target = context.targets.next_page(seen.document["@odata.nextLink"])
        if target is None:
            return None
    return None


def compare_lists(
    context: ScenarioContext, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, id: str
) -> None:
    """Record the other tasks that changed. They are a remark only, since others may have changed them."""
    if not before or not after:
        return
    for other in before:
        if other != id and before[other] != after.get(other):
            context.on_known_id(other)
            old, new = (
                _describe_status(before[other]),
                _describe_status(after[other]) if other in after else "gone",
            )
            context.changed.append((other, old, new))


def _describe_status(status: object) -> str:
    return status if isinstance(status, str) and status in service_queries.STATUSES else "another status"
