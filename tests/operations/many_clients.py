"""What faulty and quirky clients of many operations are registered with. The faults that show wherever the
values do are in `many_faults`, those of a few operations in `few_faults`, and the quirks in `many_quirks`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from graphcontract.exchange import Call
from tests.operations import AnyOperation

PARAMETERS, PATH, QUERY = "request.path-parameters", "request.path", "request.query"
Client = type[AnyOperation]


@dataclass(frozen=True)
class ManyFault:
    """A faulty client: its clause, the kinds, and a pattern for the requests that show it."""

    client: Client
    clause: str
    kinds: frozenset[str]
    shown_by: str


faults: list[ManyFault] = []
quirks: list[tuple[Client, frozenset[str]]] = []


def faulty(clause: str, *kinds: str, shown_by: str = "") -> Callable[[Client], Client]:
    """Register a faulty client. Without `shown_by`, it is `where` of the client, or any operation."""

    def register(client: Client) -> Client:
        where = shown_by or getattr(client, "where", "")
        faults.append(ManyFault(client, clause, frozenset(kinds), where))
        return client

    return register


def quirky(*short_of: str) -> Callable[[Client], Client]:
    """Register a client that violates no MUST, with the SHOULDs that it does not meet."""

    def register(client: Client) -> Client:
        quirks.append((client, frozenset(short_of)))
        return client

    return register


class InSome(AnyOperation):
    """A client with a fault in some operations: those of which the request matches `where`."""

    where: ClassVar[str]

    def is_there(self, call: Call) -> bool:
        return re.search(self.where, f" {call.method} {call.path}") is not None


# Operations of beta that differ in structure: each fault shows in one of them at least, and each has
# neighbours in which it does not.
OPERATIONS = (
    "beta DELETE /admin/edge",
    "beta POST /me/calendar/permanentDelete",
    "beta DELETE /me/messages/{id}",
    "beta POST /me/messages/{id}/send",
    "beta POST /me/messages/{id}/unsubscribe",
    "beta DELETE /users/{id}/messages/{id}",
    "beta POST /users/{id}/messages/{id}/send",
    "beta POST /users/{id}/calendars/{id}/events/{id}/dismissReminder",
    "beta POST /teams/{id}/completeMigration",
    "beta POST /teams/{id}/channels/{id}/messages/{id}/softDelete",
    "beta POST /teams/{id}/channels/{id}/messages/{id}/replies/{id}/softDelete",
    "beta POST /sites/{id}/archive",
    "beta POST /sites/{id}/unarchive",
    "beta POST /sites/{id}/getByPath(path='{path}')/archive",
    "beta POST /sites/{id}/contentTypes/{id}/publish",
    "beta POST /sites/{id}/lists/{id}/items/{id}/versions/{id}/restoreVersion",
    "beta DELETE /applications(appId='{appId}')",
    "beta DELETE /applications/{id}/federatedIdentityCredentials(name='{name}')",
    "beta DELETE /applications/{id}/owners/$ref",
    "beta DELETE /applications/{id}/owners/{id}/$ref",
    "beta POST /drives/{id}/items/{id}/checkout",
    "beta DELETE /drives/{id}/items/{id}",
    "beta POST /drives/{id}/items/{id}/workbook/tables/itemAt(index={index})/clearFilters",
    "beta POST /drives/{id}/items/{id}/workbook/worksheets/{id}/cell(row={row},column={column})/unmerge",
    "beta POST /compliance/ediscovery/cases/{id}/microsoft.graph.ediscovery.close",
    "beta POST /compliance/ediscovery/cases/{id}/microsoft.graph.ediscovery.reopen",
    "beta DELETE /deviceAppManagement/mobileApps/{id}/graph.iosLobApp/assignments/{id}",
    "beta POST /deviceAppManagement/mobileApps/{id}/graph.androidLobApp/*/renewUpload",
    "beta POST /print/printers/{id}/restoreFactoryDefaults",
    "beta POST /print/printers/{id}/resetDefaults",
    "beta POST /print/printers/{id}/jobs/{id}/cancel",
    "beta DELETE /groups/{id}/photo/$value",
    "beta DELETE /devices/{id}",
    "beta DELETE /devices/{id}/extensions/{id}",
)
