"""Quirky clients: framing, connections, and what is sent when."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import replace

from graphcontract.exchange import Call, Outcome
from tests.sample_clients.bases.conforming import Answer, Conforming, Fields
from tests.sample_clients.bases.kept_connection import KeptConnection
from tests.sample_clients.registry import quirky


@quirky("request.content-length")
class EmptyChunkedContent(Conforming):
    """An empty content in chunks, with a trailer."""

    def framing(self, call: Call) -> Fields:
        return [("Transfer-Encoding", "Chunked"), ("Trailer", "X-Checksum")]

    def content(self, call: Call) -> bytes:
        return b"0\r\nX-Checksum: 0\r\n\r\n"


@quirky("request.content-length")
class NoFraming(Conforming):
    """A request without Content-Length or Transfer-Encoding has no content (RFC 9112, 6.3)."""

    def framing(self, call: Call) -> Fields:
        return []


@quirky()
class Http10(Conforming):
    """HTTP/1.0 with a Host, as from ApacheBench and old proxies."""

    def head(self, call: Call) -> bytes:
        return super().head(call).replace(b" HTTP/1.1\r\n", b" HTTP/1.0\r\n", 1)


@quirky()
class ClosesConnections(Conforming):
    """A connection for each call, and said so."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("Connection", "close")]


@quirky()
class KeepsConnections(KeptConnection):
    """A connection kept from call to call, and said so."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("Connection", "keep-alive"), ("Keep-Alive", "timeout=5")]


@quirky()
class SendsInPieces(Conforming):
    """Each line of the head in a write of its own, as from an unbuffered stream."""

    def connect(self, call: Call) -> socket.socket:
        connection = super().connect(call)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def exchange(self, call: Call) -> Answer:
        with self.connect(call) as connection:
            for line in self.request(call).splitlines(keepends=True):
                connection.sendall(line)
            return self.read(connection)


CONNECTION_TESTS = ("test_lost_connection", "test_broken_connection")


@quirky(shown_by=CONNECTION_TESTS)
class RetriesARefusedConnection(Conforming):
    """Tries once more where nothing was sent, for there was no connection."""

    def exchange(self, call: Call) -> Answer:
        try:
            connection = self.connect(call)
        except ConnectionError:
            connection = self.connect(call)
        with connection:
            connection.sendall(self.request(call))
            return self.read(connection)


@quirky(shown_by=("stalled", "dripped"))
class ReturnsWithinTheGrace(Conforming):
    """A timeout that is looked at now and then, and so ends late."""

    def connect(self, call: Call) -> socket.socket:
        connection = super().connect(call)
        connection.settimeout(call.timeout + 0.4)
        return connection


CALL_TESTS = ("test_successive_calls", "test_concurrent_calls")


@quirky(shown_by=(*CONNECTION_TESTS, *CALL_TESTS, "dripped", "test_invalid_certificate"))
class KeepsCleanConnections(KeptConnection):
    """Keeps a connection a host, and drops it when anything is odd."""


@quirky(shown_by=CALL_TESTS)
class ConnectsOneAtATime(Conforming):
    """A lock around what is shared: calls that are made at once connect one after another."""

    def __init__(self) -> None:
        super().__init__()
        self.turn = threading.Lock()

    def connect(self, call: Call) -> socket.socket:
        with self.turn:
            return super().connect(call)


@quirky(shown_by=(*CALL_TESTS, *CONNECTION_TESTS))
class MaskedTokenInErrorMessage(Conforming):
    """Each error names the token by its first eight characters and its length, to tell it from others."""

    def cancel(self, call: Call) -> Outcome:
        outcome = super().cancel(call)
        if outcome.error is None:
            return outcome
        words = f"{outcome.error.message} (token {call.token[:8]}…, {len(call.token)} characters)"
        return replace(outcome, error=replace(outcome.error, message=words))


@quirky(shown_by=CALL_TESTS)
class PausesBeforeEachRequest(Conforming):
    """A pause before each request, as of a limit of its own on how many it makes."""

    def exchange(self, call: Call) -> Answer:
        time.sleep(0.005)
        return super().exchange(call)
