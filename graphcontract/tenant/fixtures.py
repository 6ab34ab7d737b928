"""The tasks that a tenant starts with: one in each status."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from graphcontract.tenant.clock import Clock, format_timestamp
from graphcontract.tenant.tasks import Order, Source, Status, Task, Tasks

_AHEAD = timedelta(days=30)
_AGO = timedelta(hours=1)
_ORGANIZATION = "https://fabrikam-my.sharepoint.example"


def add_fixtures(tasks: Tasks, clock: Clock) -> Mapping[Status, str]:
    """Add a task in each status and return their ids. None of them changes by itself for a month."""
    now = clock.now()
    ids: dict[Status, str] = {}
    for status in Status:
        order = make_order(f"https://contoso.sharepoint.example/sites/{status}", now + _AHEAD)
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
        ids[status] = tasks.store(task).id
    return ids


def make_order(site: str, start: datetime | None = None) -> Order:
    """An order to move a site, by default as soon as possible, with the parameters of such a request."""
    parameters = {
        "@odata.type": "#microsoft.graph.sharePointSiteMigrationTaskParameters",
        "sourceSiteUrl": site,
        "targetSiteUrl": site.replace("contoso", "fabrikam"),
        "targetOrganizationHost": _ORGANIZATION,
    }
    if start is not None:
        parameters["preferredStartDateTime"] = format_timestamp(start)
    return Order(Source("site", site), parameters, start)
