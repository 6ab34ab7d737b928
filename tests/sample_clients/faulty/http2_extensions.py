"""Faulty clients: http2.extensions."""

from __future__ import annotations

import h2.connection
import h2.events
import h2.settings

from tests.sample_clients.bases.conforming import BadAnswer
from tests.sample_clients.bases.http2 import Heard, OverHttp2
from tests.sample_clients.registry import faulty

TESTS = ("test_unknown_extensions",)


@faulty("http2.extensions", shown_by=TESTS)
class RejectsUnknownFrames(OverHttp2):
    """What it does not know is an error of the connection."""

    def hear(
        self, link: h2.connection.H2Connection, event: h2.events.Event, stream: int, heard: Heard
    ) -> None:
        if isinstance(event, h2.events.UnknownFrameReceived):
            raise BadAnswer("unknown frame")
        super().hear(link, event, stream, heard)


@faulty("http2.extensions", shown_by=TESTS)
class LooksUpEachSetting(OverHttp2):
    """Every setting has a member of its own."""

    def hear(
        self, link: h2.connection.H2Connection, event: h2.events.Event, stream: int, heard: Heard
    ) -> None:
        if isinstance(event, h2.events.RemoteSettingsChanged):
            for each in event.changed_settings:
                h2.settings.SettingCodes(each)
        super().hear(link, event, stream, heard)
