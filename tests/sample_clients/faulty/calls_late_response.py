"""Faulty clients: calls.late-response."""

from __future__ import annotations

import threading
from collections import defaultdict
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer, BadAnswer, Conforming
from tests.sample_clients.bases.kept_connection import KeptConnection, Line
from tests.sample_clients.registry import faulty

LATE = ["test_late_response"]


class KeepsTimedOutConnections(KeptConnection):
    """Base class: a connection goes back to the pool, whatever has become of its call."""

    def exchange(self, call: Call) -> Answer:
        host = urlsplit(call.base_url or "").netloc
        line = self.take(host) or Line(self.connect(call))
        self.lines[host] = line
        return self.over(line, call)


@faulty("calls.late-response", shown_by=LATE)
class PoolsTimedOutConnections(KeepsTimedOutConnections):
    """`finally: pool.put(connection)`, and a look whether it is readable before it is used again."""


@faulty("calls.late-response", shown_by=LATE)
class PoolsConnectionsUnchecked(KeepsTimedOutConnections):
    """The same without the look."""

    def in_order(self, line: Line) -> bool:
        return True


@faulty("calls.late-response", shown_by=LATE)
class ResponsesOfAHostInOrder(Conforming):
    """The responses of a host come to one queue, and each call takes the next one."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = defaultdict[str, SimpleQueue[Answer | Exception]](SimpleQueue)

    def exchange(self, call: Call) -> Answer:
        answers = self.answers[call.base_url or ""]

        def attempt() -> None:
            try:
                with self.connect(call) as connection:
                    connection.sendall(self.request(call))
                    connection.settimeout(10)
                    answers.put(self.read(connection))
            except (OSError, BadAnswer) as error:
                answers.put(error)

        threading.Thread(target=attempt, daemon=True).start()
        try:
            answer = answers.get(timeout=call.timeout)
        except Empty:
            raise TimeoutError("no response") from None
        if isinstance(answer, Exception):
            raise answer
        return answer


@faulty("calls.late-response", shown_by=LATE)
class CrashesOnUnexpectedData(KeepsTimedOutConnections):
    """Data on an idle connection fails an assertion."""

    def in_order(self, line: Line) -> bool:
        if line.has_news():
            line.close()
            raise AssertionError("unexpected data")
        return True


@faulty("calls.late-response", shown_by=LATE)
class WaitsForTheLateResponse(Conforming):
    """One request at a time for a host: the next call waits until the one before has its response."""

    def __init__(self) -> None:
        super().__init__()
        self.unanswered = set[str]()

    def exchange(self, call: Call) -> Answer:
        host = urlsplit(call.base_url or "").netloc
        if host in self.unanswered:
            raise TimeoutError("a request to this host is still under way")
        try:
            return super().exchange(call)
        except TimeoutError:
            self.unanswered.add(host)
            raise
