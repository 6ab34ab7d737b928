"""The server side of a forward proxy: reads where a connection is to go, and hands it to an origin of this
process.

It parses CONNECT and absolute-form targets (RFC 9110 9.3.6, RFC 9112 3.2.2), and never connects to anything.
Everything here runs in a turn of the event loop.
"""

from __future__ import annotations

import re
import selectors
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress

from graphcontract.transports.event_loop import Loop
from graphcontract.transports.origins import Origin, accept, listen
from graphcontract.transports.request_reader import RequestReader
from graphcontract.transports.socket_io import close
from graphcontract.wire import WireRequest

_READ_SIZE = 16 << 10  # bytes of one read: more than a usual head, so that one read is enough
_MOST_HEAD = 64 << 10  # bytes; a longer head closes the connection
_MOST_WAITING = 64  # connections without a complete head, which bounds open files; the oldest is closed
_MOST_UNKNOWN_HOSTS = 20  # kept for the message to the user
_END = b"\r\n\r\n"
_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_REFUSED = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_TLS_HANDSHAKE = b"\x16"  # the first byte of a ClientHello: the content type of its record (RFC 8446 5.1)
_ABSOLUTE = re.compile(r"(https?)://([^/?#]*)", re.IGNORECASE)
_AFTER_AUTHORITY = re.compile(r"[/?#]")
_USUAL_PORTS = {"https": 443, "http": 80}


class Gateway:
    """Listening sockets of a proxy: `origins` are the hosts behind it, by `scheme://host:port`.

    `record_connect` is called with every CONNECT before the response; `unknown_hosts` are the first twenty
    requested authorities that are not behind the proxy. `arrivals` counts connections, `inside` those from a
    network namespace, and `direct` those that treated the proxy as an origin server.
    """

    def __init__(self, loop: Loop, record_connect: Callable[[WireRequest], None]) -> None:
        self.loop = loop
        self.record_connect = record_connect
        self.origins: Mapping[str, Origin] = {}
        self.unknown_hosts: list[str] = []
        self.arrivals = self.inside = self.direct = 0
        self.pending: list[_PendingConnection] = []

    def listen(self, bound: socket.socket, *, inside: bool = False) -> None:
        """Accept connections of this socket too; `inside` says whether it is in a network namespace."""
        listen(bound)
        self.loop.selector.register(bound, selectors.EVENT_READ, _Listener(self, bound, inside))

    def route(self, client: socket.socket, head: bytes, rest: bytes) -> None:
        """Hand a connection to the origin that its first request names, or respond with 502."""
        reader = RequestReader("", 0)
        reader.feed(head)
        request = reader.next() or reader.read_incomplete()
        connects = request is not None and request.method == "CONNECT"
        if request is not None and connects:
            self.record_connect(request)
        scheme, authority = _parse_destination(request) if request else ("http", "")
        origin = self.origins.get(f"{scheme}://{authority}")
        self.direct += not authority  # as in `POST /path`: a request to a proxy names the host
        if origin is None or (origin.state is not None and origin.state.refuses_connections):
            if origin is None and len(self.unknown_hosts) < _MOST_UNKNOWN_HOSTS:
                self.unknown_hosts.append(authority)
            _send(client, _REFUSED)
            close(client, reset=False)
            return
        if connects and not (origin.state and origin.state.resets_connection):
            _send(client, _ESTABLISHED)
        origin.admit(client, rest if connects else head + rest)


class _Listener:
    """A listening socket of a gateway, registered with the event loop."""

    def __init__(self, gateway: Gateway, listening: socket.socket, inside: bool) -> None:
        self._gateway = gateway
        self._listening = listening
        self._inside = inside

    def ready(self) -> None:
        """Accept new connections."""
        for accepted in accept(self._listening):
            self._gateway.arrivals += 1
            self._gateway.inside += self._inside
            if len(self._gateway.pending) >= _MOST_WAITING:
                self._gateway.pending[0].close()
            self._gateway.pending.append(_PendingConnection(self._gateway, accepted))

    def close(self) -> None:
        """Stop listening."""
        self._gateway.loop.selector.unregister(self._listening)
        self._listening.close()


class _PendingConnection:
    """A connection to the proxy whose first head is not complete."""

    def __init__(self, gateway: Gateway, accepted: socket.socket) -> None:
        self._gateway = gateway
        self._socket = accepted
        self._read = b""
        accepted.setblocking(False)
        gateway.loop.selector.register(accepted, selectors.EVENT_READ, self)

    def ready(self) -> None:
        """Read more, and hand the connection over when its head is complete."""
        if self not in self._gateway.pending:
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
            self._gateway.route(self._socket, head + end, rest)
        elif self._read.startswith(_TLS_HANDSHAKE):  # TLS to the proxy itself: it was taken for the origin
            self._gateway.direct += 1
            self.close()
        elif not data or len(self._read) > _MOST_HEAD:
            self.close()

    def close(self) -> None:
        """Close at once."""
        self._leave()
        self._socket.close()

    def _leave(self) -> None:
        self._gateway.pending.remove(self)
        self._gateway.loop.selector.unregister(self._socket)


def _parse_destination(request: WireRequest) -> tuple[str, str]:
    """Parse scheme and `host:port`, in lower case and without the dot at the end of a name, from the first
    request to a proxy; no authority: "".

    What a CONNECT must not have beside them, such as user information or a query, is for a clause to judge.
    """
    if request.method == "CONNECT":
        authority = _AFTER_AUTHORITY.split(request.target.lower())[0]
        return "https", _strip_dot(authority.rpartition("@")[2])
    absolute = _ABSOLUTE.match(request.target.lower())
    if absolute is None:
        return "http", ""
    scheme, authority = absolute.groups()
    authority = _strip_dot(authority.rpartition("@")[2])
    return scheme, authority if ":" in authority else f"{authority}:{_USUAL_PORTS[scheme]}"


def _strip_dot(authority: str) -> str:
    """Remove the dot at the end of a host name, which makes it absolute (RFC 1034, 3.1)."""
    host, colon, port = authority.partition(":")
    return f"{host.removesuffix('.')}{colon}{port}"


def _send(client: socket.socket, data: bytes) -> None:
    with suppress(OSError):  # a closed connection shows again when it is read
        client.send(data)
