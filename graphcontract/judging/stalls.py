"""Notices when the machine, or this process, stood still: a paused virtual machine, a busy one, Ctrl-Z.

A client's timeout runs out meanwhile, or a response comes late, and neither says anything about the client.
What it did then is not judged: its call is made again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from time import monotonic, process_time, sleep
from typing import TypeVar

_TICK = 0.05
# Seconds without a tick. On a busy machine a thread that only sleeps wakes up late by some hundredths. Fixed
# cases have at least this much time to spare.
_STALL = 0.3
# The part of a stall in which this process may have used a processor. A client in this process that keeps
# Python from running other threads, as a regular expression does, uses one all the time: that is not a stall.
_BUSY = 0.5
_KEPT = 100  # stalls; only those of calls under way matter
_TIMES = 3

T = TypeVar("T")
Stall = tuple[float, float]
"""When it began and ended."""


class StallWatch:
    """Remembers the times between two ticks that were too far from each other. `used` is how many seconds
    this process has used a processor.
    """

    def __init__(
        self, clock: Callable[[], float] = monotonic, used: Callable[[], float] = process_time
    ) -> None:
        self._clock, self._used = clock, used
        self._ticked = clock(), used()
        self._stalls: tuple[Stall, ...] = ()

    def tick(self) -> None:
        """Note that this process runs."""
        self._stalls = (*self._stalls, *self._find_latest(self._ticked))[-_KEPT:]
        self._ticked = self._clock(), self._used()

    def find_stalled(self, started: float, ended: float) -> float:
        """How many of the seconds between two times this process stood still."""
        ticked = self._ticked  # read before the stalls: those until then are among them
        # Other threads may run before the next tick, and so a stall may not have been noted.
        stalls = (*self._stalls, *self._find_latest(ticked))
        return sum(max(0.0, min(ended, end) - max(started, begin)) for begin, end in stalls)

    def _find_latest(self, ticked: tuple[float, float]) -> tuple[Stall, ...]:
        """The stall since a tick, if there is one."""
        begin, used = ticked
        end = self._clock()
        stalled = end - begin > _STALL and self._used() - used < _BUSY * (end - begin)
        return ((begin, end),) if stalled else ()


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
