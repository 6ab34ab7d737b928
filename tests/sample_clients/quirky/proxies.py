"""Quirky clients: what is sent to a proxy, and in a TLS handshake."""

from __future__ import annotations

import socket
from base64 import b64encode
from urllib.parse import urlsplit

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import ROOT, Conforming, Fields
from tests.sample_clients.bases.over_proxy import OverProxy
from tests.sample_clients.registry import quirky

TUNNEL_TESTS = ("test_tunnel", "test_redirect")


@quirky(transport="proxy", shown_by=TUNNEL_TESTS)
class DescribesItselfToTheProxy(OverProxy):
    """User-Agent, Proxy-Connection and a trace id in CONNECT, as curl and browsers send."""

    def tunnel_fields(self, call: Call) -> Fields:
        return [
            ("User-Agent", "sample/1.0"),
            ("Proxy-Connection", "Keep-Alive"),
            ("client-request-id", "8c6f2c3e-3f0e-4a53-9a60-6e5c4b1f1a2b"),
        ]


@quirky(transport="proxy", shown_by=TUNNEL_TESTS)
class HasAPasswordForTheProxy(OverProxy):
    """Credentials of the proxy itself, of its own scheme, and a target in capitals."""

    def tunnel_target(self, call: Call, authority: str) -> str:
        return authority.upper()

    def tunnel_fields(self, call: Call) -> Fields:
        return [("Proxy-Authorization", "Basic " + b64encode(b"me:a-password-of-the-proxy").decode())]


@quirky(shown_by=["test_server_name", "test_invalid_certificate"])
class ServerNameInCapitals(Conforming):
    """The name in the TLS handshake as a user typed it: names have no letter case."""

    def connect(self, call: Call) -> socket.socket:
        parts = urlsplit(call.base_url or ROOT)
        connection = socket.create_connection((parts.hostname or "", parts.port or 80), timeout=call.timeout)
        if parts.scheme != "https":
            return connection
        return self.trusted(call).wrap_socket(connection, server_hostname=(parts.hostname or "").upper())
