"""Quirky clients: HTTP/2."""

from __future__ import annotations

import h2.connection

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Fields
from tests.sample_clients.bases.http2 import OverHttp2
from tests.sample_clients.registry import quirky

TESTS = ("test_successful_response", "test_refused_stream", "test_goaway", "test_goaway_on_used_connection")


@quirky(shown_by=TESTS)
class NeverRepeatsWhatWasNotProcessed(OverHttp2):
    """A refused request is a failure, as it may be."""

    unprocessed_retries = 0


@quirky(shown_by=TESTS)
class RepeatsWhatWasNotProcessedThreeTimes(OverHttp2):
    """As many retries as after throttling."""

    unprocessed_retries = 3


@quirky(shown_by=TESTS)
class AcceptsTrailers(OverHttp2):
    """TE with the one value that HTTP/2 allows, and a priority."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("te", "trailers"), ("priority", "u=1")]


@quirky(shown_by=TESTS)
class EndsItsRequestWithEmptyData(OverHttp2):
    """content-length: 0, HEADERS without END_STREAM, and an empty DATA frame, as httpx sends."""

    def send(self, link: h2.connection.H2Connection, stream: int, call: Call) -> None:
        link.send_headers(stream, [*self.pseudo(call), *self.fields(call), ("content-length", "0")])
        link.send_data(stream, b"", end_stream=True)


@quirky(shown_by=TESTS)
class SaysGoodbyeAtOnce(OverHttp2):
    """A connection is for one request, so that GOAWAY, which is for the other direction, follows it."""

    def after_request(self) -> bytes:
        return (8).to_bytes(3) + bytes((7, 0)) + bytes(12)
