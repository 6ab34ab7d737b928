"""Faulty clients: http2.refused-stream."""

from __future__ import annotations

import threading

import h2.events

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer, BadAnswer
from tests.sample_clients.bases.http2 import Heard, NotProcessed, OverHttp2
from tests.sample_clients.faulty.over_http2.frames import OpensTwoStreamsAtOnce
from tests.sample_clients.registry import faulty


@faulty("http2.refused-stream")
class TakesAResetForTheEnd(OverHttp2):
    """Any end of the stream is the end of a response, and without a status it was 204."""

    def hear_reset(self, event: h2.events.StreamReset, heard: Heard) -> None:
        heard.answer, heard.ended = heard.answer or Answer(204, {}, b""), True


@faulty("http2.refused-stream")
class LetsTheLibrarysErrorOut(OverHttp2):
    """A reset stream raises what no caller expects."""

    def hear_reset(self, event: h2.events.StreamReset, heard: Heard) -> None:
        raise KeyError(event.stream_id)


@faulty("http2.refused-stream")
class RepeatsRefusedRequestsOften(OverHttp2):
    """What was not processed may be repeated, and so it is."""

    unprocessed_retries = 15


@faulty("http2.refused-stream")
class ForgetsTheCallerOfARefusedStream(OverHttp2):
    """The stream is removed from the table of streams, and its caller waits for one that is not there."""

    def hear_reset(self, event: h2.events.StreamReset, heard: Heard) -> None:
        threading.Event().wait(60)


@faulty("http2.refused-stream")
class ReportsTheRefusalOfARepeatedRequest(OverHttp2):
    """The request is repeated, but the caller's promise was rejected before."""

    def exchange(self, call: Call) -> Answer:
        try:
            return self.try_once(call)
        except NotProcessed as error:
            super().exchange(call)
            raise BadAnswer("REFUSED_STREAM") from error


@faulty("http2.refused-stream")
class RepeatsWithTheSumOfTwoLimits(OverHttp2):
    """The stream layer repeats four times, and the retry handler above it repeats all of that four times."""

    unprocessed_retries = 3

    def exchange(self, call: Call) -> Answer:
        for _ in range(3):
            try:
                return super().exchange(call)
            except BadAnswer:
                continue
        return super().exchange(call)


@faulty("http2.refused-stream")
class RepeatsTwiceAtOnce(OverHttp2):
    """A refused request is repeated on two streams at the same time, to be sure."""

    def try_once(self, call: Call) -> Answer:
        try:
            return super().try_once(call)
        except NotProcessed:
            return OpensTwoStreamsAtOnce().try_once(call)
