"""Ports and connections of the loopback server: requests in, scripted answers out, both recorded.

Knows sockets and scripts. Everything here is moved on in a turn of its loop.
"""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace

from graphcontract.exchange import WireRequest, WireResponse
from graphcontract.service import NOT_FOUND_ELSEWHERE, Answer, Rendered, Script, render
from graphcontract.transports.arriving import RequestReader
from graphcontract.transports.serving import Loop

ADDRESS = "127.0.0.1"

_BACKLOG = 128
_MOST_CONNECTIONS = 32  # a client may leave one open with every call
_READ_SIZE = 16 << 10
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_BAD_REQUEST = Answer(400, close=True)
_TOO_LATE = Answer(503, close=True)


@dataclass(eq=False, slots=True)
class Scene:
    """A stage as its port sees it: the script, and what has passed so far; `asked` once anything has."""

    script: Script
    asked: threading.Event = field(default_factory=threading.Event)
    requests: list[WireRequest] = field(default_factory=list)
    responses: list[WireResponse] = field(default_factory=list)
    _used: int = 0

    def choose(self, request: WireRequest) -> Answer:
        """Choose the answer to a request, as the script has it."""
        if request.malformed is not None:
            return _BAD_REQUEST
        if not self.script.concerns(request):
            return NOT_FOUND_ELSEWHERE
        self._used += 1
        return self.script.answers[min(self._used, len(self.script.answers)) - 1]


class Port:
    """A listening socket, the scene on it, and its connections, which are kept from scene to scene.

    `late` counts the requests that came while there was no scene.
    """

    def __init__(self, loop: Loop, numbers: Iterator[int]) -> None:
        self.loop = loop
        self.numbers = numbers
        self.scene: Scene | None = None
        self.connections: list[Connection] = []
        self.late = 0
        self._listener = socket.create_server((ADDRESS, 0), backlog=_BACKLOG)
        self._listener.setblocking(False)
        self._listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # inherited by connections
        self._closed = False
        self.number: int = self._listener.getsockname()[1]
        self.origin = f"{ADDRESS}:{self.number}"
        loop.selector.register(self._listener, selectors.EVENT_READ, self)

    def ready(self) -> None:
        """Take new connections in; the oldest gives way where there are too many."""
        for _ in range(0 if self._closed else _BACKLOG):
            try:
                accepted, _address = self._listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            if len(self.connections) >= _MOST_CONNECTIONS:
                self.connections[0].break_off()
                self.connections[0].close()
            connection = Connection(self, accepted)
            self.connections.append(connection)
            connection.ready()

    def take_in(self) -> None:
        """Read and answer what has arrived. Half a request ends with its connection here."""
        self.ready()
        for connection in tuple(self.connections):
            connection.ready()
            if connection.break_off():
                connection.close()

    def hear(self, request: WireRequest) -> None:
        """Record a request with the scene, or count it as late."""
        if self.scene is None:
            self.late += 1
        else:
            self.scene.requests.append(request)
            self.scene.asked.set()

    def close(self) -> None:
        """Close the port and its connections for good."""
        if not self._closed:
            self._closed = True
            self.loop.selector.unregister(self._listener)
            self._listener.close()
            for connection in tuple(self.connections):
                connection.close()


class Connection:
    """One connection: answers each request before it reads the next, until an answer closes.

    After that its other direction is still read to the end: what comes there is recorded, unless
    it follows something malformed.
    """

    def __init__(self, port: Port, accepted: socket.socket) -> None:
        self._port = port
        self._socket = accepted
        self._reader = RequestReader(port.origin, next(port.numbers))
        self._interim = b""
        self._unsent = b""
        self._closing = False
        self._deaf = False
        self._closed = False
        self._interest = selectors.EVENT_READ
        accepted.setblocking(False)
        port.loop.selector.register(accepted, self._interest, self)

    def ready(self) -> None:
        """Go on as far as the socket lets it."""
        if self._unsent:
            self._send(b"")
            self._answer_all()
        if self._unsent or self._closed:
            return
        data = self._receive()
        if data == b"":
            self.break_off()
            self.close()
        elif data and not self._deaf:
            self._reader.feed(data)
            self._answer_all()

    def break_off(self) -> bool:
        """Record what was read and not answered; tell whether there was any."""
        broken = False
        while request := self._reader.next() or self._reader.broken_off():
            self._hear(request)
            broken = True
        return broken

    def close(self) -> None:
        """Close at once, with nothing more read or sent."""
        if not self._closed:
            self._closed = True
            self._unsent = b""
            self._port.loop.selector.unregister(self._socket)
            self._port.connections.remove(self)
            self._socket.close()

    def _answer_all(self) -> None:
        while not self._unsent and (request := self._reader.next()):
            self._hear(request)
            if not self._closing:
                self._answer(request)
        if not self._closing and self._reader.expects_continue():
            self._interim = _CONTINUE
            self._send(_CONTINUE)

    def _hear(self, request: WireRequest) -> None:
        self._deaf = request.malformed is not None
        self._port.hear(request)

    def _answer(self, request: WireRequest) -> None:
        """Record the answer to the request heard last, then send it."""
        scene = self._port.scene
        answer = scene.choose(request) if scene else _TOO_LATE
        if _wants_close(request):
            answer = replace(answer, close=True)
        rendered = _rendered(answer, request)
        data = rendered.before + rendered.final + rendered.stray
        if scene:
            response = WireResponse(
                at=time.monotonic(),
                raw=self._interim + data,
                status=rendered.status,
                fields=rendered.fields,
                content=rendered.content,
                request=len(scene.requests) - 1,
                interim=((100,) if self._interim else ()) + rendered.interim,
                stray=rendered.stray,
            )
            scene.responses.append(response)
        self._interim = b""
        self._closing = rendered.close
        self._send(data)

    def _receive(self) -> bytes | None:
        """Read what has arrived: None where nothing has, empty where nothing more will."""
        try:
            return self._socket.recv(_READ_SIZE)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def _send(self, data: bytes) -> None:
        self._unsent += data
        try:
            sent = self._socket.send(self._unsent)
        except BlockingIOError:
            sent = 0
        except OSError:
            sent = len(self._unsent)  # the client has gone, as the next reading tells
        self._unsent = self._unsent[sent:]
        interest = selectors.EVENT_WRITE if self._unsent else selectors.EVENT_READ
        if interest != self._interest:
            self._interest = interest
            self._port.loop.selector.modify(self._socket, interest, self)
        if self._closing and not self._unsent:
            # Not close(): with bytes unread that resets the connection, and a client that is still
            # sending may lose the answer.
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_WR)


def _wants_close(request: WireRequest) -> bool:
    """Tell whether the client asks for the connection to end after the answer (RFC 9112 9.3)."""
    options = ",".join(request.values("connection")).lower().split(",")
    return request.version == "1.0" or "close" in (option.strip() for option in options)


def _rendered(answer: Answer, request: WireRequest) -> Rendered:
    """Render an answer, without content where the method is HEAD."""
    rendered = render(answer, request)
    if request.method != "HEAD":
        return rendered
    head, end, _content = rendered.final.partition(b"\r\n\r\n")
    return replace(rendered, final=head + end, content=b"")
