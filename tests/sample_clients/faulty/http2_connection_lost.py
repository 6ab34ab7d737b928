"""Faulty clients: http2.connection-lost."""

from __future__ import annotations

from tests.sample_clients.bases.conforming import Answer
from tests.sample_clients.bases.shared_http2 import Link, SharesHttp2
from tests.sample_clients.registry import faulty

TESTS = ("test_connection_lost",)


@faulty("http2.connection-lost", shown_by=TESTS)
class TakesALostConnectionForTheEnd(SharesHttp2):
    """A stream that ends with its connection has ended."""

    def lose(self, link: Link) -> None:
        for stream in link.streams.values():
            if not stream.done:
                stream.answer, stream.ended = Answer(204, {}, b""), True


@faulty("http2.connection-lost", shown_by=TESTS)
class KeepsTheLostConnection(SharesHttp2):
    """Only GOAWAY takes a connection out of the pool, not its loss."""

    unprocessed_retries = 0

    def is_usable(self, link: Link) -> bool:
        return link.usable


@faulty("http2.connection-lost", shown_by=TESTS)
class LetsTheSocketsErrorOut(SharesHttp2):
    """What ends the connection is raised in each call as it is."""

    def lose(self, link: Link) -> None:
        for stream in link.streams.values():
            if not stream.done:
                stream.error = RuntimeError("cannot read from a closed connection")
