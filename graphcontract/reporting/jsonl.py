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

    def pytest_graphcontract_event(self, event: Event) -> None:
        """Write one event; close the stream after the footer."""
        self._stream.write(json.dumps(event, ensure_ascii=True, separators=(",", ":")) + "\n")
        self._stream.flush()
        if event["event"] == "footer":
            finish(self._stream)
