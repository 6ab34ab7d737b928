"""Faults of broken and silent connections."""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from graphcontract.exchange import Call
from tests.bank.client import Answer, BadAnswer, Conforming
from tests.bank.faults_kept import KeptConnection, Line
from tests.bank.registry import fault

DONE = Answer(204, {}, b"")


# success that was none


@fault("transport.failure")
class FiresAndForgets(Conforming):
    """`except OSError: pass`, since it was sent, and the connection often ends early."""

    def persist(self, call: Call) -> Answer:
        try:
            return super().persist(call)
        except ConnectionError:
            return DONE


class ReadingFirst(Conforming):
    """What the faults below have in common: something that they see in the first line."""

    def believes(self, first: bytes) -> bool:
        raise NotImplementedError

    def read_head(self, line: Callable[[], bytes]) -> Answer:
        first = line()
        if self.believes(first):
            return DONE
        lines = [first]
        return super().read_head(lambda: lines.pop() if lines else line())


@fault("transport.failure")
class TakesNothingForNoContent(ReadingFirst):
    """An empty answer is what a 204 looks like to whoever reads contents."""

    def believes(self, first: bytes) -> bool:
        return not first


@fault("transport.failure", rare=True)
class ReadsTheFirstDigit(ReadingFirst):
    """`status.startswith("2")`, of a status that was cut after it."""

    def believes(self, first: bytes) -> bool:
        return first.startswith(b"HTTP/1.1 2") and not first.endswith(b"\n")


@fault("transport.failure", rare=True)
class ReadsTheSecondWord(ReadingFirst):
    """The status is the second word of the first line, whatever the first word is."""

    def believes(self, first: bytes) -> bool:
        return first.split(b" ")[1:2] == [b"204"] and not first.startswith(b"HTTP/")


# what it dies of


@fault("transport.failure")
class LetsResetsThrough(Conforming):
    """ConnectionResetError is no error of the HTTP library's, and nobody translates it."""

    def persist(self, call: Call) -> Answer:
        try:
            return super().persist(call)
        except ConnectionResetError as error:
            raise RuntimeError("reset by peer") from error


@fault("transport.failure", rare=True)
class LetsRefusalsThrough(Conforming):
    """What fails before there is a connection fails outside of the block that translates."""

    def persist(self, call: Call) -> Answer:
        try:
            return super().persist(call)
        except ConnectionRefusedError as error:
            raise RuntimeError("connection refused") from error


@fault("transport.failure")
class UnpacksTheFirstLine(ReadingFirst):
    """`version, status, phrase = line.split(None, 2)` of a line that is none of HTTP."""

    def believes(self, first: bytes) -> bool:
        _version, _status, _phrase = first.split(None, 2)
        return False


@fault("transport.failure", rare=True)
class ReadsExactly(Conforming):
    """IncompleteRead comes out of reading the content, after the call is thought to be done."""

    def read_content(self, answer: Answer, read: Callable[[int], bytes], line: Callable[[], bytes]) -> bytes:
        content = super().read_content(answer, read, line)
        if len(content) < int(answer.fields.get("content-length", "0")):
            raise EOFError("IncompleteRead")
        return content


@fault("transport.failure", rare=True)
class ParsesTheSizeOfAChunk(Conforming):
    """`int(line, 16)` of a line that never came."""

    def chunk_size(self, line: bytes) -> int:
        return int(line.split(b";")[0], 16)


# what is left of it


@fault("transport.failure")
class ClosesForGood(Conforming):
    """A flag `closed` is set with any error of transport, and looked at in every call."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = False

    def persist(self, call: Call) -> Answer:
        if self.closed:
            raise ConnectionError("the client is closed")
        try:
            return super().persist(call)
        except (OSError, BadAnswer):
            self.closed = True
            raise


@fault("transport.failure", rare=True)
class OpensTheCircuit(Conforming):
    """A circuit breaker with a threshold of one: a refused connection, and the next calls are not made."""

    def __init__(self) -> None:
        super().__init__()
        self.open_until = 0.0

    def connect(self, call: Call) -> socket.socket:
        if time.monotonic() < self.open_until:
            raise ConnectionError("circuit open")
        try:
            return super().connect(call)
        except ConnectionRefusedError:
            self.open_until = time.monotonic() + 5
            raise


@fault("transport.failure")
class ReportsTheLastError(Conforming):
    """`self.error` is set by a failure, raised at the end of every call, and never cleared."""

    def __init__(self) -> None:
        super().__init__()
        self.error_kept: Exception | None = None

    def persist(self, call: Call) -> Answer:
        try:
            answer = super().persist(call)
        except (OSError, BadAnswer) as error:
            self.error_kept = error
            raise
        if self.error_kept:
            raise self.error_kept
        return answer


@fault("transport.failure")
class KeepsTheDeadConnection(KeptConnection):
    """A connection a host is made once, and is there for every call, whatever became of it."""

    def exchange(self, call: Call) -> Answer:
        host = urlsplit(call.base_url or "").netloc
        if host not in self.lines:
            self.lines[host] = Line(self.connect(call))
        return self.over(self.lines[host], call)


@fault("transport.failure", rare=True)
class TrustsAnIdleConnection(KeptConnection):
    """A kept connection is used without a look whether the server has ended it meanwhile."""

    def in_order(self, line: Line) -> bool:
        return True


@fault("transport.failure", rare=True)
class KeepsWhatWasRead(Conforming):
    """One buffer for the client's life: what half an answer has left in it begins the next one."""

    def __init__(self) -> None:
        super().__init__()
        self.left = b""

    def read_head(self, line: Callable[[], bytes]) -> Answer:
        first, self.left = self.left + line(), b""
        if not first.endswith(b"\n"):
            self.left = first
            raise BadAnswer("the stream has ended")
        lines = [first]
        return super().read_head(lambda: lines.pop() if lines else line())


# silence


@fault("transport.timeout", shown_by=["stalled"])
class HasNoTimeout(Conforming):
    """`timeout=None`, as a library has it that is told nothing."""

    def connect(self, call: Call) -> socket.socket:
        connection = super().connect(call)
        connection.settimeout(3600)
        return connection


@fault("transport.timeout", shown_by=["stalled"])
class TakesMillisecondsForSeconds(Conforming):
    """The timeout is in milliseconds where it comes from, and in seconds where it goes."""

    def connect(self, call: Call) -> socket.socket:
        connection = super().connect(call)
        connection.settimeout(call.timeout * 1000)
        return connection


@fault("transport.timeout", rare=True, shown_by=["dripped"])
class TimesEachRead(Conforming):
    """A timeout for reading: every byte that comes starts it anew."""

    def stream(self, connection: socket.socket) -> io.BufferedReader:
        return connection.makefile("rb")


@fault("transport.timeout", rare=True, shown_by=["stalled", "dripped"])
class TimesItsFirstCall(Conforming):
    """The timeout is an option of the request, and the options are used up by the first of them."""

    def connect(self, call: Call) -> socket.socket:
        connection = super().connect(call)
        if self.calls > 1:
            connection.settimeout(3600)
        return connection


@fault("transport.timeout", shown_by=["stalled"])
class SucceedsWithTime(Conforming):
    """No news for so long is good news: the request was sent."""

    def persist(self, call: Call) -> Answer:
        try:
            return super().persist(call)
        except TimeoutError:
            return DONE


@fault("transport.timeout", shown_by=["stalled"])
class LetsTimeoutsThrough(Conforming):
    """A timeout is another error than the rest, and the client translates the rest."""

    def persist(self, call: Call) -> Answer:
        try:
            return super().persist(call)
        except TimeoutError as error:
            raise RuntimeError("timed out") from error
