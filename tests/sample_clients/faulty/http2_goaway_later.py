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


class _AfterNotice(SharesHttp2):
    """Base class: GOAWAY with the highest stream does not end the connection for new streams."""

    def hear_end(self, link: Link, last_stream: int) -> None:
        if last_stream < 2**31 - 1:
            super().hear_end(link, last_stream)


@faulty("http2.goaway-later", shown_by=["test_calls_after_notice_of_goaway"])
class WaitsForTheSecondGoaway(_AfterNotice):
    """The notice says that another GOAWAY follows, which decides."""


@faulty("http2.goaway-later", shown_by=["test_calls_after_notice_of_goaway"])
class OpensStreamsUpToTheLast(SharesHttp2):
    """A new stream is allowed as long as its number is not above that of the last stream."""

    def hear_end(self, link: Link, last_stream: int) -> None:
        super().hear_end(link, last_stream)
        link.usable = link.next <= last_stream
