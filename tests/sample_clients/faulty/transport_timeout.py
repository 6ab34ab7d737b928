"""Faulty clients: transport.timeout."""

from __future__ import annotations

import io
import socket
import ssl
from dataclasses import replace
from urllib.parse import urlsplit

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


class HandshakesFirst(Conforming):
    """Base class: what is different while TLS is established."""

    def shake_hands(self, call: Call, connection: socket.socket, host: str) -> ssl.SSLSocket:
        return self.trusted(call).wrap_socket(connection, server_hostname=host)

    def connect(self, call: Call) -> socket.socket:
        parts = urlsplit(call.base_url or "")
        if parts.scheme != "https":
            return super().connect(call)
        host = parts.hostname or ""
        return self.shake_hands(call, socket.create_connection((host, parts.port or 443), call.timeout), host)


@faulty("transport.timeout", shown_by=["TLS handshake stalled", "TLS handshake stalled half-way"])
class TimeoutAfterTheHandshake(HandshakesFirst):
    """The timeout is set on the TLS socket, once there is one."""

    def shake_hands(self, call: Call, connection: socket.socket, host: str) -> ssl.SSLSocket:
        connection.settimeout(3600)
        secure = super().shake_hands(call, connection, host)
        secure.settimeout(call.timeout)
        return secure


@faulty("transport.timeout", shown_by=["TLS handshake stalled", "TLS handshake stalled half-way"])
class CrashesOnHandshakeTimeout(HandshakesFirst):
    """A timeout of the handshake is raised as an error of ssl, and those are not translated."""

    def shake_hands(self, call: Call, connection: socket.socket, host: str) -> ssl.SSLSocket:
        try:
            return super().shake_hands(call, connection, host)
        except TimeoutError as error:
            raise RuntimeError("_ssl.c: the handshake operation timed out") from error


@faulty("transport.timeout", shown_by=["TLS handshake stalled half-way", "stalled after the TLS handshake"])
class TimeoutForPlainConnections(HandshakesFirst):
    """The TLS connection is made by another function, which has no timeout."""

    def shake_hands(self, call: Call, connection: socket.socket, host: str) -> ssl.SSLSocket:
        connection.settimeout(3600)
        return super().shake_hands(call, connection, host)


@faulty("transport.timeout", rare=True, shown_by=["102 without end"])
class InterimResponsesRestartTheTimeout(Conforming):
    """With each informational response, the timeout begins anew: the server is at work."""

    def read(self, connection: socket.socket) -> Answer:
        timeout = connection.gettimeout()
        while True:
            connection.settimeout(timeout)
            answer = self.read_head(self.stream(connection).readline)
            if answer.status >= 200:
                return answer
