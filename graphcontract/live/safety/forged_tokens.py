"""Makes tokens that every service must reject out of a valid one. They are sent to loopback only."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from graphcontract.live.claims import decode_header, decode_payload
from graphcontract.live.steps import Credential

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_NOBODY = "00000000-0000-0000-0000-000000000000"


def forge_token(token: str, method: Credential) -> str | None:
    """The token made invalid by one of FORGERIES; None where it is not a JWT."""
    payload = decode_payload(token)
    if payload is None:
        return None
    head, body, signature = token.split(".")
    match method:
        case "no-algorithm":
            return f"{_encode_part({'alg': 'none', 'typ': 'JWT'})}.{body}."
        case "bad-signature":
            return f"{head}.{body}.{signature[::-1]}"
        case "altered":
            return f"{head}.{_encode_part({**payload, 'tid': _NOBODY, 'oid': _NOBODY})}.{signature}"
        case "another-key":
            return _sign_with_other_key(token, payload)
    raise ValueError(method)


def _sign_with_other_key(token: str, payload: Mapping[str, Any]) -> str:
    """The same claims, signed by an unknown key under the id of the service's key."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    named = (decode_header(token) or {}).get("kid", "")
    signed = f"{_encode_part({'alg': 'RS256', 'kid': str(named), 'typ': 'JWT'})}.{_encode_part(payload)}"
    signature = _make_key().sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{_encode(signature)}"


@cache
def _make_key() -> RSAPrivateKey:
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _encode_part(document: Mapping[str, Any]) -> str:
    return _encode(json.dumps(document, separators=(",", ":")).encode())


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
