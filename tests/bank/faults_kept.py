"""A conforming client that keeps its connection, and clients that stumble over what follows a 204 there."""

from __future__ import annotations

import select
import socket
import time
from urllib.parse import urlsplit

from graphcontract.exchange import Call, Outcome
from tests.bank.client import ROOT, Answer, BadAnswer, Conforming
from tests.bank.registry import fault


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
        """The line kept for a host, None where there is none in order."""
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


class Trusting(KeptConnection):
    """What the faults below have in common: an answer has ended where this client stops reading."""

    def keeps(self, answer: Answer) -> bool:
        return answer.fields.get("connection") != "close"

    def in_order(self, line: Line) -> bool:
        return not line.has_news()


@fault("response.stray-content")
class KeepsWhatFollows(Trusting):
    """A pool asks whether the socket has ended, and not whether the buffer is empty."""


@fault("response.stray-content", rare=True)
class ReadsLengthAlone(Trusting):
    """Reads the content of a 204 by its length to keep the connection clean, and knows no other framing."""

    def has_content(self, answer: Answer) -> bool:
        return super().has_content(answer) or "content-length" in answer.fields


@fault("response.stray-content", rare=True)
class ReadsEveryFraming(Trusting):
    """Reads the content of a 204 however it is framed, and trusts that nothing comes after it."""

    def has_content(self, answer: Answer) -> bool:
        framed = "content-length" in answer.fields or "transfer-encoding" in answer.fields
        return super().has_content(answer) or framed

    def over(self, line: Line, call: Call) -> Answer:
        answer = super().over(line, call)
        if "transfer-encoding" in answer.fields:
            line.readline()
        return answer


@fault("response.stray-content", rare=True)
class LeavesTheLastLine(KeptConnection):
    """Stops at the chunk of size 0: the empty line after it is left for the next call."""

    def has_content(self, answer: Answer) -> bool:
        return super().has_content(answer) or "transfer-encoding" in answer.fields

    def keeps(self, answer: Answer) -> bool:
        return "transfer-encoding" in answer.fields or super().keeps(answer)

    def in_order(self, line: Line) -> bool:
        return line.ahead in (b"", b"\r\n") and not line.has_news()


@fault("response.stray-content", rare=True)
class TakesAnAnswerEarly(KeptConnection):
    """A pipelining client: bytes that look like an answer are one, and somebody will call for it."""

    def in_order(self, line: Line) -> bool:
        return line.ahead[:5] in (b"", b"HTTP/") and not line.has_news()


@fault("response.stray-content", rare=True)
class SkipsToTheAnswer(Trusting):
    """Robust on purpose: lines before a status line are skipped, but an answer in them is believed."""

    def over(self, line: Line, call: Call) -> Answer:
        start = line.ahead.find(b"HTTP/1.")
        line.ahead = line.ahead[start:] if start >= 0 else b""
        return super().over(line, call)


@fault("response.stray-content")
class FailsAtLeftOvers(KeptConnection):
    """Finds the connection out of order, and tells the next call so instead of connecting again."""

    def take(self, host: str) -> Line | None:
        kept = host in self.lines
        line = super().take(host)
        if kept and line is None:
            raise ConnectionError("unsolicited data on an idle connection")
        return line

    def keeps(self, answer: Answer) -> bool:
        return answer.fields.get("connection") != "close"


@fault("response.stray-content")
class SendsAgain(Trusting):
    """A retry for stale connections: what cannot be read was never answered, so the POST goes out twice."""

    def exchange(self, call: Call) -> Answer:
        try:
            return super().exchange(call)
        except BadAnswer:
            return super().exchange(call)


@fault("response.stray-content")
class AssertsEmptiness(Conforming):
    """An assertion on a server that is always right: a 204 that announces content ends the program."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if answer.status == 204 and answer.fields.get("content-length", "0") != "0":
            raise AssertionError("204 with content")
        return super().outcome(call, answer)


@fault("response.stray-content", rare=True)
class RefusesChunksWithoutContent(Conforming):
    """A strict parser whose error type is not the client's: Transfer-Encoding is forbidden with 204."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if answer.status == 204 and "transfer-encoding" in answer.fields:
            raise ValueError("Transfer-Encoding in a 204")
        return super().outcome(call, answer)


@fault("response.stray-content")
class BreaksTheCircuit(Conforming):
    """A circuit breaker counts a 204 with content as the server's failure, and skips the next call."""

    def __init__(self) -> None:
        super().__init__()
        self.broken = False

    def exchange(self, call: Call) -> Answer:
        if self.broken:
            self.broken = False
            raise ConnectionError("circuit open")
        answer = super().exchange(call)
        self.broken = answer.status == 204 and answer.fields.get("content-length", "0") != "0"
        return answer


class Keeping(KeptConnection):
    """What the faults below have in common: what is left on a connection is given to the next call."""

    left = b""

    def in_order(self, line: Line) -> bool:
        self.left, line.ahead = line.ahead, b""
        return not line.has_news()

    def keeps(self, answer: Answer) -> bool:
        return answer.fields.get("connection") != "close"

    def take_left(self) -> bytes:
        left, self.left = self.left, b""
        return left


@fault("response.stray-content")
class PutsItBeforeTheNextContent(Keeping):
    """One buffer for the content of all answers, emptied by whoever reads one."""

    def decode(self, answer: Answer, content: bytes) -> bytes:
        return self.take_left() + super().decode(answer, content)


@fault("response.stray-content")
class TellsItAsTheNextMessage(Keeping):
    """What came unasked is worth a message: that of the next error."""

    def message(self, answer: Answer) -> str | None:
        return self.take_left().decode("latin-1") or super().message(answer)


@fault("response.stray-content")
class TakesTurns(Conforming):
    """A pool of two connections that are used in turn: the spoilt one comes up in the call after the next."""

    def __init__(self) -> None:
        super().__init__()
        self.pool = [Trusting(), Trusting()]

    def exchange(self, call: Call) -> Answer:
        self.pool.reverse()
        return self.pool[0].exchange(call)
