"""Notices when the machine, or this process, stood still: a paused virtual machine, Ctrl-Z, a debugger.

A client's timeout runs out meanwhile, or a response comes late, and neither says anything about the client.
What it did then is not judged: its call is made again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from time import monotonic, sleep
from typing import TypeVar

_TICK = 0.05
# Seconds without a tick. On a busy machine a thread that only sleeps wakes up late by some hundredths. Fixed
# cases have at least this much time to spare.
_STALL = 0.3
_KEPT = 100  # stalls; only those of calls under way matter
_TIMES = 3

T = TypeVar("T")


class StallWatch:
    """Remembers the times between two ticks that were too far from each other."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._ticked = clock()
        self._stalls: tuple[tuple[float, float], ...] = ()

    def tick(self) -> None:
        """Note that this process runs."""
        now = self._clock()
        if now - self._ticked > _STALL:
            self._stalls = (*self._stalls[1 - _KEPT :], (self._ticked, now))
        self._ticked = now

    def find_stalled(self, started: float, ended: float) -> float:
        """How many of the seconds between two times this process stood still."""
        ticked = self._ticked  # read before the stalls: those until then are among them
        # Other threads may run before the next tick, and so a stall may not have been noted.
        stalls = (*self._stalls, (ticked, self._clock()))
        return sum(
            max(0.0, min(ended, end) - max(started, begin)) for begin, end in stalls if end - begin > _STALL
        )


@cache
def _watch() -> StallWatch:
    watch = StallWatch()

    def tick() -> None:
        while True:
            sleep(_TICK)
            watch.tick()

    threading.Thread(target=tick, name="stalls", daemon=True).start()
    return watch


def begin() -> None:
    """Begin to watch, unless that was done."""
    _watch()


def find_stalled(started: float, ended: float) -> float:
    """How many of the seconds between two times this process stood still."""
    return _watch().find_stalled(started, ended)


def repeat_if_stalled(do: Callable[[], T]) -> T:
    """Do something, and again if this process stood still meanwhile, three times at most."""
    for _ in range(_TIMES - 1):
        started = monotonic()
        done = do()
        if not find_stalled(started, monotonic()):
            return done
    return do()
