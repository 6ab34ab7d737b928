"""Faulty clients: http2.settings."""

from __future__ import annotations

import h2.connection

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer
from tests.sample_clients.bases.http2 import split_frames
from tests.sample_clients.bases.kept_http2 import Kept, KeptHttp2
from tests.sample_clients.registry import faulty

TESTS = ("test_settings",)
_SETTINGS = 4


@faulty("http2.settings", shown_by=TESTS)
class NeverAcknowledgesSettings(KeptHttp2):
    """SETTINGS are read, and nothing is sent."""

    def reply(self, data: bytes) -> bytes:
        return b"".join(frame for frame in split_frames(data)[0] if frame[3] != _SETTINGS)


@faulty("http2.settings", shown_by=TESTS)
class AcknowledgesSettingsWithItsNextRequest(NeverAcknowledgesSettings):
    """Replies are queued, and only a request writes what is queued."""

    def __init__(self) -> None:
        super().__init__()
        self.queued: dict[h2.connection.H2Connection, bytes] = {}

    def over(self, kept: Kept, call: Call) -> Answer:
        self.thread.link = kept.link
        return super().over(kept, call)

    def reply(self, data: bytes) -> bytes:
        self.queued[self.thread.link] = self.queued.get(self.thread.link, b"") + data
        return b""

    def shape(self, data: bytes, link: h2.connection.H2Connection) -> bytes:
        return self.queued.pop(link, b"") + data
