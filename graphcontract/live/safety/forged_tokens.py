"""Tokens that no service may take, made of one that it takes. They go to loopback alone.

Knows the shape of a JWT; it sends nothing.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from graphcontract.live.claims import header_of, payload_of
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
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    named = (header_of(token) or {}).get("kid", "")
    signed = f"{_part({'alg': 'RS256', 'kid': str(named), 'typ': 'JWT'})}.{_part(payload)}"
    signature = _key().sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{_encoded(signature)}"


@cache
def _key() -> RSAPrivateKey:
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _part(document: Mapping[str, Any]) -> str:
    return _encoded(json.dumps(document, separators=(",", ":")).encode())


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
