"""Quirky clients: what they send beside a request over HTTP/2, and what they make of its events."""

from __future__ import annotations

import h2.connection
import h2.events
import h2.exceptions

from tests.sample_clients.bases.conforming import Answer, BadAnswer
from tests.sample_clients.bases.http2 import Heard, OverHttp2
from tests.sample_clients.registry import quirky

TESTS = (
    "test_successful_response",
    "test_reset_after_response",
    "test_reset_before_end",
    "test_malformed_response",
    "test_ping",
    "test_unknown_extensions",
    "test_content_length_without_content",
)


@quirky(shown_by=TESTS)
class PingsTheServiceToo(OverHttp2):
    """A PING follows the request."""

    def after_request(self) -> bytes:
        return (8).to_bytes(3) + bytes((6, 0)) + bytes(4) + b"hello567"


@quirky(shown_by=TESTS)
class SendsUnknownFrames(OverHttp2):
    """A frame of a type that nobody knows, so that services learn to ignore it."""

    def after_request(self) -> bytes:
        return (3).to_bytes(3) + bytes((0xFA, 0)) + bytes(4) + b"any"


@quirky(shown_by=TESTS)
class AcknowledgesMoreThanItGot(OverHttp2):
    """An acknowledgement of a PING that never came follows each reply."""

    def reply(self, data: bytes) -> bytes:
        return data + (8).to_bytes(3) + bytes((6, 1)) + bytes(12) if data else data


@quirky(shown_by=TESTS)
class ExplainsWhatWentWrong(OverHttp2):
    """Errors of the protocol have texts of their own."""

    def hear_reset(self, event: h2.events.StreamReset, heard: Heard) -> None:
        raise BadAnswer(f"RST_STREAM with error {int(event.error_code or 0)}")

    def broken(self, error: h2.exceptions.ProtocolError) -> Answer:
        raise BadAnswer(f"the service violates HTTP/2: {error}") from error


@quirky(shown_by=TESTS)
class TakesTheHeaderOfA204ForAllOfIt(OverHttp2):
    """A 204 ends with its header, whatever becomes of its stream."""

    def hear(
        self, link: h2.connection.H2Connection, event: h2.events.Event, stream: int, heard: Heard
    ) -> None:
        super().hear(link, event, stream, heard)
        heard.ended = heard.ended or (heard.answer is not None and heard.answer.status == 204)
