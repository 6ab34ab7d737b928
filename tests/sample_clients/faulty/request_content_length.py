"""Faulty clients: request.content-length."""

from __future__ import annotations

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Conforming, Fields
from tests.sample_clients.registry import faulty


@faulty("request.content-length")
class NoContentLengthWithoutContent(Conforming):
    """http.client's putrequest, Go's client with a body of unknown kind: no content, no length."""

    def framing(self, call: Call) -> Fields:
        return []


@faulty("request.content-length")
class EmptyChunkedBody(Conforming):
    """An empty stream or generator as content: chunked, and over at once."""

    def framing(self, call: Call) -> Fields:
        return [("Transfer-Encoding", "chunked")]

    def content(self, call: Call) -> bytes:
        return b"0\r\n\r\n"


@faulty("request.content-length")
class ContentLengthUnderAnotherName(Conforming):
    """A field of the library's own in place of the standard one."""

    def framing(self, call: Call) -> Fields:
        return [("X-Content-Length", "0")]


@faulty("request.content-length", rare=True)
class ContentLengthMissingLater(Conforming):
    """Default fields are cleared when a session is renewed, the length with them."""

    def framing(self, call: Call) -> Fields:
        return super().framing(call) if self.calls % 25 else []


@faulty("request.content-length", rare=True)
class ChunkedForLargeHeads(Conforming):
    """A writer that goes over to chunks when its first buffer of 8 KiB is full, be it with the head."""

    def framing(self, call: Call) -> Fields:
        return [("Transfer-Encoding", "chunked")] if len(call.token) > 8000 else super().framing(call)

    def content(self, call: Call) -> bytes:
        return b"0\r\n\r\n" if len(call.token) > 8000 else b""
