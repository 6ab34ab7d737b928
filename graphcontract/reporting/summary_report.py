"""The base of reports that are written all at once, when the footer of a run arrives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TextIO

from graphcontract.reporting import finish
from graphcontract.reporting.events import Event
from graphcontract.reporting.run_summary import RunSummary


class SummaryReport(ABC):
    """Collects the events of a run, and writes what `render` returns once it is over."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._run = RunSummary()

    def pytest_graphcontract_event(self, event: Event) -> None:
        """Receive one event; write the report at the footer."""
        self._run.hear(event)
        if event["event"] == "footer":
            self._stream.writelines(self.render(self._run))
            finish(self._stream)

    @abstractmethod
    def render(self, run: RunSummary) -> Iterator[str]:
        """Yield the report on a finished run in pieces."""
