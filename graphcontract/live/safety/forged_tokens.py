"""Makes tokens that every service must reject out of a valid one. They are sent to loopback only."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from graphcontract.live.claims import decode_payload
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
    import jwt

    named = jwt.get_unverified_header(token).get("kid", "")
    return jwt.encode(dict(payload), _make_key(), algorithm="RS256", headers={"kid": str(named)})


@cache
def _make_key() -> RSAPrivateKey:
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _encode_part(document: Mapping[str, Any]) -> str:
    written = json.dumps(document, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(written).rstrip(b"=").decode()
