"""Lists all tasks, page by page, and finds those that changed between two lists."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

from graphcontract.clauses import service_queries
from graphcontract.exchange import Exchange
from graphcontract.live.scenarios.context import ScenarioContext
from graphcontract.live.steps import RequestStep, StepResult

MOST_PAGES = 20  # of 100 tasks; a longer list counts as incomplete


@dataclass(frozen=True)
class TaskList:
    """The tasks' statuses by id, and the pages that list them; without pages in a plan."""

    statuses: dict[str, Any] = field(default_factory=dict)
    pages: list[StepResult] = field(default_factory=list)

    @property
    def exchanges(self) -> list[Exchange]:
        """The exchanges of the pages."""
        return [page.exchange for page in self.pages if page.exchange is not None]


def list_all_tasks(
    context: ScenarioContext, why: str, *, repeats: int = 1, after: float = 0.0
) -> Generator[RequestStep, StepResult, TaskList | None]:
    """All tasks; None where a page is missing or not a list of tasks. `repeats` is how many such lists a plan
    announces, `after` the seconds to wait before the first page.
    """
    found = TaskList()
    target: str | None = context.targets.page()
    for page in range(MOST_PAGES):
        assert target is not None
        shown = target if not page else f"{context.targets.collection}?(page {page + 1})"
        times = 1 if page else MOST_PAGES * repeats
        wait = 0.0 if page else after
        seen = yield RequestStep(service_queries.LIST, why, "GET", target, shown, times=times, after=wait)
        if seen.exchange is None:
            return found
        tasks = seen.document.get("value")
        if not isinstance(tasks, list):
            return None
        named = (task for task in tasks if isinstance(task, dict) and isinstance(task.get("id"), str))
        found.statuses.update((task["id"], task.get("status")) for task in named)
        found.pages.append(seen)
        if "@odata.nextLink" not in seen.document:
            return found
        target = context.targets.next_page(seen.document["@odata.nextLink"])
        if target is None:
            return None
    return None


def compare_lists(context: ScenarioContext, before: TaskList | None, after: TaskList | None, id: str) -> None:
    """Record the other tasks that changed. They are a remark only, since others may have changed them."""
    if not before or not after or not after.statuses:
        return
    for other, status in before.statuses.items():
        if other != id and status != after.statuses.get(other):
            context.on_known_id(other)
            new = _describe_status(after.statuses[other]) if other in after.statuses else "gone"
            context.changed.append((other, _describe_status(status), new))


def _describe_status(status: object) -> str:
    return status if isinstance(status, str) and status in service_queries.STATUSES else "another status"
