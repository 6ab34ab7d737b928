"""The tenant's clock: the machine's time, or one that a test controls."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta


class Clock:
    """Follows the machine's clock, or stands still at `at`; `advance` moves either forward."""

    def __init__(self, at: datetime | None = None) -> None:
        self._lock = threading.Lock()  # tests advance the clock while the server's thread reads it
        self._at = at
        self._ahead = timedelta()

    def now(self) -> datetime:
        """The time, in UTC."""
        with self._lock:
            return (self._at or datetime.now(UTC)) + self._ahead

    def advance(self, seconds: float) -> None:
        """Move forward by `seconds`; ValueError for a negative number."""
        if seconds < 0:
            raise ValueError("time does not go back")
        with self._lock:
            self._ahead += timedelta(seconds=seconds)


def format_timestamp(moment: datetime) -> str:
    """A time as Graph writes it: ISO 8601 in UTC, with milliseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
