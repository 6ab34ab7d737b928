"""Faulty clients: http2.response."""

from __future__ import annotations

import h2.connection
import h2.events

from tests.sample_clients.bases.conforming import Answer, BadAnswer
from tests.sample_clients.bases.http2 import Heard, OverHttp2
from tests.sample_clients.registry import faulty


@faulty("http2.response")
class ExpectsNoDataAfterNoContent(OverHttp2):
    """204 has no content, so that DATA after it is an error, even if it is empty."""

    def hear(
        self, link: h2.connection.H2Connection, event: h2.events.Event, stream: int, heard: Heard
    ) -> None:
        if isinstance(event, h2.events.DataReceived) and heard.answer and heard.answer.status == 204:
            raise BadAnswer("content after 204")
        super().hear(link, event, stream, heard)


@faulty("http2.response")
class CrashesOnTrailers(OverHttp2):
    """A second header on one stream was not thought of."""

    def hear(
        self, link: h2.connection.H2Connection, event: h2.events.Event, stream: int, heard: Heard
    ) -> None:
        if isinstance(event, h2.events.TrailersReceived):
            raise AssertionError("two headers")
        super().hear(link, event, stream, heard)


@faulty("http2.response")
class TakesTheInterimForFinal(OverHttp2):
    """The first header is the response."""

    def hear(
        self, link: h2.connection.H2Connection, event: h2.events.Event, stream: int, heard: Heard
    ) -> None:
        if isinstance(event, h2.events.InformationalResponseReceived):
            heard.answer, heard.ended = Answer(103, {}, b""), True
        elif heard.answer is None or heard.answer.status != 103:
            super().hear(link, event, stream, heard)
