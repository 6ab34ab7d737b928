"""A token bucket: how many requests the tenant takes, and when it takes the next."""

from __future__ import annotations

import math

from graphcontract.tenant.clock import Clock


class Bucket:
    """Holds at most `size` requests and fills at `rate` a second, by the tenant's clock."""

    def __init__(self, clock: Clock, *, size: int, rate: float) -> None:
        if size < 1 or rate <= 0:
            raise ValueError("a bucket holds at least one request and fills")
        self._clock, self._size, self._rate = clock, size, rate
        self._left, self._seen = float(size), clock.now()

    def take(self) -> int | None:
        """Take one request: None where there was one, else whole seconds until there is."""
        now = self._clock.now()
        passed = (now - self._seen).total_seconds()
        self._left, self._seen = min(self._size, self._left + passed * self._rate), now
        if self._left >= 1:
            self._left -= 1
            return None
        return max(1, math.ceil((1 - self._left) / self._rate))
