"""A token bucket, which throttles requests."""

from __future__ import annotations

import math

from graphcontract.tenant.clock import Clock


class Bucket:
    """Holds at most `size` requests and refills at `rate` a second, by the tenant's clock."""

    def __init__(self, clock: Clock, *, size: int, rate: float) -> None:
        if size < 1 or rate <= 0:
            raise ValueError("a bucket needs a size of at least 1 and a rate of more than 0")
        self._clock, self._size, self._rate = clock, size, rate
        self._left, self._updated = float(size), clock.now()

    def take(self) -> int | None:
        """Take one request: None where there was one, else the whole seconds until there is."""
        now = self._clock.now()
        elapsed = (now - self._updated).total_seconds()
        self._left, self._updated = min(self._size, self._left + elapsed * self._rate), now
        if self._left >= 1:
            self._left -= 1
            return None
        return max(1, math.ceil((1 - self._left) / self._rate))
