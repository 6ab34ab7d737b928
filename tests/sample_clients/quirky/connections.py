"""Quirky clients: framing, connections, and what is sent when."""

from __future__ import annotations

import io
import select
import socket
import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

from graphcontract.exchange import Call, Outcome
from tests.sample_clients.bases.conforming import Answer, Conforming, Fields, Patient
from tests.sample_clients.bases.following import Following
from tests.sample_clients.bases.kept_connection import KeptConnection, Line
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


@quirky(varies_in=["test_broken_connection", "test_successive_calls"])
class ClosesConnections(Conforming):
    """A connection for each call, and said so."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("Connection", "close")]


@quirky(varies_in=["test_broken_connection", "test_successive_calls"])
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


@quirky(shown_by=("byte by byte", "error in chunks, late", "cut in a line end", "error cut in the content"))
class ReadsOneByteAtATime(Conforming):
    """A system call for each byte of the response, as of an unbuffered stream."""

    def read(self, connection: socket.socket) -> Answer:
        patient = io.BufferedReader(Patient(connection), buffer_size=1)
        answer = self.read_head(patient.readline)
        while answer.status < 200:
            answer = self.read_head(patient.readline)
        if answer.status not in (204, 304):
            answer.content = self.read_content(answer, patient.read, patient.readline)
        return answer


@quirky(shown_by=("redirect with late content",))
class LeavesTheContentOfRedirects(Following):
    """The content of a redirect is left unread, and its connection is closed."""

    def read_content(self, answer: Answer, read: Callable[[int], bytes], line: Callable[[], bytes]) -> bytes:
        return b"" if self.follows(answer) else super().read_content(answer, read, line)


@quirky("transport.connections", shown_by=("test_late_response", "test_connections_after_timeouts"))
class DiscardsLateResponses(KeptConnection):
    """Keeps a connection for each thread and host after a timeout too, and discards the responses of the
    calls that have timed out.
    """

    def __init__(self) -> None:
        super().__init__()
        self.outstanding = defaultdict[str, int](int)

    def exchange(self, call: Call) -> Answer:
        host = f"{threading.get_ident()} {urlsplit(call.base_url or '').netloc}"
        if self.outstanding[host] and self.has_ended(host):
            self.outstanding[host] = 0
        line = self.lines.get(host) if self.outstanding[host] else self.take(host)
        line = self.lines[host] = line or Line(self.connect(call))
        self.outstanding[host] += 1
        try:
            answer = self.over(line, call)
            self.outstanding[host] -= 1
            while self.outstanding[host]:
                answer = self.over_again(line)
                self.outstanding[host] -= 1
        except TimeoutError:
            raise
        except Exception:
            self.outstanding[host] = 0
            self.lines.pop(host).close()
            raise
        if not self.keeps(answer):
            self.lines.pop(host).close()
        return answer

    def has_ended(self, host: str) -> bool:
        """Whether the service has closed the connection without the responses that are to be discarded."""
        connection = self.lines[host].connection
        return bool(select.select([connection], [], [], 0)[0]) and not connection.recv(1, socket.MSG_PEEK)

    def over_again(self, line: Line) -> Answer:
        """The next response, after that of a call that has timed out."""
        answer = self.read_head(line.readline)
        if self.has_content(answer):
            answer.content = self.read_content(answer, line.read, line.readline)
        return answer


@quirky(shown_by=("test_idle_connection",))
class ClosesIdleConnectionsItself(KeptConnection):
    """Closes a connection that was idle for half a second, before the service does."""

    def __init__(self) -> None:
        super().__init__()
        self.used: dict[str, float] = {}

    def exchange(self, call: Call) -> Answer:
        host = urlsplit(call.base_url or "").netloc
        if time.monotonic() > self.used.get(host, 0.0) + 0.5 and (line := self.lines.pop(host, None)):
            line.close()
        self.used[host] = time.monotonic()
        return super().exchange(call)


@quirky(
    shown_by=["test_slow_response", "test_late_response", "test_successive_calls", "test_later_call"],
    varies_in=["test_slow_response"],
)
class EndsItsSideAfterTheRequest(Conforming):
    """The client sends nothing more, and says so: the response still comes (RFC 9112, 9.6)."""

    def exchange(self, call: Call) -> Answer:
        with self.connect(call) as connection:
            connection.sendall(self.request(call))
            if not isinstance(connection, ssl.SSLSocket):  # its shutdown() ends TLS in both directions
                connection.shutdown(socket.SHUT_WR)
            return self.read(connection)
