"""Quirky clients: requests of their own besides the call."""

from __future__ import annotations

from urllib.parse import urlsplit

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import ROOT, Answer, Conforming
from tests.sample_clients.registry import quirky


class SendsAnotherRequestFirst(Conforming):
    """Sends a request of its own before each cancel: `other` gives its path and content."""

    def other(self, call: Call) -> tuple[str, bytes]:
        raise NotImplementedError

    def exchange(self, call: Call) -> Answer:
        path, content = self.other(call)
        host = urlsplit(call.base_url or ROOT).netloc
        head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(content)}\r\n\r\n"
        with self.connect(call) as connection:
            connection.sendall(head.encode() + content)
            self.read(connection)
        return super().exchange(call)


@quirky()
class RequestsTokensAtTheSameRoot(SendsAnotherRequestFirst):
    """A token service at the same root is asked before each call."""

    def other(self, call: Call) -> tuple[str, bytes]:
        return "/tenant/oauth2/v2.0/token", b"grant_type=client_credentials&client_id=7a1&client_secret=0"


@quirky()
class SendsTelemetryAboutTheTask(SendsAnotherRequestFirst):
    """Telemetry that names the task in its content."""

    def other(self, call: Call) -> tuple[str, bytes]:
        return "/telemetry", call.task_id.encode()
