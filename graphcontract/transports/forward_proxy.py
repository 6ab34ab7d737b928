"""A forward proxy's own end: connections that say where they want to go, and are led to an origin here.

Knows CONNECT and absolute-form targets (RFC 9110 9.3.6, RFC 9112 3.2.2); it connects to nowhere.
"""

from __future__ import annotations

import re
import selectors
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress

from graphcontract.exchange import WireRequest
from graphcontract.transports.event_loop import Loop
from graphcontract.transports.origins import Origin, accept, listen
from graphcontract.transports.request_reader import RequestReader
from graphcontract.transports.socket_io import close

_READ_SIZE = 16 << 10
_MOST_HEAD = 64 << 10
_MOST_WAITING = 64
_MOST_STRANGERS = 20
_END = b"\r\n\r\n"
_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_REFUSED = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_TLS_HANDSHAKE = b"\x16"
_ABSOLUTE = re.compile(r"(https?)://([^/?#]*)", re.IGNORECASE)
_USUAL_PORTS = {"https": 443, "http": 80}


class Gateway:
    """Sockets that speak as a proxy: `origins` are the hosts behind it, by `scheme://host:port`.

    `hear` is told of every CONNECT to one of them before it is answered; `strangers` are the authorities
    asked for in vain, the first twenty. `arrivals` counts connections, `inside` those that came from a
    network namespace, and `direct` those that took the proxy for a server.
    """

    def __init__(self, loop: Loop, hear: Callable[[WireRequest], None]) -> None:
        self.loop = loop
        self.hear = hear
        self.origins: Mapping[str, Origin] = {}
        self.strangers: list[str] = []
        self.arrivals = self.inside = self.direct = 0
        self.waiting: list[_Caller] = []

    def listen(self, bound: socket.socket, *, inside: bool = False) -> None:
        """In a turn: take connections that come to this socket, too; `inside` a network namespace or not."""
        listen(bound)
        self.loop.selector.register(bound, selectors.EVENT_READ, _Entrance(self, bound, inside))

    def lead(self, caller: socket.socket, head: bytes, rest: bytes) -> None:
        """Bring a caller where its first request asks for, or refuse it."""
        reader = RequestReader("", 0)
        reader.feed(head)
        request = reader.next() or reader.broken_off()
        connects = request is not None and request.method == "CONNECT"
        scheme, authority = _asked_for(request) if request else ("http", "")
        origin = self.origins.get(f"{scheme}://{authority}")
        self.direct += not authority  # as in `POST /path`: whoever asks a proxy names the host
        if origin is None or (origin.scene is not None and origin.scene.refuses):
            if origin is None and len(self.strangers) < _MOST_STRANGERS:
                self.strangers.append(authority)
            _answer(caller, _REFUSED)
            close(caller, reset=False)
            return
        if request is not None and connects:
            self.hear(request)
            if not (origin.scene and origin.scene.resets):
                _answer(caller, _ESTABLISHED)
        origin.admit(caller, rest if connects else head + rest)


class _Entrance:
    """A listening socket of a gateway, as its loop sees it."""

    def __init__(self, gateway: Gateway, listening: socket.socket, inside: bool) -> None:
        self._gateway = gateway
        self._listening = listening
        self._inside = inside

    def ready(self) -> None:
        """Take new connections in."""
        for accepted in accept(self._listening):
            self._gateway.arrivals += 1
            self._gateway.inside += self._inside
            if len(self._gateway.waiting) >= _MOST_WAITING:
                self._gateway.waiting[0].close()
            self._gateway.waiting.append(_Caller(self._gateway, accepted))

    def close(self) -> None:
        """Stop listening."""
        self._gateway.loop.selector.unregister(self._listening)
        self._listening.close()


class _Caller:
    """A connection to the proxy until its first head is read."""

    def __init__(self, gateway: Gateway, accepted: socket.socket) -> None:
        self._gateway = gateway
        self._socket = accepted
        self._read = b""
        accepted.setblocking(False)
        gateway.loop.selector.register(accepted, selectors.EVENT_READ, self)

    def ready(self) -> None:
        """Read on, and leave once it is known where to."""
        if self not in self._gateway.waiting:
            return
        try:
            data = self._socket.recv(_READ_SIZE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self._read += data
        head, end, rest = self._read.partition(_END)
        if end:
            self._leave()
            self._gateway.lead(self._socket, head + end, rest)
        elif self._read.startswith(_TLS_HANDSHAKE):  # whoever speaks TLS here takes the proxy for a server
            self._gateway.direct += 1
            self.close()
        elif not data or len(self._read) > _MOST_HEAD:
            self.close()

    def close(self) -> None:
        """Close at once."""
        self._leave()
        self._socket.close()

    def _leave(self) -> None:
        self._gateway.waiting.remove(self)
        self._gateway.loop.selector.unregister(self._socket)


def _asked_for(request: WireRequest) -> tuple[str, str]:
    """Scheme and `host:port`, in lower case, that the first request to a proxy asks for."""
    if request.method == "CONNECT":
        return "https", request.target.lower()
    absolute = _ABSOLUTE.match(request.target.lower())
    if absolute is None:
        return "http", ""
    scheme, authority = absolute.groups()
    authority = authority.rpartition("@")[2]
    return scheme, authority if ":" in authority else f"{authority}:{_USUAL_PORTS[scheme]}"


def _answer(caller: socket.socket, data: bytes) -> None:
    with suppress(OSError):  # whoever has gone meanwhile is met again when it is read from
        caller.send(data)
