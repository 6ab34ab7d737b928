"""Faulty clients: http2.goaway-response."""

from __future__ import annotations

from tests.sample_clients.bases.conforming import BadAnswer
from tests.sample_clients.bases.http2 import NotProcessed, OverHttp2
from tests.sample_clients.registry import faulty


@faulty("http2.goaway-response")
class FailsAtAnyGoaway(OverHttp2):
    """httpcore 1.0.9 takes each GOAWAY for an error, whatever its last stream."""

    def hear_goaway(self, last_stream: int, stream: int) -> None:
        raise BadAnswer("GOAWAY")


@faulty("http2.goaway-response", shown_by=["test_goaway"])
class RepeatsAfterAnyGoaway(OverHttp2):
    """The last stream is not looked at: GOAWAY is a reason to repeat."""

    def hear_goaway(self, last_stream: int, stream: int) -> None:
        raise NotProcessed("GOAWAY")


@faulty("http2.goaway-response")
class RepeatsTheLastStreamToo(OverHttp2):
    """Off by one: the last stream is compared with `<=`."""

    def hear_goaway(self, last_stream: int, stream: int) -> None:
        if last_stream <= stream:
            raise NotProcessed("GOAWAY")


@faulty("http2.goaway-response", shown_by=["test_notice_of_goaway"])
class TakesTheNoticeForARefusal(OverHttp2):
    """GOAWAY with the highest stream is known as a notice, and the request moves to another connection."""

    def hear_goaway(self, last_stream: int, stream: int) -> None:
        if last_stream == 2**31 - 1:
            raise NotProcessed("the service is about to end")
        super().hear_goaway(last_stream, stream)


@faulty("http2.goaway-response", shown_by=["test_notice_of_goaway"])
class ReadsTheLastStreamAsSigned(OverHttp2):
    """The number of the last stream is shifted left once too often, so that the highest one is negative."""

    def hear_goaway(self, last_stream: int, stream: int) -> None:
        shifted = last_stream << 1
        super().hear_goaway(shifted - 2**32 if shifted >= 2**31 else last_stream, stream)
