"""The hook that graphcontract calls for other pytest plugins."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graphcontract.reporting.events import Event


def pytest_graphcontract_event(event: Event) -> None:
    """Receive each event of the run's report, in order, in the controlling process (report-events.md)."""
