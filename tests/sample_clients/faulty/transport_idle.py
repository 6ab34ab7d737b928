"""Faulty clients: transport.idle."""

from __future__ import annotations

import socket
import time
from urllib.parse import urlsplit

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer, Conforming
from tests.sample_clients.bases.kept_connection import KeptConnection, Line
from tests.sample_clients.registry import faulty

IDLE = ["test_idle_connection"]


@faulty("transport.idle", shown_by=IDLE)
class UncheckedWhileFresh(KeptConnection):
    """A connection is checked only after a minute, as a check costs a system call."""

    def in_order(self, line: Line) -> bool:
        return True


@faulty("transport.idle", shown_by=IDLE)
class ReportsTheClosedConnection(KeptConnection):
    """It notices that the connection has ended, and reports that instead of making another."""

    def in_order(self, line: Line) -> bool:
        if line.has_news():
            line.close()
            raise ConnectionError("the connection was closed by the server")
        return True


@faulty("transport.idle", shown_by=IDLE)
class CrashesOnResetWhileIdle(KeptConnection):
    """The check expects data or an end: a reset raises out of it, where nothing is translated."""

    def in_order(self, line: Line) -> bool:
        try:
            return not line.has_news() or bool(line.connection.recv(1, socket.MSG_PEEK))
        except ConnectionResetError as error:
            line.close()
            raise RuntimeError("unhandled error of an idle connection") from error


@faulty("transport.idle", shown_by=IDLE)
class ReadTimeoutWhileIdle(Conforming):
    """The timer of the read timeout is not stopped after the response, and ends the client."""

    def __init__(self) -> None:
        super().__init__()
        self.until: dict[str, float] = {}

    def exchange(self, call: Call) -> Answer:
        host = urlsplit(call.base_url or "").netloc
        if time.monotonic() > self.until.get(host, float("inf")):
            raise TimeoutError("read timed out")
        answer = super().exchange(call)
        self.until[host] = time.monotonic() + call.timeout
        return answer
