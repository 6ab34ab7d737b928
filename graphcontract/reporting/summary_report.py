"""The base of reports that are written all at once, when the footer of a run arrives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Generic, TextIO, TypeVar

from graphcontract.reporting import finish
from graphcontract.reporting.events import Event
from graphcontract.reporting.received_run import ReceivedRun

Run = TypeVar("Run", bound=ReceivedRun)


class SummaryReport(ABC, Generic[Run]):
    """Collects the events of a run in `run`, and writes what `render` returns once it is over."""

    def __init__(self, stream: TextIO, run: Run) -> None:
        self._stream = stream
        self._run = run

    def pytest_graphcontract_event(self, event: Event) -> None:
        """Receive one event; write the report at the footer."""
        self._run.hear(event)
        if event["event"] == "footer":
            self._stream.writelines(self.render(self._run))
            finish(self._stream)

    @abstractmethod
    def render(self, run: Run) -> Iterator[str]:
        """Yield the report on a finished run in pieces."""
