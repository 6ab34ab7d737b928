"""Certificates of the loopback server: one to trust, and those that a client has to refuse.

Keys are made when they are first asked for; a run without TLS makes none, nor loads what makes them.
"""

from __future__ import annotations

import os
import ssl
import tempfile
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from graphcontract.transports import Certificate

if TYPE_CHECKING:
    import trustme
    from cryptography import x509

_ANOTHER_NAME = "another.graphcontract.test"
_DAY = timedelta(days=1)


class Certificates:
    """Makes an SSL context for each kind of certificate once, for hosts of these names, and the file of the
    authority to trust.
    """

    def __init__(self, names: Sequence[str] = ("127.0.0.1", "localhost")) -> None:
        self._names = names
        self._lock = threading.Lock()
        self._contexts: dict[Certificate, ssl.SSLContext] = {}
        self._ca_file: Path | None = None

    @property
    def ca_file(self) -> str:
        """The path of a PEM file with the authority to trust, there until `remove`."""
        with self._lock:
            if self._ca_file is None:
                handle, path = tempfile.mkstemp(prefix="graphcontract-", suffix=".pem")
                self._ca_file = Path(path)
                with os.fdopen(handle, "wb") as file:
                    file.write(self._authority.cert_pem.bytes())
            return str(self._ca_file)

    def remove(self) -> None:
        """Remove the file, where there is one."""
        with self._lock:
            if self._ca_file is not None:
                self._ca_file.unlink(missing_ok=True)
                self._ca_file = None

    def context(self, kind: Certificate) -> ssl.SSLContext:
        """The context of a server that shows this kind of certificate, HTTP/1.1 its one protocol."""
        with self._lock:
            if kind not in self._contexts:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.minimum_version = ssl.TLSVersion.TLSv1_2
                context.set_alpn_protocols(["http/1.1"])
                self._issue(kind).configure_cert(context)
                self._contexts[kind] = context
            return self._contexts[kind]

    @cached_property
    def _authority(self) -> trustme.CA:
        return _new_authority()

    def _issue(self, kind: Certificate) -> trustme.LeafCert:
        if kind == "self-signed":
            return _self_signed(self._names)
        authority = _new_authority() if kind == "untrusted" else self._authority
        names = (_ANOTHER_NAME,) if kind == "other-name" else self._names
        now = datetime.now(UTC)
        ends = now - _DAY if kind == "expired" else now + 30 * _DAY
        return authority.issue_cert(*names, not_before=now - 30 * _DAY, not_after=ends)


def _self_signed(names: Sequence[str]) -> trustme.LeafCert:
    """A certificate that vouches for itself, as appliances come with."""
    import trustme
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - 30 * _DAY)
        .not_valid_after(now + 30 * _DAY)
        .add_extension(x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return trustme.LeafCert(private, made.public_bytes(pem), [])


def _alternative(name: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _new_authority() -> trustme.CA:
    import trustme  # 80 ms, of which a run without TLS has no use

    return trustme.CA()  # EC keys, as those of the certificates that it issues
