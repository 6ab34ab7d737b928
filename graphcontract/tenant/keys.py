"""RSA keys and certificates, generated when they are first used."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Key:
    """A private key with its certificate."""

    private: rsa.RSAPrivateKey
    name: str

    @cached_property
    def certificate(self) -> x509.Certificate:
        """A self-signed certificate, valid for a month."""
        now = datetime.now(UTC)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)])
        builder = x509.CertificateBuilder(subject_name=name, issuer_name=name)
        builder = builder.public_key(self.private.public_key()).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - _DAY).not_valid_after(now + 30 * _DAY)
        return builder.sign(self.private, hashes.SHA256())

    @cached_property
    def public_pem(self) -> bytes:
        """The public key in PEM."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.private.public_key().public_bytes(serialization.Encoding.PEM, form)

    @cached_property
    def pem(self) -> bytes:
        """Private key and certificate in PEM, as a client stores them."""
        pem = serialization.Encoding.PEM
        form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        return self.private.private_bytes(pem, form, plain) + self.certificate.public_bytes(pem)

    @cached_property
    def id(self) -> str:
        """The `kid` of the key's tokens."""
        return base64url(hashlib.sha256(self.public_pem).digest()[:20])

    def to_jwk(self) -> dict[str, Any]:
        """The public key as a member of a JSON Web Key Set."""
        numbers = self.private.public_key().public_numbers()
        form = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.id}
        values = {"n": numbers.n, "e": numbers.e}
        return form | {
            name: base64url(value.to_bytes((value.bit_length() + 7) // 8)) for name, value in values.items()
        }


@cache
def get_key(name: str) -> Key:
    """The key with this name, cached for the process: generating one takes a tenth of a second."""
    return Key(rsa.generate_private_key(public_exponent=65537, key_size=2048), name)


def base64url(data: bytes) -> str:
    """Base64 for URLs, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
