"""Tokens that no service may take, made of one that it takes. They go to loopback alone.

Knows the shape of a JWT; it sends nothing.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from graphcontract.live.claims import payload_of
from graphcontract.live.steps import Credential

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_NOBODY = "00000000-0000-0000-0000-000000000000"


def forged(token: str, how: Credential) -> str | None:
    """The token, made unacceptable; None where it is no JWT."""
    payload = payload_of(token)
    if payload is None:
        return None
    head, body, signature = token.split(".")
    match how:
        case "no-algorithm":
            return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{body}."
        case "bad-signature":
            return f"{head}.{body}.{signature[::-1]}"
        case "altered":
            return f"{head}.{_part({**payload, 'tid': _NOBODY, 'oid': _NOBODY})}.{signature}"
        case "another-key":
            return _signed(token, payload)
    raise ValueError(how)


def _signed(token: str, payload: Mapping[str, Any]) -> str:
    """The same claims, signed by a key that the service has never seen, under the name of its own."""
    import jwt

    named = jwt.get_unverified_header(token).get("kid", "")
    return jwt.encode(dict(payload), _key(), algorithm="RS256", headers={"kid": str(named)})


@cache
def _key() -> RSAPrivateKey:
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _part(document: Mapping[str, Any]) -> str:
    written = json.dumps(document, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(written).rstrip(b"=").decode()
