"""Faulty clients: tls.server-name."""

from __future__ import annotations

import socket
import ssl
from urllib.parse import urlsplit

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import ROOT, Conforming
from tests.sample_clients.bases.over_proxy import OverProxy
from tests.sample_clients.faulty.transport_certificate import context
from tests.sample_clients.registry import faulty


class WrapsItself(Conforming):
    """Base class: the socket is wrapped by hand, and the name in the certificate checked afterwards."""

    def server_name(self, host: str, port: int) -> str | None:
        raise NotImplementedError

    def connect(self, call: Call) -> socket.socket:
        parts = urlsplit(call.base_url or ROOT)
        host, port = parts.hostname or "", parts.port or 443
        connection = socket.create_connection((host, port), timeout=call.timeout)
        if parts.scheme != "https":
            return connection
        secure = self.trusted(call).wrap_socket(connection, server_hostname=self.server_name(host, port))
        names = [each[1] for each in (secure.getpeercert() or {}).get("subjectAltName", ())]
        if host not in names:
            secure.close()
            raise ssl.SSLCertVerificationError("the certificate is for another name")
        return secure

    def trusted(self, call: Call) -> ssl.SSLContext:
        return context(call.ca_file, name=False)


class WrapsItselfInTheTunnel(OverProxy):
    """Base class: as above, in the tunnel to the service, whose host has a name with dots."""

    def trusted(self, call: Call) -> ssl.SSLContext:
        return context(call.ca_file or self.start.ca_file, name=False)


@faulty("tls.server-name", "transport.certificate", transport="proxy")
class SendsNoServerName(WrapsItselfInTheTunnel):
    """The socket is wrapped without a name, which the library takes for a wish."""

    def server_name(self, host: str) -> str | None:
        return None


@faulty("tls.server-name")
class ServerNameWithThePort(WrapsItself):
    """The authority of the URL goes where its host belongs, of an address too."""

    def server_name(self, host: str, port: int) -> str | None:
        return f"{host}:{port}"


@faulty("tls.server-name")
class ServerNameWithADot(WrapsItself):
    """The name as DNS has it when it is complete."""

    def server_name(self, host: str, port: int) -> str | None:
        return f"{host}." if host == "localhost" else None


@faulty("tls.server-name")
class ServerNameOfTheService(WrapsItself):
    """The name of the service is a constant, whatever the root is."""

    def server_name(self, host: str, port: int) -> str | None:
        return "graph.microsoft.com"


@faulty("tls.server-name")
class LooksUpTheAddress(WrapsItself):
    """An address is looked up, and the name that it is found under is sent."""

    def server_name(self, host: str, port: int) -> str | None:
        return "localhost"


@faulty("tls.server-name", "transport.certificate", transport="proxy")
class ResolvesFirst(WrapsItselfInTheTunnel):
    """The host is resolved, and all that follows knows the address only, which is then left out."""

    def server_name(self, host: str) -> str | None:
        return "127.0.0.1"


@faulty("tls.server-name", shown_by=["test_server_name_of_another_root"])
class KeepsTheServerNameForAddresses(WrapsItself):
    """The name is an option of the client, which a root with an address leaves as it was."""

    name: str | None = None

    def server_name(self, host: str, port: int) -> str | None:
        if not host.replace(".", "").isdigit():
            self.name = host
        return self.name
