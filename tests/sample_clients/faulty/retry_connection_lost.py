"""Faulty clients: retry.connection-lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import chain

from graphcontract.exchange import Call, Outcome
from tests.sample_clients.bases.conforming import Answer, BadAnswer, Conforming
from tests.sample_clients.bases.kept_connection import KeptConnection, Line
from tests.sample_clients.registry import faulty


@faulty("retry.connection-lost")
class RetriesAfterReset(Conforming):
    """ECONNRESET is in every list of what may be tried again."""

    def exchange(self, call: Call) -> Answer:
        try:
            return super().exchange(call)
        except ConnectionResetError:
            return super().exchange(call)


@faulty("retry.connection-lost")
class RetriesAfterClose(Conforming):
    """`Remote end closed connection without response`: it has not answered, so it has not obeyed."""

    def exchange(self, call: Call) -> Answer:
        try:
            return super().exchange(call)
        except BadAnswer:
            return super().exchange(call)


@faulty("retry.connection-lost")
class RetriesEveryTransportError(Conforming):
    """A retry layer above the client repeats every error of transport, with a wait."""

    def cancel(self, call: Call) -> Outcome:
        outcome = super().cancel(call)
        if outcome.error and outcome.error.kind == "transport":
            time.sleep(0.05)
            outcome = super().cancel(call)
        return outcome


@faulty("retry.connection-lost", rare=True)
class RetriesOnReusedConnections(KeptConnection):
    """A pool repeats on another connection what a kept one has not answered, whatever the method."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = False

    def take(self, host: str) -> Line | None:
        line = super().take(host)
        self.kept = line is not None
        return line

    def exchange(self, call: Call) -> Answer:
        try:
            return super().exchange(call)
        except (ConnectionError, BadAnswer):
            if not self.kept:
                raise
            return super().exchange(call)


class HalfALine(BadAnswer):
    """The stream has ended amid a status line."""


@faulty("retry.connection-lost", rare=True)
class RetriesAfterAPartialStatusLine(Conforming):
    """What has begun to come and then ends was spoilt on the way, and is fetched again."""

    def read_head(self, line: Callable[[], bytes]) -> Answer:
        first = line()
        if first and not first.endswith(b"\n"):
            raise HalfALine("half a status line")
        lines = chain((first,), iter(line, None))
        return super().read_head(lambda: next(lines))

    def exchange(self, call: Call) -> Answer:
        try:
            return super().exchange(call)
        except HalfALine:
            return super().exchange(call)
