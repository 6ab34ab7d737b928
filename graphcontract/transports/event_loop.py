"""The one thread that serves sockets, and the lock that lets others serve them meanwhile.

Knows readiness and failure, nothing of what passes over the sockets.
"""

from __future__ import annotations

import heapq
import itertools
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Loop:
    """A background thread over non-blocking sockets.

    Register them with `selector` in a turn (epoll and kqueue take them while the thread waits);
    their `data` has `ready()`, which may be called at any time, even after `close()`, which takes
    the socket out and closes it.
    """

    def __init__(self) -> None:
        self.selector = selectors.DefaultSelector()
        self._turn = threading.Lock()
        self._queue = threading.Lock()
        self._thread = threading.Thread(target=self._serve, name="loopback", daemon=True)
        self._failure: Exception | None = None
        self._running = False
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def start(self) -> None:
        """Start the thread; a loop starts once."""
        self._waker, self._woken = socket.socketpair()
        self.selector.register(self._woken, selectors.EVENT_READ)
        self._running = True
        self._thread.start()

    def stop(self) -> None:
        """Close every socket and end the thread."""
        with self._in_turn():
            self._end()
        self._thread.join()
        self.selector.close()
        self._waker.close()
        self._woken.close()

    def later(self, seconds: float, do: Callable[[], None]) -> None:
        """In a turn: have this done by the thread, in a turn of its own, when so many seconds have passed."""
        heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), do))
        self._wake()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Have the sockets to oneself; an error in here ends the loop as one in the thread does.

        RuntimeError, before or after, where the loop does not run or has failed.
        """
        with self._in_turn():
            self._check()
            try:
                yield
            except Exception as error:
                self._fail(error)
            self._check()

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        # Whoever waits for the turn holds the queue, which the thread has to pass to come again:
        # under a flood it would otherwise take the turn back before anyone else wakes.
        with self._queue:
            self._turn.acquire()
        try:
            yield
        finally:
            self._turn.release()

    def _serve(self) -> None:
        try:
            while self._running:
                due = self._due
                ready = self.selector.select(max(0.0, due[0][0] - time.monotonic()) if due else None)
                with self._in_turn():
                    for key, _ in ready:
                        if key.fileobj is self._woken:
                            self._woken.recv(1024)
                        else:
                            key.data.ready()
                    now = time.monotonic()
                    while due and due[0][0] <= now:
                        heapq.heappop(due)[2]()
        except Exception as error:
            with self._in_turn():
                self._fail(error)

    def _check(self) -> None:
        if self._failure is not None:
            raise RuntimeError("the loopback server failed") from self._failure
        if not self._running:
            raise RuntimeError("the loopback server is not running")

    def _fail(self, error: Exception) -> None:
        self._failure = error
        self._end()

    def _end(self) -> None:
        self._running = False
        for key in tuple(self.selector.get_map().values()):
            if key.fileobj is not self._woken:
                key.data.close()
        self._wake()

    def _wake(self) -> None:
        self._waker.send(b"!")
