"""Faulty clients: redirect.credentials-port."""

from __future__ import annotations

from urllib.parse import SplitResult

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer
from tests.sample_clients.bases.following import Following
from tests.sample_clients.registry import faulty


@faulty("redirect.credentials-port")
class IgnoresThePort(Following):
    """The design of Microsoft's SDKs: scheme and host are compared, the port is not."""

    def trusts(self, here: SplitResult, there: SplitResult) -> bool:
        return (here.scheme, here.hostname) == (there.scheme, there.hostname)


@faulty("redirect.credentials-port")
class TokenAsCookieOfTheHost(Following):
    """The token is a cookie of the host, and cookies know no port (RFC 6265, 8.5)."""

    def carried(self, call: Call, here: SplitResult, there: SplitResult, answer: Answer) -> str:
        own = (here.scheme, here.hostname) == (there.scheme, there.hostname)
        cookie = f"Cookie: session={call.token}\r\n" if own else ""
        return super().carried(call, here, there, answer) + cookie


@faulty("redirect.credentials-port", rare=True)
class TrustsAnyPortAfterAPermanentRedirect(Following):
    """A host that has moved for good, 301 or 308, has moved to another port of its own."""

    def carried(self, call: Call, here: SplitResult, there: SplitResult, answer: Answer) -> str:
        same = (here.scheme, here.hostname) == (there.scheme, there.hostname)
        own = same and answer.status in (301, 308)
        return super().carried(call, here, here if own else there, answer)
