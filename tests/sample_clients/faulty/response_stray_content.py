"""Faulty clients: response.stray-content."""

from __future__ import annotations

from graphcontract.exchange import Call, Outcome
from tests.sample_clients.bases.conforming import Answer, BadAnswer, Conforming
from tests.sample_clients.bases.kept_connection import (
    KeepsUncheckedConnections,
    KeptConnection,
    Line,
    PassesLeftoversOn,
)
from tests.sample_clients.registry import faulty


@faulty("response.stray-content")
class KeepsBufferedBytes(KeepsUncheckedConnections):
    """A pool asks whether the socket has ended, and not whether the buffer is empty."""


@faulty("response.stray-content", rare=True)
class Reads204ByLengthOnly(KeepsUncheckedConnections):
    """Reads the content of a 204 by its length to keep the connection clean, and knows no other framing."""

    def has_content(self, answer: Answer) -> bool:
        return super().has_content(answer) or "content-length" in answer.fields


@faulty("response.stray-content", rare=True)
class Reads204ByAnyFraming(KeepsUncheckedConnections):
    """Reads the content of a 204 however it is framed, and trusts that nothing comes after it."""

    def has_content(self, answer: Answer) -> bool:
        framed = "content-length" in answer.fields or "transfer-encoding" in answer.fields
        return super().has_content(answer) or framed

    def over(self, line: Line, call: Call) -> Answer:
        answer = super().over(line, call)
        if "transfer-encoding" in answer.fields:
            line.readline()
        return answer


@faulty("response.stray-content", rare=True)
class LeavesTheLastChunkLine(KeptConnection):
    """Stops at the chunk of size 0: the empty line after it is left for the next call."""

    def has_content(self, answer: Answer) -> bool:
        return super().has_content(answer) or "transfer-encoding" in answer.fields

    def keeps(self, answer: Answer) -> bool:
        return "transfer-encoding" in answer.fields or super().keeps(answer)

    def in_order(self, line: Line) -> bool:
        return line.ahead in (b"", b"\r\n") and not line.has_news()


@faulty("response.stray-content", rare=True)
class AcceptsAnEarlyResponse(KeptConnection):
    """A pipelining client: bytes that look like an answer are one, and somebody will call for it."""

    def in_order(self, line: Line) -> bool:
        return line.ahead[:5] in (b"", b"HTTP/") and not line.has_news()


@faulty("response.stray-content", rare=True)
class SkipsToTheNextStatusLine(KeepsUncheckedConnections):
    """Robust on purpose: lines before a status line are skipped, but an answer in them is believed."""

    def over(self, line: Line, call: Call) -> Answer:
        start = line.ahead.find(b"HTTP/1.")
        line.ahead = line.ahead[start:] if start >= 0 else b""
        return super().over(line, call)


@faulty("response.stray-content")
class NextCallFailsOnLeftovers(KeptConnection):
    """Finds the connection out of order, and tells the next call so instead of connecting again."""

    def take(self, host: str) -> Line | None:
        kept = host in self.lines
        line = super().take(host)
        if kept and line is None:
            raise ConnectionError("unsolicited data on an idle connection")
        return line

    def keeps(self, answer: Answer) -> bool:
        return answer.fields.get("connection") != "close"


@faulty("response.stray-content")
class ResendsAfterUnreadableResponse(KeepsUncheckedConnections):
    """A retry for stale connections: what cannot be read was never answered, so the POST goes out twice."""

    def exchange(self, call: Call) -> Answer:
        try:
            return super().exchange(call)
        except BadAnswer:
            return super().exchange(call)


@faulty("response.stray-content")
class CrashesOn204WithContent(Conforming):
    """An assertion on a server that is always right: a 204 that announces content ends the program."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if answer.status == 204 and answer.fields.get("content-length", "0") != "0":
            raise AssertionError("204 with content")
        return super().outcome(call, answer)


@faulty("response.stray-content", rare=True)
class CrashesOn204WithChunks(Conforming):
    """A strict parser whose error type is not the client's: Transfer-Encoding is forbidden with 204."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if answer.status == 204 and "transfer-encoding" in answer.fields:
            raise ValueError("Transfer-Encoding in a 204")
        return super().outcome(call, answer)


@faulty("response.stray-content")
class CircuitBreakerSkipsTheNextCall(Conforming):
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


@faulty("response.stray-content")
class PrependsItToTheNextContent(PassesLeftoversOn):
    """One buffer for the content of all answers, emptied by whoever reads one."""

    def decode(self, answer: Answer, content: bytes) -> bytes:
        return self.take_left() + super().decode(answer, content)


@faulty("response.stray-content")
class ReportsItAsTheNextMessage(PassesLeftoversOn):
    """What came unasked is worth a message: that of the next error."""

    def message(self, answer: Answer) -> str | None:
        return self.take_left().decode("latin-1") or super().message(answer)


@faulty("response.stray-content")
class SpoiltConnectionReturnsLater(Conforming):
    """A pool of two connections that are used in turn: the spoilt one comes up in the call after the next."""

    def __init__(self) -> None:
        super().__init__()
        self.pool = [KeepsUncheckedConnections(), KeepsUncheckedConnections()]

    def exchange(self, call: Call) -> Answer:
        self.pool.reverse()
        return self.pool[0].exchange(call)
