"""Faulty clients: http2.concurrent-calls."""

from __future__ import annotations

from tests.sample_clients.bases.conforming import BadAnswer
from tests.sample_clients.bases.shared_http2 import Link, SharesHttp2
from tests.sample_clients.registry import faulty

TESTS = ("test_concurrent_streams",)


@faulty("http2.concurrent-calls", shown_by=TESTS)
class FailsAboveTheLimit(SharesHttp2):
    """The library's error for too many streams is an error of the call."""

    def may_open(self, link: Link) -> bool:
        return True


@faulty("http2.concurrent-calls", shown_by=TESTS)
class DoesNotWaitForAStream(SharesHttp2):
    """The client counts its streams, and reports a failure when all are in use."""

    def may_open(self, link: Link) -> bool:
        if not super().may_open(link):
            raise BadAnswer("too many concurrent streams")
        return True
