"""Faults of where the token stands besides Authorization."""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import quote

from graphcontract.exchange import Call
from tests.bank.client import Conforming
from tests.bank.registry import fault

Fields = list[tuple[str, str]]


@fault("request.authorization")
class TokenInCookie(Conforming):
    """A copy in a cookie for the sake of a portal."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("Cookie", f"access_token={call.token}")]


@fault("request.authorization")
class TokenForProxy(Conforming):
    """The proxy's field gets the credentials of the origin."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("Proxy-Authorization", f"Bearer {call.token}")]


@fault("request.authorization")
class TokenNamesUser(Conforming):
    """A telemetry field that names the user by the beginning of the token."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("X-User-Hint", call.token[:24])]


@fault("request.authorization", "request.query")
class TokenInQuery(Conforming):
    """RFC 6750's third way as well as the first."""

    def query(self, call: Call) -> str:
        return f"?access_token={quote(call.token, safe='')}"


@fault("request.authorization", "request.body")
class TokenInForm(Conforming):
    """RFC 6750's second way as well as the first."""

    def body(self, call: Call) -> bytes:
        return b"access_token=" + quote(call.token, safe="").encode()


@fault("request.authorization")
class TokenInBase64(Conforming):
    """A field for debugging, coded so that nobody reads it by chance."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("X-Debug", b64encode(call.token.encode()).decode())]


@fault("request.authorization")
class TokenAsProxyPassword(Conforming):
    """The proxy's password is the token, in a field that the origin should never see."""

    def fields(self, call: Call) -> Fields:
        password = b64encode(f"x:{call.token}".encode()).decode()
        return [*super().fields(call), ("Proxy-Authorization", f"Basic {password}")]
