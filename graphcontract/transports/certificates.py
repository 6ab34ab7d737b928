"""Certificates of our servers: one to trust, and those that a client must reject.

Keys are made on first use: a run without TLS neither makes any nor imports cryptography.
"""

from __future__ import annotations

import os
import ssl
import tempfile
import threading
import weakref
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
_DAY = timedelta(days=1)  # expired by so much, and otherwise valid for 30 of them, longer than any run


class Certificates:
    """Makes an SSL context for each kind of certificate, once, for hosts of these names, and a file with the
    authority to trust.

    Several threads may use it: one lock protects contexts and file, so that no key is made twice.
    """

    def __init__(self, names: Sequence[str] = ("127.0.0.1", "localhost")) -> None:
        self._names = names
        self._lock = threading.Lock()
        self._contexts: dict[tuple[Certificate, bool], ssl.SSLContext] = {}
        self._ca_file: Path | None = None
        self._removal: weakref.finalize[[], Certificates] | None = None

    @property
    def ca_file(self) -> str:
        """The path of a PEM file with the authority to trust, which exists until `remove`."""
        with self._lock:
            if self._ca_file is None:
                handle, path = tempfile.mkstemp(prefix="graphcontract-", suffix=".pem")
                self._ca_file = Path(path)
                # At the end of this process at the latest, also if that is interrupted twice.
                self._removal = weakref.finalize(self, self._ca_file.unlink, missing_ok=True)
                with os.fdopen(handle, "wb") as file:
                    file.write(self._authority.cert_pem.bytes())
            return str(self._ca_file)

    def remove(self) -> None:
        """Remove the file if it was written."""
        with self._lock:
            if self._removal is not None:
                self._removal()
                self._ca_file = self._removal = None

    def context(self, kind: Certificate, *, http2: bool = False) -> ssl.SSLContext:
        """Return the context of a server that presents this kind of certificate, and offers HTTP/1.1 only or
        prefers HTTP/2. Each is a context of its own, so that ports are not shared between them.
        """
        with self._lock:
            if (kind, http2) not in self._contexts:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.minimum_version = ssl.TLSVersion.TLSv1_2  # as Graph: older versions are refused
                context.set_alpn_protocols(["h2", "http/1.1"] if http2 else ["http/1.1"])
                self._issue(kind).configure_cert(context)
                self._contexts[kind, http2] = context
            return self._contexts[kind, http2]

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
    """Make a certificate signed with its own key, as appliances are shipped with."""
    import trustme
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - 30 * _DAY)
        .not_valid_after(now + 30 * _DAY)
        .add_extension(
            x509.SubjectAlternativeName([_make_alternative_name(name) for name in names]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return trustme.LeafCert(private, certificate.public_bytes(pem), [])


def _make_alternative_name(name: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _new_authority() -> trustme.CA:
    import trustme  # 80 ms, which a run without TLS need not spend

    return trustme.CA()  # with EC keys, as the certificates that it issues
