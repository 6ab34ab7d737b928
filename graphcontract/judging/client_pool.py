"""Threads that make calls at the same time, each with a client that holds its calls.

Knows threads and where their clients come from; what the calls are for, it does not know.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")
S = TypeVar("S")


@dataclass(eq=False, slots=True)
class Slot(Generic[S]):
    """Where some of a crew work: its `station`, started when someone first works there."""

    start: Callable[[], S]
    station: S | None = None
    _starting: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> S:
        """The place's station, for any thread; raises what starting it does."""
        with self._starting:
            if self.station is None:
                self.station = self.start()
            return self.station


class ClientPool(Generic[S]):
    """As many threads as there are `places`, the same one several times where it bears that; `sit` is told in
    each where it works, and None afterwards.
    """

    def __init__(self, places: Sequence[Slot[S]], sit: Callable[[S | None], None]) -> None:
        self._sit = sit
        self._free: queue.SimpleQueue[Slot[S]] = queue.SimpleQueue()
        for place in places:
            self._free.put(place)
        self._pool = ThreadPoolExecutor(len(places))

    def submit(self, job: Callable[[], T]) -> Future[T]:
        """Have a job done as soon as a place is free, in the order of submission."""
        return self._pool.submit(self._work, job)

    def dismiss(self) -> None:
        """Begin no further job; those under way end by themselves."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _work(self, job: Callable[[], T]) -> T:
        place = self._free.get()
        try:
            self._sit(place.take())
            return job()
        finally:
            self._sit(None)
            self._free.put(place)
