"""Reads the claims of a token: its permissions and its tenant. No signature is checked.

The claims decide only whether a credential has too much or too little privilege for a run, and whether it is
for the confirmed tenant. A token that cannot be read counts as privileged.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from graphcontract.contract.model import Contract

PERSONAL = "9188040d-6c67-4c5b-b112-36a304b66dad"  # the `tid` of personal Microsoft accounts
_MOST = 64 * 1024  # characters; a longer token counts as one that cannot be read


@dataclass(frozen=True, slots=True)
class Claims:
    """Permissions and tenant of a token; None where they cannot be read."""

    permissions: frozenset[str] | None
    tenant: str | None

    def carries(self, permissions: Collection[str]) -> bool:
        """Whether the token has one of these permissions, or cannot be read; False for a personal account."""
        if self.tenant == PERSONAL:
            return False
        return self.permissions is None or not self.permissions.isdisjoint(permissions)


def parse_claims(token: str) -> Claims:
    """Read a token's claims; never raises."""
    payload = decode_payload(token)
    if payload is None:
        return Claims(None, None)
    roles, scopes, tenant = payload.get("roles"), payload.get("scp"), payload.get("tid")
    permissions: set[str] | None = set()
    if isinstance(roles, list) and all(isinstance(each, str) for each in roles):
        permissions = set(roles)
    elif roles is not None:
        permissions = None
    if isinstance(scopes, str) and permissions is not None:
        permissions |= set(scopes.split())
    elif scopes is not None:
        permissions = None
    return Claims(
        None if permissions is None else frozenset(permissions), tenant if isinstance(tenant, str) else None
    )


def decode_header(token: str) -> Mapping[str, Any] | None:
    """The header of a JWT as JSON; None if it is not an object."""
    return _decode_part(token, 0)


def decode_payload(token: str) -> Mapping[str, Any] | None:
    """The payload of a JWT as JSON; None if it is not an object."""
    return _decode_part(token, 1)


def _decode_part(token: str, number: int) -> Mapping[str, Any] | None:
    parts = token.split(".")
    if len(parts) != 3 or len(token) > _MOST:
        return None
    part = parts[number]
    try:
        document = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def list_permissions(contract: Contract) -> frozenset[str]:
    """Every permission that the contract's operation accepts."""
    return frozenset(name for each in contract.permissions or () for name in (*each.least, *each.higher))
