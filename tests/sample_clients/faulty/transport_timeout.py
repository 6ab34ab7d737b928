"""Faulty clients: transport.timeout."""

from __future__ import annotations

import io
import socket
from dataclasses import replace

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer, Conforming
from tests.sample_clients.bases.kept_connection import DONE
from tests.sample_clients.registry import faulty


@faulty("transport.timeout", rare=True, shown_by=["503, then stalled"])
class TimeoutRestartsWithEachTry(Conforming):
    """Each try has the whole timeout again, whatever of it the wait has taken."""

    def again(self, call: Call, attempt: int) -> Answer:
        return super().again(replace(call, timeout=2.5), attempt)


@faulty("transport.timeout", shown_by=["stalled"])
class NoTimeout(Conforming):
    """`timeout=None`, the default of the HTTP library."""

    def connect(self, call: Call) -> socket.socket:
        connection = super().connect(call)
        connection.settimeout(3600)
        return connection


@faulty("transport.timeout", shown_by=["stalled"])
class TimeoutInTheWrongUnit(Conforming):
    """The timeout is in milliseconds where it comes from, and in seconds where it goes."""

    def connect(self, call: Call) -> socket.socket:
        connection = super().connect(call)
        connection.settimeout(call.timeout * 1000)
        return connection


@faulty("transport.timeout", rare=True, shown_by=["dripped"])
class TimeoutForEachRead(Conforming):
    """A timeout for reading: every byte that comes starts it anew."""

    def stream(self, connection: socket.socket) -> io.BufferedReader:
        return connection.makefile("rb")


@faulty("transport.timeout", rare=True, shown_by=["stalled", "dripped"])
class TimeoutForTheFirstCallOnly(Conforming):
    """The timeout is an option of the request, and the options are used up by the first of them."""

    def connect(self, call: Call) -> socket.socket:
        connection = super().connect(call)
        if self.calls > 1:
            connection.settimeout(3600)
        return connection


@faulty("transport.timeout", shown_by=["stalled"])
class TimeoutAsSuccess(Conforming):
    """No news for so long is good news: the request was sent."""

    def persist(self, call: Call) -> Answer:
        try:
            return super().persist(call)
        except TimeoutError:
            return DONE


@faulty("transport.timeout", shown_by=["stalled"])
class CrashesOnTimeout(Conforming):
    """A timeout is another error than the rest, and the client translates the rest."""

    def persist(self, call: Call) -> Answer:
        try:
            return super().persist(call)
        except TimeoutError as error:
            raise RuntimeError("timed out") from error


@faulty("transport.timeout", rare=True, shown_by=["stalled for half a second"])
class TimeoutCutToWholeSeconds(Conforming):
    """The timeout is cut to whole seconds, and none means none."""

    def connect(self, call: Call) -> socket.socket:
        return super().connect(replace(call, timeout=int(call.timeout) or 60.0))
