"""Validates tokens. Each check has a name, so that a fault can skip it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import jwt

from graphcontract.tenant.clock import Clock
from graphcontract.tenant.directory import PERSONAL_TENANT, TIMES_ARE_CHECKED_HERE, Directory

Scheme = Literal["Application", "DelegatedWork", "DelegatedPersonal"]
Check = Literal["signature", "expiry", "not-before", "audience", "tenant"]

_MOST_CHARACTERS = 16 << 10  # of a token, above any of Entra's; decoding a longer one costs time


class BadToken(Exception):
    """An invalid token; the text says why."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller of a valid token; `permissions` are its roles, or its scopes where it is `delegated`."""

    permissions: frozenset[str]
    delegated: bool
    personal: bool

    @property
    def scheme(self) -> Scheme:
        """The kind of token, as the contract's permissions name it."""
        if self.personal:
            return "DelegatedPersonal"
        return "DelegatedWork" if self.delegated else "Application"


def verify_token(
    token: str, directory: Directory, clock: Clock, *, without: frozenset[Check] = frozenset()
) -> Caller:
    """Apply every check but those in `without`; raises `BadToken`.

    Times are compared with the tenant's clock, without leeway: the authority uses the same clock.
    """
    claims = _decode(token, directory, without)
    now = clock.now().timestamp()
    expiry, begin = (_get_number(claims, name) for name in ("exp", "nbf"))
    if "expiry" not in without and now >= expiry:
        raise BadToken("The token has expired.")
    if "not-before" not in without and now < begin:
        raise BadToken("The token is not valid yet.")
    if "audience" not in without and str(claims.get("aud")) not in directory.audiences:
        raise BadToken("The token is for another audience.")
    tenant = claims.get("tid")
    known = tenant in (directory.tenant_id, PERSONAL_TENANT)
    if "tenant" not in without and not (known and claims.get("iss") == directory.issuer(str(tenant))):
        raise BadToken("The token is from another tenant.")
    return parse_caller(claims)


def parse_caller(claims: Mapping[str, Any]) -> Caller:
    """The caller of these claims."""
    roles, scopes = claims.get("roles"), claims.get("scp")
    delegated = isinstance(scopes, str)
    given = scopes.split() if isinstance(scopes, str) else roles if isinstance(roles, list) else ()
    permissions = frozenset(each for each in given if isinstance(each, str))
    personal = claims.get("tid") == PERSONAL_TENANT
    return Caller(permissions, delegated, personal)


def _decode(token: str, directory: Directory, without: frozenset[Check]) -> dict[str, Any]:
    if len(token) > _MOST_CHARACTERS:
        raise BadToken("The token is too long.")
    checked = "signature" not in without
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            directory.signing_key.public_pem,
            algorithms=["RS256"],
            options={**TIMES_ARE_CHECKED_HERE, "verify_aud": False, "verify_signature": checked},
        )
    except (jwt.PyJWTError, RecursionError) as error:
        raise BadToken("The token is malformed, or its signature is not valid.") from error
    return claims


def _get_number(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadToken(f"The token has no {name}.")
    return value
