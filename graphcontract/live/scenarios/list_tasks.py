"""The tasks that there are, page by page, and which of them changed; it sends nothing."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

from graphcontract.clauses import service_queries
from graphcontract.live.scenarios.context import ScenarioContext
from graphcontract.live.steps import RequestStep, Seen

MOST_PAGES = 20


def listed(bench: ScenarioContext, why: str) -> Generator[RequestStep, Seen, dict[str, Any] | None]:
    """The tasks' statuses by id, page by page; None where the answers do not show all of them."""
    found: dict[str, Any] = {}
    target: str | None = bench.targets.page()
    for page in range(MOST_PAGES):
        assert target is not None
        shown = target if not page else f"{bench.targets.collection}?(page {page + 1})"
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
        target = bench.targets.next_page(seen.document["@odata.nextLink"])
        if target is None:
            return None
    return None


def compare(
    bench: ScenarioContext, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, id: str
) -> None:
    """List other tasks that changed; they count only where this run asked for them."""
    if not before or not after:
        return
    for other in before:
        if other != id and before[other] != after.get(other):
            bench.on_seen(other)
            old, new = _stands(before[other]), _stands(after[other]) if other in after else "gone"
            bench.changed.append((other, old, new))


def _stands(status: object) -> str:
    return status if isinstance(status, str) and status in service_queries.STATUSES else "another status"
