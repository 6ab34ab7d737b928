"""Faults of certificates."""

from __future__ import annotations

import ssl
from functools import cache
from urllib.parse import urlsplit

from graphcontract.exchange import Call
from tests.bank.client import Answer, Conforming
from tests.bank.registry import fault

_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME of OpenSSL
_UNKNOWN_ISSUER = (18, 19, 20, 21)


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


@fault("transport.certificate")
class VerifiesNothing(Conforming):
    """`verify=False`, from a day on which the company's proxy had a certificate of its own."""

    def trusted(self, call: Call) -> ssl.SSLContext:
        return context(call.ca_file, chain=False)


@fault("transport.certificate")
class ChecksNoName(Conforming):
    """check_hostname is off, for the address of the test server stands in no certificate."""

    def trusted(self, call: Call) -> ssl.SSLContext:
        return context(call.ca_file, name=False)


@fault("transport.certificate", rare=True)
class ForgivesExpiry(Conforming):
    """Devices without a clock cannot check dates, and so nobody does."""

    def trusted(self, call: Call) -> ssl.SSLContext:
        return context(call.ca_file, time=False)


@fault("transport.certificate", rare=True)
class ForgivesUnknownIssuers(Conforming):
    """A callback lets go what most users complain of: a chain that ends at nobody's authority."""

    def exchange(self, call: Call) -> Answer:
        try:
            return super().exchange(call)
        except ssl.SSLCertVerificationError as error:
            if error.verify_code not in _UNKNOWN_ISSUER:
                raise
            return Forgiving(context(call.ca_file, chain=False)).exchange(call)


@fault("transport.certificate", rare=True)
class VerifiesTheFirstTime(Conforming):
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


@fault("transport.certificate", rare=True)
class TellsAfterwards(Conforming):
    """The certificate is looked at once the answer is there, and the call fails when it is too late."""

    def exchange(self, call: Call) -> Answer:
        answer = Forgiving(context(call.ca_file, chain=False)).exchange(call)
        if urlsplit(call.base_url or "").scheme == "https":
            super().connect(call).close()
        return answer


class Forgiving(Conforming):
    """Another client for the same call, with a context of its own."""

    def __init__(self, forgiving: ssl.SSLContext) -> None:
        super().__init__()
        self.forgiving = forgiving

    def trusted(self, call: Call) -> ssl.SSLContext:
        return self.forgiving
