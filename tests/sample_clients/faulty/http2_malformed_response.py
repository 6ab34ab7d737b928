"""Faulty clients: http2.malformed-response."""

from __future__ import annotations

import h2.exceptions

from tests.sample_clients.bases.conforming import Answer
from tests.sample_clients.bases.http2 import OverHttp2
from tests.sample_clients.registry import faulty

TESTS = ("test_malformed_response",)


@faulty("http2.malformed-response", shown_by=TESTS)
class LetsProtocolErrorsOut(OverHttp2):
    """The library's error is not one that callers expect."""

    def broken(self, error: h2.exceptions.ProtocolError) -> Answer:
        raise error


@faulty("http2.malformed-response", shown_by=TESTS)
class ReadsTheStatusOfNoResponse(OverHttp2):
    """The status of the last response is looked up where nothing came."""

    def broken(self, error: h2.exceptions.ProtocolError) -> Answer:
        return list[Answer]()[-1]
