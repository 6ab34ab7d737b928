"""Threads that make calls at the same time, each with a client that has room for them.

Jobs start in the order in which they are submitted, as soon as a client of the pool is free.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")
S = TypeVar("S")


@dataclass(eq=False, slots=True)
class Slot(Generic[S]):
    """Room for one call: its `content`, a client for example, is started when a job first needs it."""

    start: Callable[[], S]
    content: S | None = None
    # A slot may be in a pool several times. The lock makes its threads share one start.
    _starting: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> S:
        """Return the content, in any thread; raises what starting it raises, and then tries again."""
        with self._starting:
            if self.content is None:
                self.content = self.start()
            return self.content


class ClientPool(Generic[S]):
    """One thread for each slot, `size` in all. A slot stands there as often as it has room for calls. `bind`
    is called in the thread of a job: with the slot's content before, and with None after it.
    """

    def __init__(self, slots: Sequence[Slot[S]], bind: Callable[[S | None], None]) -> None:
        self._bind = bind
        self.size = len(slots)
        self._free: queue.SimpleQueue[Slot[S]] = queue.SimpleQueue()
        for slot in slots:
            self._free.put(slot)
        self._threads = ThreadPoolExecutor(len(slots))

    def submit(self, job: Callable[[], T]) -> Future[T]:
        """Run a job as soon as a slot is free, in the order of submission."""
        return self._threads.submit(self._work, job)

    def stop(self) -> None:
        """Begin no further job, and do not wait for those under way: a call may take until its timeout."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _work(self, job: Callable[[], T]) -> T:
        slot = self._free.get()  # there are as many threads as slots, so this does not wait
        try:
            self._bind(slot.take())
            return job()
        finally:
            self._bind(None)
            self._free.put(slot)


class Submits(Protocol):
    """Runs jobs in the background."""

    @property
    def size(self) -> int:
        """How many jobs run at the same time."""
        ...

    def submit(self, job: Callable[[], T]) -> Future[T]:
        """Run a job in its turn."""
        ...
