"""Faulty clients: http2.reset-before-end."""

from __future__ import annotations

import h2.connection
import h2.events

from tests.sample_clients.bases.http2 import Heard, OverHttp2
from tests.sample_clients.registry import faulty

TESTS = ("test_reset_before_end", "test_reset_after_response")


@faulty("http2.reset-before-end", shown_by=TESTS)
class TakesAResetForTheEndOfAResponse(OverHttp2):
    """With a status code, a response is there."""

    def hear_reset(self, event: h2.events.StreamReset, heard: Heard) -> None:
        heard.ended = heard.answer is not None


@faulty("http2.reset-before-end", shown_by=TESTS)
class ReadsTheStatusOnly(OverHttp2):
    """A 2xx is all that the caller wants to know, so that nothing more is read."""

    def hear(
        self, link: h2.connection.H2Connection, event: h2.events.Event, stream: int, heard: Heard
    ) -> None:
        super().hear(link, event, stream, heard)
        heard.ended = heard.ended or (heard.answer is not None and heard.answer.status < 300)


@faulty("http2.reset-before-end", shown_by=TESTS)
class KnowsNoSuchErrorCode(OverHttp2):
    """The text for an error code is taken from a list that is too short."""

    def hear_reset(self, event: h2.events.StreamReset, heard: Heard) -> None:
        ["NO_ERROR", "PROTOCOL_ERROR"][int(event.error_code or 0)]
