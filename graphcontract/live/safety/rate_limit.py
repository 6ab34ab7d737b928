"""How fast and how much: a rate, a budget, Retry-After obeyed, a stop at the first run of 5xx.

Knows numbers and a clock; it sends nothing.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

MOST_WAIT = 300.0
RUN_OF_FAILURES = 3
RUN_OF_SILENCE = 9
_UNREADABLE = 5.0
_SECONDS = re.compile(r"[0-9]{1,9}")
_BUSY = (429, 503)
_SILENT = (0, 429, 503, 504)


class Stopped(Exception):
    """The run sends nothing more, and why."""


class CutOff(Stopped):
    """The tenant, or the credential, gave out: what was not judged by then says nothing of the tenant."""


@dataclass(frozen=True, slots=True)
class RateClock:
    """Seconds that only go up, seconds of the day's clock, and a wait; tests bring their own."""

    now: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


@dataclass
class Pacer:
    """Asked before each request and told each answer. `rate` is in requests a second."""

    budget: int
    rate: float
    clock: RateClock = field(default_factory=RateClock)
    sent: int = 0
    _next: float = 0.0
    _failures: int = 0
    _silent: int = 0
    _stopped: Stopped | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def before(self) -> None:
        """Wait until a request may be sent; raises Stopped where none may."""
        with self._lock:
            if self._stopped is None and self.sent >= self.budget:
                self._stopped = Stopped(f"the budget of {self.budget} requests is spent (--budget)")
            if self._stopped is not None:
                raise self._stopped
            self.sent += 1
            wait = self._next - self.clock.now()
            if wait > 0:
                self.clock.sleep(wait)
            self._next = self.clock.now() + 1 / self.rate

    def ready(self) -> bool:
        """Whether a request would go out at once, but for the rate."""
        return self._next - self.clock.now() <= 1 / self.rate

    def after(self, status: int, retry_after: str | None) -> None:
        """Take an answer in, 0 for none; raises nothing, for the answer is to be judged first."""
        with self._lock:
            self._failures = self._failures + 1 if status >= 500 else 0
            self._silent = self._silent + 1 if status in _SILENT else 0
            if self._failures >= RUN_OF_FAILURES:
                kind = CutOff if self._silent >= RUN_OF_FAILURES else Stopped
                self._stopped = kind(f"the tenant answered {self._failures} requests in a row with 5xx")
            elif self._silent >= RUN_OF_SILENCE:
                self._stopped = CutOff(f"{self._silent} requests in a row were throttled or not answered")
            if status in _BUSY or (retry_after is not None and status >= 400):
                wait = self._asked(retry_after)
                if wait > MOST_WAIT:
                    self._stopped = CutOff(f"the tenant asks for a wait of more than {MOST_WAIT:g} s")
                self._next = max(self._next, self.clock.now() + min(wait, MOST_WAIT))

    def _asked(self, value: str | None) -> float:
        """Seconds that a Retry-After asks for; a few where it cannot be read."""
        if value is not None and _SECONDS.fullmatch(value.strip()):
            return float(value)
        try:
            return max(0.0, parsedate_to_datetime(value or "").timestamp() - self.clock.wall())
        except (ValueError, TypeError, OverflowError):
            return _UNREADABLE
