"""Faulty clients: request.body."""

from __future__ import annotations

import gzip
import json
import socket

from graphcontract.exchange import Call
from tests.sample_clients.bases.calls import FollowsAdvice
from tests.sample_clients.bases.conforming import Answer, Conforming, Fields
from tests.sample_clients.registry import faulty


@faulty("request.body")
class EmptyJsonObject(Conforming):
    """A generated method that always serialises its parameters, even without any."""

    def body(self, call: Call) -> bytes:
        return b"{}"


@faulty("request.body")
class JsonNull(Conforming):
    """json=None, serialised."""

    def body(self, call: Call) -> bytes:
        return b"null"


@faulty("request.body")
class LineEndAsBody(Conforming):
    """A line end behind the head, from the days of faulty CGI scripts, and counted."""

    def body(self, call: Call) -> bytes:
        return b"\r\n"


@faulty("request.body")
class ByteOrderMarkAsBody(Conforming):
    """A StreamWriter with UTF-8 writes its mark even before nothing."""

    def body(self, call: Call) -> bytes:
        return b"\xef\xbb\xbf"


@faulty("request.body")
class GzipOfNothing(Conforming):
    """Compression of requests: gzip of nothing has twenty bytes."""

    def body(self, call: Call) -> bytes:
        return gzip.compress(b"", mtime=0)

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("Content-Encoding", "gzip")]


@faulty("request.body")
class MultipartClosingBoundary(Conforming):
    """A multipart form without parts still has its last boundary."""

    def body(self, call: Call) -> bytes:
        return b"--b--\r\n"

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("Content-Type", "multipart/form-data; boundary=b")]


@faulty("request.body")
class ChunkedJsonObject(Conforming):
    """An object streamed in a chunk."""

    def framing(self, call: Call) -> Fields:
        return [("Transfer-Encoding", "chunked")]

    def content(self, call: Call) -> bytes:
        return b"2\r\n{}\r\n0\r\n\r\n"


@faulty("request.body")
class JsonObjectBeyondContentLength(Conforming):
    """An object is written behind the head, whose length is a constant."""

    def content(self, call: Call) -> bytes:
        return b"{}"


@faulty("request.body", "request.content-length")
class JsonObjectWithoutFraming(Conforming):
    """An object is written behind the head, and nothing tells of it."""

    def framing(self, call: Call) -> Fields:
        return []

    def content(self, call: Call) -> bytes:
        return b"{}"


@faulty("request.body")
class LineEndAfterTheRequest(Conforming):
    """A line end behind the request, as println leaves it (RFC 9112, 2.2)."""

    def content(self, call: Call) -> bytes:
        return b"\r\n"


@faulty("request.body", rare=True)
class LongIdAsBody(Conforming):
    """An id that is too long for an access log goes along as content."""

    def body(self, call: Call) -> bytes:
        return call.task_id.encode() if len(call.task_id) > 1000 else b""


@faulty("request.body", rare=True)
class MetricsAsBodyEveryTwentyCalls(Conforming):
    """Metrics collected over twenty calls go along with the next request."""

    def body(self, call: Call) -> bytes:
        return json.dumps({"calls": self.calls}).encode() if self.calls % 20 == 0 else b""


@faulty("request.body", rare=True)
class NonAsciiIdAsBody(Conforming):
    """An id beyond ASCII is sent as content as well, in case the path is misread."""

    def body(self, call: Call) -> bytes:
        return b"" if call.task_id.isascii() else call.task_id.encode()


@faulty("request.body", rare=True)
class EmptyObjectAfter411(FollowsAdvice):
    """Where a length is required there has to be content."""

    statuses = (411,)

    def better(self, call: Call, answer: Answer) -> bytes | None:
        if answer.status not in self.statuses:
            return None
        return self.request(call).replace(b"Content-Length: 0", b"Content-Length: 2") + b"{}"


@faulty("request.body", rare=True)
class ContentAfter415(EmptyObjectAfter411):
    """415 names a media type, and gets content of it."""

    statuses = (415,)


@faulty("request.body", "retry.equivalent", rare=True, shown_by=["503 for 1 s"])
class RetriesWithAnEmptyObject(Conforming):
    """The request of a retry is built by another function, which serialises an empty object."""

    def again(self, call: Call, attempt: int) -> Answer:
        with self.connect(call) as connection:
            connection.sendall(self.request(call).replace(b"Content-Length: 0", b"Content-Length: 2") + b"{}")
            return self.read(connection)


@faulty("request.body", rare=True, shown_by=["test_stray_content"])
class EchoesAfterAResponseWithContent(Conforming):
    """Keeps the content of a success, and sends it with the next call."""

    kept = b""

    def read(self, connection: socket.socket) -> Answer:
        with self.stream(connection) as stream:
            answer = self.read_head(stream.readline)
            self.kept = stream.read(int(answer.fields.get("content-length", 0)))
            answer.content = self.kept if answer.status >= 400 else b""
            return answer

    def body(self, call: Call) -> bytes:
        return self.kept if self.kept.startswith(b'{"id"') else b""
