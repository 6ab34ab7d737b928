"""Faulty clients: http2.empty-window."""

from __future__ import annotations

import h2.connection
import h2.events
import h2.settings

from tests.sample_clients.bases.conforming import BadAnswer
from tests.sample_clients.bases.http2 import Heard, OverHttp2
from tests.sample_clients.registry import faulty

TESTS = ("test_empty_window",)


def find_window(event: h2.events.Event) -> int | None:
    """The initial window that SETTINGS change, None if they do not."""
    if not isinstance(event, h2.events.RemoteSettingsChanged):
        return None
    changed = event.changed_settings.get(h2.settings.SettingCodes.INITIAL_WINDOW_SIZE)
    return None if changed is None else changed.new_value


@faulty("http2.empty-window", shown_by=TESTS)
class FailsWithoutAWindow(OverHttp2):
    """A service without a window takes no request, whatever its content."""

    def hear(
        self, link: h2.connection.H2Connection, event: h2.events.Event, stream: int, heard: Heard
    ) -> None:
        if find_window(event) == 0:
            raise BadAnswer("no window")
        super().hear(link, event, stream, heard)


@faulty("http2.empty-window", shown_by=TESTS)
class CountsPartsByTheWindow(OverHttp2):
    """How many parts the content needs is computed, although it has no content."""

    def hear(
        self, link: h2.connection.H2Connection, event: h2.events.Event, stream: int, heard: Heard
    ) -> None:
        window = find_window(event)
        if window is not None:
            len(heard.content) // window
        super().hear(link, event, stream, heard)
