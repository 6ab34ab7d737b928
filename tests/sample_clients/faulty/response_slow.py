"""Faulty clients: response.slow."""

from __future__ import annotations

import io
import socket
import ssl
from dataclasses import replace

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer, BadAnswer, Conforming
from tests.sample_clients.bases.following import Following
from tests.sample_clients.bases.kept_connection import DONE
from tests.sample_clients.registry import faulty

SLOW = ["test_slow_response"]


@faulty("response.slow", shown_by=["after a third of the timeout"])
class FixedTimeoutOfTwoSeconds(Conforming):
    """The timeout of the call is the deadline of its retries; sockets have one of their own."""

    def connect(self, call: Call) -> socket.socket:
        return super().connect(replace(call, timeout=min(2.0, call.timeout)))


@faulty("response.slow", shown_by=["after a third of the timeout"])
class TimeoutDividedByAttempts(Conforming):
    """Each of four attempts gets a quarter of the timeout, and a timeout is not retried."""

    def connect(self, call: Call) -> socket.socket:
        return super().connect(replace(call, timeout=call.timeout / (self.retries + 1)))


class ReadsSegments(Conforming):
    """Base class: what a client does with the segments of a response as they come."""

    def segments(self, connection: socket.socket) -> bytes:
        raise NotImplementedError

    def read(self, connection: socket.socket) -> Answer:
        stream = io.BytesIO(self.segments(connection))
        answer = self.read_head(stream.readline)
        if answer.status not in (204, 304):
            answer.content = self.read_content(answer, stream.read, stream.readline)
        return answer


@faulty("response.slow", shown_by=SLOW)
class OneReadForTheResponse(ReadsSegments):
    """`response = sock.recv(65536)`: what comes at once is the response."""

    def segments(self, connection: socket.socket) -> bytes:
        return connection.recv(1 << 16)


@faulty("response.slow", shown_by=SLOW)
class ContentOfTheLastHeadSegment(ReadsSegments):
    """Reads until the empty line; what has come behind it by then is the content."""

    def segments(self, connection: socket.socket) -> bytes:
        data = b""
        while b"\r\n\r\n" not in data and (more := connection.recv(1 << 16)):
            data += more
        return data


@faulty("response.slow", shown_by=["cut in a line end", "error cut in a line end"])
class LinesOfEachSegment(ReadsSegments):
    """`for line in chunk.splitlines()`: a line ends with its segment."""

    def segments(self, connection: socket.socket) -> bytes:
        lines: list[bytes] = []
        while more := connection.recv(1 << 16):
            lines += more.splitlines()
            if b"" in lines and (not lines[-1] or lines[-1].endswith(b"}")):
                break
        return b"\r\n".join([*lines, b""])


@faulty("response.slow", shown_by=SLOW)
class FirstSegmentAsStatus(Conforming):
    """Anything that does not contain an error status is a success; the status may still be on the way."""

    def read(self, connection: socket.socket) -> Answer:
        first = connection.recv(1 << 16, socket.MSG_PEEK)
        return super().read(connection) if b"\n" in first else DONE


@faulty("response.slow", shown_by=SLOW)
class ReadsContentWithoutWaiting(Conforming):
    """The socket is set to non-blocking for the content, and BlockingIOError is not an error of HTTP."""

    def read(self, connection: socket.socket) -> Answer:
        data = b""
        while b"\r\n\r\n" not in data and (more := connection.recv(1)):
            data += more
        lines = io.BytesIO(data)
        answer = self.read_head(lines.readline)
        length = int(answer.fields.get("content-length", "0"))
        if length and answer.status != 204:
            connection.setblocking(False)
            try:
                answer.content = self.decode(answer, connection.recv(length))
            except (BlockingIOError, ssl.SSLWantReadError) as error:
                raise RuntimeError("would block") from error
        return answer


@faulty("response.slow", shown_by=["redirect with late content"])
class FollowsOnTheUnreadConnection(Following):
    """A redirect is followed on its connection. What has come of its content is thrown away, and the rest
    begins the next response.
    """

    def exchange(self, call: Call) -> Answer:
        with self.connect(call) as connection:
            connection.sendall(self.request(call))
            answer = self.read_head(io.BytesIO(connection.recv(1 << 16)).readline)
            if self.follows(answer):
                connection.sendall(self.head(call).replace(b"/cancel HTTP", b"/cancel?step=1 HTTP"))
                answer = self.read(connection)
            return answer


@faulty("response.slow", shown_by=["byte by byte", "cut in the fields"])
class GivesUpOnByteByByte(ReadsSegments):
    """A limit on the number of reads, as of a server against slow clients."""

    def segments(self, connection: socket.socket) -> bytes:
        data = b""
        for _ in range(16):
            more = connection.recv(1 << 16)
            data += more
            head, end, content = data.partition(b"\r\n\r\n")
            if not more or (end and (b" 204 " in head or content.endswith((b"}}", b"0\r\n\r\n")))):
                return data
        raise BadAnswer("too many reads")
