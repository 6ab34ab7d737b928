"""Ports and connections of the loopback server: requests in, scripted answers out, both recorded.

Everything here is moved on in a turn of its loop.
"""

from __future__ import annotations

import selectors
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import replace

from graphcontract.exchange import WireRequest, WireResponse
from graphcontract.service import Answer, Rendered, render
from graphcontract.transports import faults, pipes
from graphcontract.transports.arriving import RequestReader
from graphcontract.transports.filling import filled
from graphcontract.transports.pipes import Pipe
from graphcontract.transports.scenes import Scene
from graphcontract.transports.serving import Loop

ADDRESS = "127.0.0.1"

_BACKLOG = 128
_MOST_CONNECTIONS = 32  # a client may leave one open with every call
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_TOO_LATE = Answer(503, close=True)


class Port:
    """A bound socket, the scene on it, and its connections, which are kept from scene to scene.

    `context` is that of the TLS spoken here, None for none; `late` counts the requests that came
    while there was no scene.
    """

    def __init__(self, loop: Loop, numbers: Iterator[int]) -> None:
        self.loop = loop
        self.numbers = numbers
        self.scene: Scene | None = None
        self.context: ssl.SSLContext | None = None
        self.connections: list[Connection] = []
        self.late = 0
        self._socket = socket.create_server((ADDRESS, 0), backlog=_BACKLOG, reuse_port=True)
        self.number: int = self._socket.getsockname()[1]
        self.origin = f"{ADDRESS}:{self.number}"
        self._closed = False
        self._listening = False
        self._listen()

    def ready(self) -> None:
        """Take new connections in; the oldest gives way where there are too many."""
        for _ in range(_BACKLOG if self._listening else 0):
            try:
                accepted, _address = self._socket.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            if self.scene is not None:
                self.scene.connections += 1
                if self.scene.strikes("reset-at-connect"):
                    pipes.close(accepted, reset=True)
                    continue
            if len(self.connections) >= _MOST_CONNECTIONS:
                self.connections[0].break_off()
                self.connections[0].close()
            connection = Connection(self, accepted)
            self.connections.append(connection)
            connection.ready()

    def root(self, host: str) -> str:
        """The scheme and authority by which this port is asked, by that name of its address."""
        return f"{'https' if self.context else 'http'}://{host}:{self.number}"

    def change(self, context: ssl.SSLContext | None) -> None:
        """Speak this TLS, or none, from now on; connections that are kept are closed."""
        self._take_in()
        self._close_connections()
        self.context = context

    def open(self, scene: Scene) -> None:
        """Put a scene on. Kept connections stay, unless it is to refuse any."""
        self._take_in()
        if scene.refuses:
            self._close_connections()
            self._refuse()
        self.scene = scene

    def end(self) -> None:
        """Read and answer what has arrived, then take the scene off."""
        self._take_in()
        self.scene = None
        if not self._listening:
            self._listen()

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
            self._stop_listening()
            self._socket.close()
            self._close_connections()

    def _take_in(self) -> None:
        """Read and answer what has arrived; half a request, or an answer held back, ends its connection."""
        self.ready()
        for connection in tuple(self.connections):
            connection.ready()
            if connection.break_off() or connection.held:
                connection.close()

    def _listen(self) -> None:
        self._socket.listen(_BACKLOG)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # inherited by connections
        self._listening = True
        self.loop.selector.register(self._socket, selectors.EVENT_READ, self)

    def _stop_listening(self) -> None:
        if self._listening:
            self._listening = False
            self.loop.selector.unregister(self._socket)

    def _refuse(self) -> None:
        """Have connections refused, by a socket that takes the listening one's place and does not listen.

        It is bound beside that one (both reuse the port), so that nobody else gets the port meanwhile.
        """
        bound = socket.socket()
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind((ADDRESS, self.number))
        self._stop_listening()
        self._socket.close()
        self._socket = bound

    def _close_connections(self) -> None:
        for connection in tuple(self.connections):
            connection.close()


class Connection:
    """One connection: answers each request before it reads the next, until an answer ends that.

    After that its other direction is still read to the end: what comes there is recorded, unless
    it follows something malformed.
    """

    def __init__(self, port: Port, accepted: socket.socket) -> None:
        self._port = port
        self._pipe = Pipe(accepted, port.loop.selector, self, port.context)
        scheme = "https" if port.context else "http"
        self._reader = RequestReader(port.origin, next(port.numbers), scheme)
        self._interim = b""
        self._ending: faults.Ending | None = None
        self._deaf = False
        self._closed = False

    @property
    def held(self) -> bool:
        """Whether a request is left without an answer, or with one that has no end."""
        return self._ending == "hold"

    def ready(self) -> None:
        """Go on as far as the socket lets it."""
        if self._pipe.unsent:
            self._pipe.flush()
            self._end_if_sent()
            self._answer_all()
        if self._pipe.unsent or self._closed:
            return
        data = self._pipe.receive()
        if data and not self._deaf:
            self._take(data)
        if data == b"" or (self._pipe.ended and not self._pipe.unsent):
            self.break_off()
            self.close()

    def break_off(self) -> bool:
        """Record what was read and not answered, or a handshake under way; tell whether there was any."""
        if self._closed:
            return False
        broken = self._pipe.handshaking
        if broken and self._port.scene:
            self._port.scene.handshakes_failed += 1
        while request := self._reader.next() or self._reader.broken_off():
            self._hear(request)
            broken = True
        return broken

    def close(self, *, reset: bool = False) -> None:
        """Close at once, with nothing more read or sent."""
        if not self._closed:
            self._closed = True
            self._port.connections.remove(self)
            self._pipe.close(reset=reset)

    def _take(self, data: bytes) -> None:
        scene = self._port.scene
        begins = self._ending is None and self._reader.idle
        if begins and scene and scene.strikes("reset-in-request", "reset-at-connect"):
            self.close(reset=True)
        else:
            self._reader.feed(data)
            self._answer_all()

    def _answer_all(self) -> None:
        while not self._pipe.unsent and not self._closed and (request := self._reader.next()):
            self._hear(request)
            if self._ending is None:
                self._answer(request)
        if self._ending is None and self._reader.expects_continue():
            self._interim = _CONTINUE
            self._pipe.send(_CONTINUE)

    def _hear(self, request: WireRequest) -> None:
        self._deaf = request.malformed is not None
        self._port.hear(request)

    def _answer(self, request: WireRequest) -> None:
        """Record the answer to the request heard last, then send it."""
        scene = self._port.scene
        answer = filled(scene.choose(request), scene.places) if scene else _TOO_LATE
        if _wants_close(request):
            answer = replace(answer, close=True)
        rendered = _rendered(answer, request)
        sent = faults.as_sent(answer, rendered)
        data = sent.before + sent.final + sent.stray
        if scene:
            response = WireResponse(
                at=time.monotonic(),
                raw=self._interim + data,
                status=sent.status,
                fields=sent.fields,
                content=sent.content,
                request=len(scene.requests) - 1,
                interim=((100,) if self._interim else ()) + sent.interim,
                stray=sent.stray,
                fault=answer.fault,
            )
            scene.responses.append(response)
        self._interim = b""
        self._ending = faults.ending(answer, rendered)
        if answer.fault == "dripped":
            self._drip(faults.drops(data), answer.drip)
        else:
            self._pipe.send(data)
            self._end_if_sent()

    def _drip(self, drops: Iterator[bytes], pause: float) -> None:
        if not self._closed:
            self._pipe.send(next(drops))
            self._port.loop.later(pause, lambda: self._drip(drops, pause))

    def _end_if_sent(self) -> None:
        if self._pipe.unsent:
            return
        if self._ending == "shut":
            self._pipe.shut()
        elif self._ending in ("close", "reset"):
            self.close(reset=self._ending == "reset")


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
