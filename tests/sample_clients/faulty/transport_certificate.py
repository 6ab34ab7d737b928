"""Faulty clients: transport.certificate."""

from __future__ import annotations

import socket
import ssl
from functools import cache
from urllib.parse import urlsplit

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import ROOT, Answer, Conforming
from tests.sample_clients.registry import faulty

_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME of OpenSSL


@cache
def context(
    ca_file: str | None, *, name: bool = True, time: bool = True, chain: bool = True
) -> ssl.SSLContext:
    """A context that checks what is said."""
    made = ssl.create_default_context(cafile=ca_file)
    made.check_hostname = name and chain
    if not chain:
        made.verify_mode = ssl.CERT_NONE
    if not time:
        made.verify_flags |= _NO_CHECK_TIME
    return made


@faulty("transport.certificate")
class VerifiesNothing(Conforming):
    """`verify=False`, from a day on which the company's proxy had a certificate of its own."""

    def trusted(self, call: Call) -> ssl.SSLContext:
        return context(call.ca_file, chain=False)


@faulty("transport.certificate")
class AcceptsAnyHostName(Conforming):
    """check_hostname is off, for the address of the test server stands in no certificate."""

    def trusted(self, call: Call) -> ssl.SSLContext:
        return context(call.ca_file, name=False)


@faulty("transport.certificate", rare=True)
class AcceptsExpired(Conforming):
    """Devices without a clock cannot check dates, and so nobody does."""

    def trusted(self, call: Call) -> ssl.SSLContext:
        return context(call.ca_file, time=False)


class UsesAnotherContext(Conforming):
    """Another client for the same call, with a context of its own."""

    def __init__(self, forgiving: ssl.SSLContext) -> None:
        super().__init__()
        self.forgiving = forgiving

    def trusted(self, call: Call) -> ssl.SSLContext:
        return self.forgiving


_UNKNOWN_ISSUER = (18, 19, 20, 21)


@faulty("transport.certificate", rare=True)
class AcceptsUnknownIssuers(Conforming):
    """A callback lets go what most users complain of: a chain that ends at nobody's authority."""

    def exchange(self, call: Call) -> Answer:
        try:
            return super().exchange(call)
        except ssl.SSLCertVerificationError as error:
            if error.verify_code not in _UNKNOWN_ISSUER:
                raise
            return UsesAnotherContext(context(call.ca_file, chain=False)).exchange(call)


@faulty("transport.certificate", rare=True)
class VerifiesTheFirstConnectionOnly(Conforming):
    """A host that was once verified is known, and later connections skip what costs time."""

    def __init__(self) -> None:
        super().__init__()
        self.known: set[str] = set()

    def exchange(self, call: Call) -> Answer:
        answer = super().exchange(call)
        self.known.add(urlsplit(call.base_url or "").hostname or "")
        return answer

    def trusted(self, call: Call) -> ssl.SSLContext:
        return context(call.ca_file, chain=(urlsplit(call.base_url or "").hostname or "") not in self.known)


@faulty("transport.certificate", rare=True)
class VerifiesAfterSending(Conforming):
    """The certificate is looked at once the answer is there, and the call fails when it is too late."""

    def exchange(self, call: Call) -> Answer:
        answer = UsesAnotherContext(context(call.ca_file, chain=False)).exchange(call)
        if urlsplit(call.base_url or "").scheme == "https":
            super().connect(call).close()
        return answer


@faulty("transport.certificate", rare=True, shown_by=["self-signed", "untrusted"])
class AcceptsSelfSigned(Conforming):
    """An appliance's certificate is its own authority."""

    def connect(self, call: Call) -> socket.socket:
        try:
            return super().connect(call)
        except ssl.SSLCertVerificationError as error:
            if error.verify_code != 18:  # self-signed
                raise
        parts = urlsplit(call.base_url or ROOT)
        plain = socket.create_connection((parts.hostname or "", parts.port or 443), timeout=call.timeout)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context.wrap_socket(plain)


@faulty("transport.certificate")
class FallsBackToPlainHttp(Conforming):
    """A handshake that fails is a server without TLS, which is spoken to without it."""

    def connect(self, call: Call) -> socket.socket:
        try:
            return super().connect(call)
        except ssl.SSLError:
            parts = urlsplit(call.base_url or ROOT)
            return socket.create_connection((parts.hostname or "", parts.port or 80), timeout=call.timeout)
