"""An event loop over non-blocking sockets: one thread serves them, and other threads can take its turn.

Two threads are needed: the client under test may run in this process and block the thread that called it,
while its requests must be served. Callers of a transport change its state in a *turn*, in which the loop's
thread does not touch a socket. So everything below the loop (origins, connections, stub state) is protected
by the turn's lock alone.
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
    """A daemon thread that serves non-blocking sockets.

    Register sockets with `selector` in a turn (epoll and kqueue accept them while the thread waits). Their
    `data` has `ready()`, and `close()`, which unregisters and closes the socket. `ready()` may be called at
    any time, even after `close()`: the selector may have reported the socket before.
    """

    def __init__(self) -> None:
        self.selector = selectors.DefaultSelector()
        self._turn = threading.Lock()  # held by whoever touches sockets or the state below them
        self._queue = threading.Lock()  # held while waiting for the turn; see _in_turn
        self._thread = threading.Thread(target=self._serve, name="loopback", daemon=True)
        self._failure: Exception | None = None
        self._running = False
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def start(self) -> None:
        """Start the thread; a loop can start only once."""
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

    def call_later(self, seconds: float, do: Callable[[], None]) -> None:
        """Schedule a callback: the loop's thread runs it in a turn after so many seconds. Call this in a
        turn.
        """
        heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), do))
        self._wake()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Get exclusive access to the sockets and the state below them. An exception in the block ends the
        loop, as one in its thread does.

        RuntimeError, before or after the block, if the loop does not run or has failed. Not reentrant.
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
        # A thread that waits for the turn holds the queue lock, which the loop's thread needs to get its next
        # turn. Without it, under a flood of requests the loop would take the turn back before a waiting
        # thread wakes up.
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
