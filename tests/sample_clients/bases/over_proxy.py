"""A conforming client at its own root that sends through a proxy, in a tunnel for each request."""

from __future__ import annotations

import socket
import ssl
import uuid
from dataclasses import replace
from urllib.parse import urlsplit

from graphcontract.clients import Start
from graphcontract.exchange import Call, Outcome
from tests.sample_clients.bases.conforming import ROOT, BadAnswer, Conforming, Fields


class OverProxy(Conforming):
    """`start` is what a driver gets: the proxy, and the authority to trust."""

    start = Start("", ())
    sent_id = ""

    def cancel(self, call: Call) -> Outcome:
        self.sent_id = str(uuid.uuid4())  # at its own root, a retry has that of its call
        return super().cancel(call)

    def fields(self, call: Call) -> Fields:
        kept = [field for field in super().fields(call) if field[0] != "client-request-id"]
        return [*kept, ("client-request-id", self.sent_id)]

    def connect(self, call: Call) -> socket.socket:
        proxy, root = urlsplit(self.start.proxy or ""), urlsplit(call.base_url or ROOT)
        connection = socket.create_connection((proxy.hostname or "", proxy.port or 0), timeout=call.timeout)
        connection.sendall(self.tunnel(call, f"{root.hostname}:{root.port or 443}"))
        with connection.makefile("rb") as stream:
            if self.read_head(stream.readline).status != 200:
                raise BadAnswer("no tunnel")
        return self.trusted(call).wrap_socket(
            connection, server_hostname=self.server_name(root.hostname or "")
        )

    def server_name(self, host: str) -> str | None:
        return host

    def trusted(self, call: Call) -> ssl.SSLContext:
        return super().trusted(replace(call, ca_file=call.ca_file or self.start.ca_file))

    def tunnel(self, call: Call, authority: str) -> bytes:
        fields = [("Host", authority), *self.tunnel_fields(call)]
        lines = [f"CONNECT {self.tunnel_target(call, authority)} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in fields]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def tunnel_target(self, call: Call, authority: str) -> str:
        return authority

    def tunnel_fields(self, call: Call) -> Fields:
        """The fields of a CONNECT beside Host."""
        return []
