"""Faulty clients: http2.ping."""

from __future__ import annotations

import h2.connection
import h2.events

from tests.sample_clients.bases.conforming import BadAnswer
from tests.sample_clients.bases.http2 import Heard, OverHttp2, split_frames
from tests.sample_clients.registry import faulty

TESTS = ("test_ping",)
_PING = 6


@faulty("http2.ping", shown_by=TESTS)
class NeverAcknowledgesPing(OverHttp2):
    """PING is read, and nothing is sent."""

    def reply(self, data: bytes) -> bytes:
        return b"".join(frame for frame in split_frames(data)[0] if frame[3] != _PING)


@faulty("http2.ping", shown_by=TESTS)
class AcknowledgesWithoutThePayload(OverHttp2):
    """The acknowledgement has eight zeros."""

    def reply(self, data: bytes) -> bytes:
        frames = split_frames(data)[0]
        return b"".join(frame[:9] + bytes(8) if frame[3] == _PING else frame for frame in frames)


@faulty("http2.ping", shown_by=TESTS)
class TakesPingForAnError(OverHttp2):
    """Only frames of its stream are expected."""

    def hear(
        self, link: h2.connection.H2Connection, event: h2.events.Event, stream: int, heard: Heard
    ) -> None:
        if isinstance(event, h2.events.PingReceived):
            raise BadAnswer("a frame of another stream")
        super().hear(link, event, stream, heard)
