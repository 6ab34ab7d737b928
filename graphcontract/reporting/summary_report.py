"""What reports that are written in one go have in common: they hear a run out, and write at its footer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from graphcontract.reporting import finish
from graphcontract.reporting.run_summary import RunSummary


class SummaryReport(ABC):
    """Keeps the run as its events tell it, and writes what `written` makes of it when it is over."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._run = RunSummary()

    def pytest_graphcontract_event(self, event: Mapping[str, Any]) -> None:
        """Take an event in; write at the footer."""
        self._run.hear(event)
        if event["event"] == "footer":
            self._stream.writelines(self.written(self._run))
            finish(self._stream)

    @abstractmethod
    def written(self, run: RunSummary) -> Iterator[str]:
        """The report on a run that is over, in pieces."""
