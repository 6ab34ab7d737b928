"""The jsonl report: one event on each line, written as it happens. A file without a footer is truncated."""

from __future__ import annotations

import json
from typing import TextIO

from graphcontract.reporting import finish
from graphcontract.reporting.events import Event


class JsonLines:
    """Writes events as JSON lines (docs/reference/report-events.md)."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._broken = False

    def pytest_graphcontract_event(self, event: Event) -> None:
        """Write one event; close the stream after the footer."""
        if self._broken:
            return
        try:
            self._stream.write(json.dumps(event, ensure_ascii=True, separators=(",", ":")) + "\n")
            self._stream.flush()
            if event["event"] == "footer":
                finish(self._stream)
        except BrokenPipeError:
            # The reader has closed the pipe. The run continues for its exit status and its other reports.
            self._broken = True
