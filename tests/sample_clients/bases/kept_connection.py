"""A conforming client that keeps its connection, and clients that misuse a kept one."""

from __future__ import annotations

import select
import socket
import time
from urllib.parse import urlsplit

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import ROOT, Answer, Conforming


class Line:
    """A connection, with what was read ahead from it; what it brings is waited for `until` a time."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.ahead = b""
        self.until = 0.0

    def readline(self) -> bytes:
        while b"\n" not in self.ahead and self._receive():
            pass
        line, end, self.ahead = self.ahead.partition(b"\n")
        return line + end

    def read(self, size: int) -> bytes:
        while not 0 <= size <= len(self.ahead) and self._receive():
            pass
        end = size if size >= 0 else len(self.ahead)
        content, self.ahead = self.ahead[:end], self.ahead[end:]
        return content

    def has_news(self) -> bool:
        """Whether bytes have arrived since, or the end of the stream."""
        return bool(select.select([self.connection], [], [], 0)[0])

    def close(self) -> None:
        self.connection.close()

    def _receive(self) -> bool:
        self.connection.settimeout(max(0.001, self.until - time.monotonic()))
        more = self.connection.recv(1 << 16)
        self.ahead += more
        return bool(more)


class KeptConnection(Conforming):
    """Meets every clause, one call at a time, with a connection a host that it keeps while it is in order."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[str, Line] = {}

    def __del__(self) -> None:
        for line in self.lines.values():
            line.close()

    def exchange(self, call: Call) -> Answer:
        host = urlsplit(call.base_url or ROOT).netloc
        line = self.take(host) or Line(self.connect(call))
        try:
            answer = self.over(line, call)
        except Exception:
            line.close()
            raise
        if self.keeps(answer):
            self.lines[host] = line
        else:
            line.close()
        return answer

    def take(self, host: str) -> Line | None:
        """The connection kept for a host; None without a usable one."""
        line = self.lines.pop(host, None)
        if line is not None and not self.in_order(line):
            line.close()
            return None
        return line

    def over(self, line: Line, call: Call) -> Answer:
        line.connection.settimeout(call.timeout)
        line.until = time.monotonic() + call.timeout
        line.connection.sendall(self.request(call))
        answer = self.read_head(line.readline)
        while answer.status < 200:
            answer = self.read_head(line.readline)
        if self.has_content(answer):
            answer.content = self.read_content(answer, line.read, line.readline)
        return answer

    def has_content(self, answer: Answer) -> bool:
        return answer.status not in (204, 304)

    def keeps(self, answer: Answer) -> bool:
        """Whether the answer ended where its fields say, and the server keeps the connection as well."""
        if "transfer-encoding" in answer.fields or answer.fields.get("connection") == "close":
            return False
        length = answer.fields.get("content-length")
        return length in (None, "0") if answer.status in (204, 304) else length is not None

    def in_order(self, line: Line) -> bool:
        """Whether nothing has come since the answer, not even the end."""
        return not line.ahead and not line.has_news()


class KeepsUncheckedConnections(KeptConnection):
    """Base class: an answer has ended where this client stops reading."""

    def keeps(self, answer: Answer) -> bool:
        return answer.fields.get("connection") != "close"

    def in_order(self, line: Line) -> bool:
        return not line.has_news()


class PassesLeftoversOn(KeptConnection):
    """Base class: what is left on a connection is given to the next call."""

    left = b""

    def in_order(self, line: Line) -> bool:
        self.left, line.ahead = line.ahead, b""
        return not line.has_news()

    def keeps(self, answer: Answer) -> bool:
        return answer.fields.get("connection") != "close"

    def take_left(self) -> bytes:
        left, self.left = self.left, b""
        return left


DONE = Answer(204, {}, b"")
