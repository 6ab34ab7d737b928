"""Tokens that a service must reject with 401, each with one fault. For loopback only."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping
from typing import Any

import jwt

from graphcontract.tenant.directory import LIFETIME, Directory
from graphcontract.tenant.keys import base64url, get_key


def forge_tokens(directory: Directory, *, lifetime: float = LIFETIME) -> Mapping[str, str]:
    """Tokens by their fault; otherwise they equal a valid token with the permission to cancel.

    For `lifetime` seconds no other fault, such as expiry, is added.
    """
    claims = directory.make_claims(directory.apps["privileged"], lifetime=lifetime)
    now = claims["iat"]
    other = str(uuid.uuid4())
    good = directory.sign(claims)
    kid = directory.signing_key.id
    return {
        "expired": directory.sign(claims | {"nbf": now - LIFETIME, "exp": now - 1}),
        "not-yet-valid": directory.sign(claims | {"nbf": claims["exp"], "exp": claims["exp"] + LIFETIME}),
        "wrong-audience": directory.sign(claims | {"aud": "https://vault.example"}),
        "wrong-tenant": directory.sign(claims | {"tid": other, "iss": directory.issuer(other)}),
        "wrong-signature": jwt.encode(claims, get_key("stranger").private, "RS256", {"kid": kid}),
        "cut-signature": good.rpartition(".")[0] + ".",
        "alg-none": f"{_encode_unsigned(claims, 'none', kid)}.",
        "public-key-as-secret": _sign_with_public_key(_encode_unsigned(claims, "HS256", kid), directory),
        "garbage": "not.a.token",
    }


def _encode_unsigned(claims: Mapping[str, Any], algorithm: str, kid: str) -> str:
    parts = ({"alg": algorithm, "kid": kid, "typ": "JWT"}, claims)
    return ".".join(base64url(json.dumps(part).encode()) for part in parts)


def _sign_with_public_key(unsigned: str, directory: Directory) -> str:
    digest = hmac.digest(directory.signing_key.public_pem, unsigned.encode(), hashlib.sha256)
    return f"{unsigned}.{base64url(digest)}"
