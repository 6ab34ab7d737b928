"""Limits a run: its rate, its budget, the tenant's Retry-After, and an end after several 5xx responses in a
row.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

MOST_WAIT = 300.0  # seconds; a longer Retry-After ends the run
RUN_OF_FAILURES = 3  # 5xx responses in a row that end the run
RUN_OF_SILENCE = 9  # throttled or missing responses in a row that end it: three steps of three attempts
_UNREADABLE = 5.0  # seconds to wait after a Retry-After that cannot be parsed
_SECONDS = re.compile(r"[0-9]{1,9}")
_BUSY = (429, 503)
_SILENT = (0, 429, 503, 504)


class Stopped(Exception):
    """The run sends nothing more; the text says why."""


class CutOff(Stopped):
    """The tenant became unavailable, or the credential expired: what is not tested by then says nothing about
    the tenant.
    """


@dataclass(frozen=True, slots=True)
class RateClock:
    """A monotonic clock, a wall clock, and a sleep, in seconds; tests replace them."""

    now: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


@dataclass
class Pacer:
    """Is called before each request and after each response. `rate` is in requests a second."""

    budget: int
    rate: float
    clock: RateClock = field(default_factory=RateClock)
    sent: int = 0
    _next: float = 0.0
    _failures: int = 0
    _silent: int = 0
    _stopped: Stopped | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait_for_turn(self) -> None:
        """Wait until the next request may be sent; raises Stopped where none may."""
        # The wait is within the lock: the forwarder's threads send too, and must take turns.
        with self._lock:
            if self._stopped is None and self.sent >= self.budget:
                self._stopped = Stopped(f"the budget of {self.budget} requests is used up (--budget)")
            if self._stopped is not None:
                raise self._stopped
            self.sent += 1
            wait = self._next - self.clock.now()
            if wait > 0:
                self.clock.sleep(wait)
            self._next = self.clock.now() + 1 / self.rate

    def is_ready(self) -> bool:
        """Whether a request may be sent now, apart from the rate."""
        return self._next - self.clock.now() <= 1 / self.rate

    def record_response(self, status: int, retry_after: str | None) -> None:
        """Record a status code, 0 for no response. Never raises, so that the response is evaluated first."""
        with self._lock:
            self._failures = self._failures + 1 if status >= 500 else 0
            self._silent = self._silent + 1 if status in _SILENT else 0
            if self._failures >= RUN_OF_FAILURES:
                kind = CutOff if self._silent >= RUN_OF_FAILURES else Stopped
                self._stopped = kind(f"the tenant failed {self._failures} requests in a row with 5xx")
            elif self._silent >= RUN_OF_SILENCE:
                self._stopped = CutOff(f"{self._silent} requests in a row were throttled or got no response")
            if status in _BUSY or (retry_after is not None and status >= 400):
                wait = self._parse_retry_after(retry_after)
                if wait > MOST_WAIT:
                    self._stopped = CutOff(f"the tenant's Retry-After is more than {MOST_WAIT:g} s")
                self._next = max(self._next, self.clock.now() + min(wait, MOST_WAIT))

    def _parse_retry_after(self, value: str | None) -> float:
        """The seconds of a Retry-After; a few where it cannot be parsed."""
        if value is not None and _SECONDS.fullmatch(value.strip()):
            return float(value)
        try:
            return max(0.0, parsedate_to_datetime(value or "").timestamp() - self.clock.wall())
        except (ValueError, TypeError, OverflowError):
            return _UNREADABLE
