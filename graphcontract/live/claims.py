"""What a token says of itself: read for the question of privilege and of the tenant, trusted for nothing.

Knows the shape of a JWT; it checks no signature. What cannot be read counts as privileged.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from graphcontract.contract.model import Contract

PERSONAL = "9188040d-6c67-4c5b-b112-36a304b66dad"
_MOST = 64 * 1024


@dataclass(frozen=True, slots=True)
class Claims:
    """Permissions and tenant of a token; None where they cannot be read."""

    permissions: frozenset[str] | None
    tenant: str | None

    def carries(self, permissions: Collection[str]) -> bool:
        """Whether the token has one of these permissions, or may have; a personal account never has."""
        if self.tenant == PERSONAL:
            return False
        return self.permissions is None or not self.permissions.isdisjoint(permissions)


def claims_of(token: str) -> Claims:
    """Read a token's claims; never raises."""
    payload = payload_of(token)
    if payload is None:
        return Claims(None, None)
    roles, scopes, tenant = payload.get("roles"), payload.get("scp"), payload.get("tid")
    found: set[str] | None = set()
    if isinstance(roles, list) and all(isinstance(each, str) for each in roles):
        found = set(roles)
    elif roles is not None:
        found = None
    if isinstance(scopes, str) and found is not None:
        found |= set(scopes.split())
    elif scopes is not None:
        found = None
    return Claims(None if found is None else frozenset(found), tenant if isinstance(tenant, str) else None)


def header_of(token: str) -> Mapping[str, Any] | None:
    """Read the first part of a JWT as JSON; None where it is not an object."""
    return _part_of(token, 0)


def payload_of(token: str) -> Mapping[str, Any] | None:
    """Read the second part of a JWT as JSON; None where it is not an object."""
    return _part_of(token, 1)


def _part_of(token: str, number: int) -> Mapping[str, Any] | None:
    parts = token.split(".")
    if len(parts) != 3 or len(token) > _MOST:
        return None
    part = parts[number]
    try:
        document = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def permissions_of(contract: Contract) -> frozenset[str]:
    """Every permission that the contract's operation accepts."""
    return frozenset(name for each in contract.permissions or () for name in (*each.least, *each.higher))
