"""Quirky clients: how many connections they keep, and when they close them."""

from __future__ import annotations

import socket
import threading
from collections import deque

from graphcontract.clients import Limits
from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer, Conforming
from tests.sample_clients.bases.kept_connection import KeptConnection, Line
from tests.sample_clients.registry import quirky

COUNTING_TESTS = ("test_connections_after_many_calls", "test_connections_after_timeouts")


class FillsItsPool(KeptConnection):
    """Base class: connects until its pool is full, and uses the oldest connection of a host again."""

    size = 10

    def __init__(self) -> None:
        super().__init__()
        self.pools: dict[str, deque[Line]] = {}
        self.turn = threading.Lock()

    def __del__(self) -> None:
        for pool in self.pools.values():
            for line in pool:
                line.close()

    def exchange(self, call: Call) -> Answer:
        root = call.base_url or ""
        with self.turn:
            pool = self.pools.setdefault(root, deque())
            line = pool.popleft() if len(pool) >= self.size else None
        if line is not None and not self.in_order(line):
            line.close()
            line = None
        line = line or Line(self.connect(call))
        try:
            answer = self.over(line, call)
        except Exception:
            line.close()
            raise
        if self.keeps(answer):
            pool.append(line)
        else:
            line.close()
        return answer


@quirky(shown_by=COUNTING_TESTS)
class KeepsTenConnections(FillsItsPool):
    """A pool of the usual size, filled before any connection is used again."""


@quirky(shown_by=COUNTING_TESTS)
class KeepsSixteenConnections(FillsItsPool):
    """A larger pool, which its driver declares."""

    size = 16
    limits = Limits(pool=16)


@quirky(shown_by=COUNTING_TESTS)
class ClosesInTheBackground(Conforming):
    """A thread closes what is no longer used, a little later."""

    def exchange(self, call: Call) -> Answer:
        connection = self.connect(call)
        try:
            connection.sendall(self.request(call))
            return self.read(connection)
        finally:
            timer = threading.Timer(0.3, connection.close)
            timer.daemon = True
            timer.start()


@quirky(shown_by=COUNTING_TESTS)
class SpeaksHttp10WithoutKeepAlive(Conforming):
    """HTTP/1.0: the server closes each connection, and so does the client."""

    def head(self, call: Call) -> bytes:
        return super().head(call).replace(b" HTTP/1.1\r\n", b" HTTP/1.0\r\n", 1)

    def connect(self, call: Call) -> socket.socket:
        connection = super().connect(call)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return connection
