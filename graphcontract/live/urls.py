"""Builds the request targets of the operation and its sibling operations."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from graphcontract.contract.model import Contract

READ_PERMISSION = "SharePointCrossTenantMigration.Read.All"
LIST_QUERY = "?$top=100"

# No separators, raw or percent-encoded, no dot segments and no `$`: on any server each is one path segment,
# and can only address a task that does not exist.
MALFORMED = (
    "not-a-guid",
    "0",
    "null",
    "3ed6d46d-13a3-4995-b6ea",
    "3ed6d46d-13a3-4995-b6ea-a74a20b1fac0-0",
    "3ed6d46d13a34995b6eaa74a20b1fac0x",
    "zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz",
    "tâche",
    "t" * 300,
)

DOT_SEGMENTS = (".", "..")  # as the id of a task they lead out of the tasks, so none has such an id
_QUERY = re.compile(r"[A-Za-z0-9$%=&_.~+:,*'()!-]{1,2000}")
_LOOKUPS = {
    "#microsoft.graph.sharePointUserMigrationTaskParameters": (
        "getBySourceUserPrincipalName",
        "sourcePrincipalName",
    ),
    "#microsoft.graph.sharePointGroupMigrationTaskParameters": (
        "getBySourceGroupMailNickname",
        "sourceGroupMailNickname",
    ),
    "#microsoft.graph.sharePointSiteMigrationTaskParameters": ("getBySourceSiteUrl", "sourceSiteUrl"),
}


@dataclass(frozen=True, slots=True)
class Targets:
    """Request targets below a service root, with percent-encoded ids."""

    collection: str
    action: str

    @classmethod
    def of(cls, contract: Contract) -> Targets:
        """The targets of a contract whose path is `collection/{id}/action`."""
        request = contract.request
        (parameter,) = request.parameters
        before, _, after = request.path.partition(f"/{{{parameter}}}")
        return cls(f"/{request.version}{before}", after)

    def task(self, id: str) -> str:
        """One task."""
        return f"{self.collection}/{quote(id, safe='')}"

    def cancel(self, id: str) -> str:
        """The action on a task."""
        return f"{self.task(id)}{self.action}"

    def page(self) -> str:
        """The first page of the list of tasks."""
        return f"{self.collection}{LIST_QUERY}"

    def next_page(self, link: object) -> str | None:
        """The target of a link to the next page, always at this root; None where the link is not to a page of
        the list of tasks.
        """
        path, _, query = link.partition("?") if isinstance(link, str) else ("", "", "")
        if not path.lower().endswith(self.collection.lower()) or not _QUERY.fullmatch(query):
            return None
        return f"{self.collection}?{query}"

    def lookup(self, parameters: Mapping[str, Any]) -> str | None:
        """The lookup of a task by the source that the create parameters contain; None where they contain
        none.
        """
        kind = parameters.get("@odata.type")
        source = find_source(parameters)
        if not isinstance(kind, str) or kind not in _LOOKUPS or source is None:
            return None
        name, argument = _LOOKUPS[kind]
        value = quote(source.replace("'", "''"), safe="")
        return f"{self.collection}/{name}({argument}='{value}')"


def find_source(parameters: Mapping[str, Any]) -> str | None:
    """The source in create parameters: a user principal name, a mail nickname or a site URL."""
    identity = parameters.get("sourceUserIdentity")
    named = identity.get("userPrincipalName") if isinstance(identity, dict) else None
    found = (named, parameters.get("mailNickname"), parameters.get("sourceSiteUrl"))
    return next((each for each in found if isinstance(each, str) and each), None)


def encode_json(document: Mapping[str, Any]) -> bytes:
    """JSON as it is sent."""
    return json.dumps(document, ensure_ascii=False).encode()
