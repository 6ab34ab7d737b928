"""Faulty clients: http2.goaway-later."""

from __future__ import annotations

from tests.sample_clients.bases.shared_http2 import Link, SharesHttp2
from tests.sample_clients.registry import faulty

TESTS = ("test_retry_after_goaway", "test_calls_after_goaway")


@faulty("http2.goaway-later", shown_by=TESTS)
class IgnoresGoawayBetweenCalls(SharesHttp2):
    """GOAWAY is only looked at for the streams that are open."""

    def hear_end(self, link: Link, last_stream: int) -> None:
        super().hear_end(link, last_stream)
        link.usable = True


@faulty("http2.goaway-later", shown_by=TESTS)
class KeepsTheEndedConnection(SharesHttp2):
    """No stream is opened after GOAWAY, but the pool offers the connection again and again."""

    unprocessed_retries = 0

    def is_usable(self, link: Link) -> bool:
        return not link.over


@faulty("http2.goaway-later", shown_by=TESTS)
class FailsToForgetItsConnection(SharesHttp2):
    """A connection with GOAWAY is removed under a name that it was not kept by."""

    def is_usable(self, link: Link) -> bool:
        if not link.usable:
            del self.links[str(link.connection.fileno())]
        return super().is_usable(link)
