"""Faulty clients: proxy.credentials."""

from __future__ import annotations

from base64 import b64encode

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Fields
from tests.sample_clients.bases.over_proxy import OverProxy
from tests.sample_clients.registry import faulty


@faulty("proxy.credentials", transport="proxy")
class AuthorizesTheTunnel(OverProxy):
    """The default headers of the session are sent with every request, and CONNECT is one."""

    def tunnel_fields(self, call: Call) -> Fields:
        return self.authorization(call)


@faulty("proxy.credentials", transport="proxy")
class ShowsTheProxyItsToken(OverProxy):
    """Proxy-Authorization in place of Authorization, as there is a proxy."""

    def tunnel_fields(self, call: Call) -> Fields:
        return [("Proxy-Authorization", f"Bearer {call.token}")]


@faulty("proxy.credentials", transport="proxy")
class TokenAsPasswordOfTheProxy(OverProxy):
    """The one credential that is configured serves as the password for the proxy too."""

    def tunnel_fields(self, call: Call) -> Fields:
        return [("Proxy-Authorization", "Basic " + b64encode(f"me:{call.token}".encode()).decode())]


@faulty("proxy.credentials", transport="proxy")
class TokenInTheTunnelsQuery(OverProxy):
    """access_token is added to every target."""

    def tunnel_target(self, call: Call, authority: str) -> str:
        return f"{authority}?access_token={call.token}"


@faulty("proxy.credentials", transport="proxy")
class TokenAsUserOfTheTunnel(OverProxy):
    """The user information of a URL stays in its authority."""

    def tunnel_target(self, call: Call, authority: str) -> str:
        return f"{call.token}@{authority}"


@faulty("proxy.credentials", transport="proxy")
class PrincipalInTheTunnel(OverProxy):
    """A telemetry header with the caller's principal, in base64, is sent with every request."""

    def tunnel_fields(self, call: Call) -> Fields:
        return [("X-Client-Principal", b64encode(f'{{"token": "{call.token}"}}'.encode()).decode())]


@faulty("proxy.credentials", transport="proxy")
class AuthorizesTheSecondTunnel(OverProxy):
    """Once a request was made, its headers are those of the pool, which a new tunnel gets too."""

    pooled: Fields = []  # noqa: RUF012 - replaced, never changed

    def tunnel_fields(self, call: Call) -> Fields:
        fields, self.pooled = self.pooled, self.authorization(call)
        return fields
