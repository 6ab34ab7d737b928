"""Tasks to begin with: one of each status, so that there is something to read and to refuse."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta

from graphcontract.tenant.clock import Clock
from graphcontract.tenant.tasks import Order, Source, Status, Task, Tasks

_AHEAD = timedelta(days=30)
_AGO = timedelta(hours=1)
_ORGANIZATION = "https://fabrikam-my.sharepoint.example"


def sow(tasks: Tasks, clock: Clock) -> Mapping[Status, str]:
    """Keep a task of each status, and give their ids. None of them moves by itself for a month."""
    now = clock.now()
    ids: dict[Status, str] = {}
    for status in Status:
        order = order_for(f"https://contoso.sharepoint.example/sites/{status}")
        begun = status not in (Status.NOT_STARTED, Status.CANCELLED)
        ended = status not in (Status.NOT_STARTED, Status.IN_PROGRESS)
        task = Task(
            id=str(uuid.uuid4()),
            order=order,
            due=now + _AHEAD,
            updated=now,
            status=status,
            started=now - _AGO if begun else None,
            finished=now if ended else None,
        )
        ids[status] = tasks.put(task).id
    return ids


def order_for(site: str) -> Order:
    """An order to move a site, with the parameters that a request for it would have."""
    parameters = {
        "@odata.type": "#microsoft.graph.sharePointSiteMigrationTaskParameters",
        "sourceSiteUrl": site,
        "targetSiteUrl": site.replace("contoso", "fabrikam"),
        "targetOrganizationHost": _ORGANIZATION,
    }
    return Order(Source("site", site), parameters)
