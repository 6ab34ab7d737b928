"""Tokens that a service has to refuse with 401, each with one thing wrong. For loopback alone."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping
from typing import Any

import jwt

from graphcontract.tenant.directory import LIFETIME, Directory
from graphcontract.tenant.keys import base64url, key


def forged(directory: Directory, *, lifetime: float = LIFETIME) -> Mapping[str, str]:
    """Tokens by what is wrong with them; all else is as in a good one with the permission to cancel.

    For `lifetime` seconds there is only that one thing wrong with them.
    """
    claims = directory.claims(directory.apps["privileged"], lifetime=lifetime)
    now = claims["iat"]
    other = str(uuid.uuid4())
    good = directory.sign(claims)
    kid = directory.signing_key.id
    return {
        "expired": directory.sign(claims | {"nbf": now - LIFETIME, "exp": now - 1}),
        "not-yet-valid": directory.sign(claims | {"nbf": claims["exp"], "exp": claims["exp"] + LIFETIME}),
        "wrong-audience": directory.sign(claims | {"aud": "https://vault.example"}),
        "wrong-tenant": directory.sign(claims | {"tid": other, "iss": directory.issuer(other)}),
        "wrong-signature": jwt.encode(claims, key("stranger").private, "RS256", {"kid": kid}),
        "cut-signature": good.rpartition(".")[0] + ".",
        "alg-none": f"{_unsigned(claims, 'none', kid)}.",
        "public-key-as-secret": _signed_with_public_key(_unsigned(claims, "HS256", kid), directory),
        "garbage": "not.a.token",
    }


def _unsigned(claims: Mapping[str, Any], algorithm: str, kid: str) -> str:
    parts = ({"alg": algorithm, "kid": kid, "typ": "JWT"}, claims)
    return ".".join(base64url(json.dumps(part).encode()) for part in parts)


def _signed_with_public_key(unsigned: str, directory: Directory) -> str:
    digest = hmac.digest(directory.signing_key.public_pem, unsigned.encode(), hashlib.sha256)
    return f"{unsigned}.{base64url(digest)}"
