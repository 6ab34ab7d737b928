"""Quirky clients: connections of HTTP/2."""

from __future__ import annotations

import threading
import time

import h2.connection

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer
from tests.sample_clients.bases.shared_http2 import Link, SharesHttp2
from tests.sample_clients.registry import quirky

TESTS = (
    "test_retry_after_goaway",
    "test_calls_after_goaway",
    "test_concurrent_streams",
    "test_empty_window",
    "test_connection_lost",
    "test_ping",
    "test_goaway_on_used_connection",
)


@quirky(shown_by=TESTS)
class KeepsOneConnection(SharesHttp2):
    """All calls share a connection, and wait for a stream."""


@quirky(shown_by=TESTS)
class MakesOneCallAtATime(SharesHttp2):
    """A kept connection that has one stream at a time, whatever the service allows."""

    def __init__(self) -> None:
        super().__init__()
        self.turn = threading.Lock()

    def try_once(self, call: Call) -> Answer:
        with self.turn:
            return super().try_once(call)


@quirky(shown_by=TESTS)
class EndsKeptRequestsWithEmptyData(SharesHttp2):
    """Empty DATA with END_STREAM needs no window."""

    def send(self, link: h2.connection.H2Connection, stream: int, call: Call) -> None:
        link.send_headers(stream, [*self.pseudo(call), *self.fields(call), ("content-length", "0")])
        link.send_data(stream, b"", end_stream=True)


@quirky(shown_by=TESTS)
class NoticesALostConnectionLate(SharesHttp2):
    """The calls of a lost connection end, but not at once."""

    def lose(self, link: Link) -> None:
        time.sleep(0.2)
        super().lose(link)
