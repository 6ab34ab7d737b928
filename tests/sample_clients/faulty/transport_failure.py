"""Faulty clients: transport.failure."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer, BadAnswer, Conforming
from tests.sample_clients.bases.kept_connection import DONE, KeptConnection, Line
from tests.sample_clients.registry import faulty


@faulty("transport.failure")
class SendErrorsAsSuccess(Conforming):
    """`except OSError: pass`, since it was sent, and the connection often ends early."""

    def persist(self, call: Call) -> Answer:
        try:
            return super().persist(call)
        except ConnectionError:
            return DONE


class ReadsTheFirstLine(Conforming):
    """Base class: something that they see in the first line."""

    def believes(self, first: bytes) -> bool:
        raise NotImplementedError

    def read_head(self, line: Callable[[], bytes]) -> Answer:
        first = line()
        if self.believes(first):
            return DONE
        lines = [first]
        return super().read_head(lambda: lines.pop() if lines else line())


@faulty("transport.failure")
class EmptyResponseAsSuccess(ReadsTheFirstLine):
    """An empty answer is what a 204 looks like to whoever reads contents."""

    def believes(self, first: bytes) -> bool:
        return not first


@faulty("transport.failure", rare=True)
class PartialStatusAsSuccess(ReadsTheFirstLine):
    """`status.startswith("2")`, of a status that was cut after it."""

    def believes(self, first: bytes) -> bool:
        return first.startswith(b"HTTP/1.1 2") and not first.endswith(b"\n")


@faulty("transport.failure", rare=True)
class AnySecondWordAsStatus(ReadsTheFirstLine):
    """The status is the second word of the first line, whatever the first word is."""

    def believes(self, first: bytes) -> bool:
        return first.split(b" ")[1:2] == [b"204"] and not first.startswith(b"HTTP/")


@faulty("transport.failure")
class CrashesOnReset(Conforming):
    """ConnectionResetError is not an error of the HTTP library, and is not translated."""

    def persist(self, call: Call) -> Answer:
        try:
            return super().persist(call)
        except ConnectionResetError as error:
            raise RuntimeError("reset by peer") from error


@faulty("transport.failure", rare=True)
class CrashesOnRefusedConnection(Conforming):
    """What fails before there is a connection fails outside of the block that translates."""

    def persist(self, call: Call) -> Answer:
        try:
            return super().persist(call)
        except ConnectionRefusedError as error:
            raise RuntimeError("connection refused") from error


@faulty("transport.failure")
class CrashesOnAGarbledStatusLine(ReadsTheFirstLine):
    """`version, status, phrase = line.split(None, 2)` of a line that is none of HTTP."""

    def believes(self, first: bytes) -> bool:
        _version, _status, _phrase = first.split(None, 2)
        return False


@faulty("transport.failure", rare=True)
class CrashesOnIncompleteContent(Conforming):
    """IncompleteRead comes out of reading the content, after the call is thought to be done."""

    def read_content(self, answer: Answer, read: Callable[[int], bytes], line: Callable[[], bytes]) -> bytes:
        content = super().read_content(answer, read, line)
        if len(content) < int(answer.fields.get("content-length", "0")):
            raise EOFError("IncompleteRead")
        return content


@faulty("transport.failure", rare=True)
class CrashesOnAMissingChunk(Conforming):
    """`int(line, 16)` of a line that never came."""

    def chunk_size(self, line: bytes) -> int:
        return int(line.split(b";")[0], 16)


@faulty("transport.failure")
class ClosedAfterATransportError(Conforming):
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


@faulty("transport.failure", rare=True)
class CircuitBreakerAfterOneError(Conforming):
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


@faulty("transport.failure")
class PreviousErrorRaisedAgain(Conforming):
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


@faulty("transport.failure")
class ReusesTheDeadConnection(KeptConnection):
    """A connection a host is made once, and is there for every call, whatever became of it."""

    def exchange(self, call: Call) -> Answer:
        host = urlsplit(call.base_url or "").netloc
        if host not in self.lines:
            self.lines[host] = Line(self.connect(call))
        return self.over(self.lines[host], call)


@faulty("transport.failure", rare=True)
class ReusesAClosedIdleConnection(KeptConnection):
    """A kept connection is used without a look whether the server has ended it meanwhile."""

    def in_order(self, line: Line) -> bool:
        return True


@faulty("transport.failure", rare=True)
class KeepsThePartialResponse(Conforming):
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


class ReadsTheStatusByItself(Conforming):
    """Base class: its own way from the status line to the status."""

    def status_of(self, line: bytes) -> bytes:
        """The status line that is read in place of the line that came."""
        raise NotImplementedError

    def read_head(self, line: Callable[[], bytes]) -> Answer:
        lines = iter([self.status_of(line())])
        return super().read_head(lambda: next(lines, None) or line())


@faulty("transport.failure", rare=True)
class ReadsThreeDigitsOfTheStatus(ReadsTheStatusByItself):
    """A status has three digits; what follows is the phrase."""

    def status_of(self, line: bytes) -> bytes:
        version, _, rest = line.partition(b" ")
        return version + b" " + rest[:3] + b" \r\n"


@faulty("transport.failure", rare=True)
class ReadsTheStatusOfAnyProtocol(ReadsTheStatusByItself):
    """The second word of the first line is the status, whatever protocol the first one names."""

    def status_of(self, line: bytes) -> bytes:
        return line.replace(b"SIP/2.0", b"HTTP/1.1")


@faulty("transport.failure", rare=True)
class SwitchingProtocolsAsSuccess(Conforming):
    """Nothing follows 101, so that it is the last response, and below 400."""

    def read_head(self, line: Callable[[], bytes]) -> Answer:
        answer = super().read_head(line)
        return DONE if answer.status == 101 else answer


@faulty("transport.failure", rare=True)
class CrashesOnALengthThatIsNotANumber(Conforming):
    """`int()` of the length, outside of what is guarded."""

    def read_head(self, line: Callable[[], bytes]) -> Answer:
        answer = super().read_head(line)
        int(answer.fields.get("content-length", "0"))
        return answer


@faulty("transport.failure", rare=True)
class CrashesOnAFieldWithoutColon(Conforming):
    """`name, value = line.split(":", 1)`."""

    def read_head(self, line: Callable[[], bytes]) -> Answer:
        lines = [b"HTTP:"]

        def checked() -> bytes:
            if lines[-1].strip():
                _name, _value = lines[-1].split(b":", 1) if len(lines) != 2 else (b"", b"")
            lines.append(line())
            return lines[-1]

        return super().read_head(checked)


@faulty("transport.failure", rare=True)
class WaitsForANegativeLength(Conforming):
    """A length below zero is read as "up to the end", of a buffer that has no end."""

    def number(self, digits: str | bytes, base: int) -> int:
        if digits in ("-1", b"-2"):
            raise MemoryError("a buffer of less than nothing")
        return super().number(digits, base)


@faulty("transport.failure", rare=True, shown_by=["test_broken_connection"])
class CrashesOnAFoldedField(Conforming):
    """A line that begins with a space has no name, and was never seen."""

    def read_head(self, line: Callable[[], bytes]) -> Answer:
        def named() -> bytes:
            each = line()
            if each[:1] in (b" ", b"\t"):
                raise KeyError("")
            return each

        return super().read_head(named)
