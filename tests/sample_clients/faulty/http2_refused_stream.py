"""Faulty clients: http2.refused-stream."""

from __future__ import annotations

import h2.events

from tests.sample_clients.bases.conforming import Answer
from tests.sample_clients.bases.http2 import Heard, OverHttp2
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
