"""Faulty clients: http2.concurrent-streams."""

from __future__ import annotations

from tests.sample_clients.bases.shared_http2 import Link, SharesHttp2
from tests.sample_clients.registry import faulty

TESTS = ("test_concurrent_streams",)
_SETTINGS, _LIMIT = 4, b"\x00\x03"


@faulty("http2.concurrent-streams", shown_by=TESTS)
class AcknowledgesTheLimitOnly(SharesHttp2):
    """SETTINGS that lower the limit are acknowledged, and the limit stays what it was."""

    def admit(self, frame: bytes) -> bytes:
        if frame[3] == _SETTINGS and frame[9:11] == _LIMIT and len(frame) == 15:
            return frame[:11] + (100).to_bytes(4)
        return frame


@faulty("http2.concurrent-streams", shown_by=TESTS)
class CrashesAboveTheLimit(SharesHttp2):
    """The limit is checked by an assertion."""

    def may_open(self, link: Link) -> bool:
        assert super().may_open(link), "no stream is left"
        return True
