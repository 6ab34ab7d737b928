"""Origins: where requests to one authority arrive, the scene there, and the port that it may have to itself.

Knows connections and listening sockets; what is said over them is `connections`' business.
"""

from __future__ import annotations

import selectors
import socket
import ssl
from collections.abc import Iterator

from graphcontract.exchange import WireRequest
from graphcontract.transports import socket_io
from graphcontract.transports.connections import Connection
from graphcontract.transports.event_loop import Loop
from graphcontract.transports.stub_state import StubState

ADDRESS = "127.0.0.1"

BACKLOG = 128
_MOST_CONNECTIONS = 32  # a client may leave one open with every call


class Origin:
    """The scene of one `host:port`, its `name`, and its connections, which are kept from scene to scene.

    `context` is that of the TLS spoken here, None for none; `late` counts the requests that came
    while there was no scene. `odd` says that a kept connection may be out of step with its client: something
    was sent that not every client reads to its end, or the connection ended unannounced.
    """

    def __init__(
        self, loop: Loop, numbers: Iterator[int], name: str, context: ssl.SSLContext | None = None
    ) -> None:
        self.loop = loop
        self.numbers = numbers
        self.name = name
        self.context = context
        self.scene: StubState | None = None
        self.connections: list[Connection] = []
        self.odd = False
        self.late = 0

    def admit(self, accepted: socket.socket, received: bytes = b"") -> None:
        """Take a connection in, of which this was read already; the oldest gives way where there are too
        many.
        """
        if self.scene is not None:
            self.scene.connections += 1
            if self.scene.strikes("reset-at-connect"):
                self.odd = True
                socket_io.close(accepted, reset=True)
                return
        if len(self.connections) >= _MOST_CONNECTIONS:
            self.connections[0].break_off()
            self.connections[0].close()
        connection = Connection(self, accepted, received)
        self.connections.append(connection)
        connection.ready()

    def change(self, context: ssl.SSLContext | None) -> None:
        """Speak this TLS, or none, from now on; connections that are kept are closed."""
        self._take_in()
        self.close_connections()
        self.context = context

    def open(self, scene: StubState) -> None:
        """Put a scene on. Kept connections stay, unless it is to refuse any."""
        self._take_in()
        if scene.refuses:
            self.close_connections()
        self.scene = scene

    def end(self) -> None:
        """Read and answer what has arrived, then take the scene off."""
        self._take_in()
        self.scene = None

    def hear(self, request: WireRequest) -> None:
        """Record a request with the scene, or count it as late."""
        if self.scene is None:
            self.late += 1
        else:
            self.scene.requests.append(request)
            self.scene.asked.set()

    def close_connections(self) -> None:
        """Close every connection, with nothing more read or sent."""
        for connection in tuple(self.connections):
            connection.close()

    def _take_in(self) -> None:
        """Read and answer what has arrived; half a request, or an answer held back, ends its connection."""
        for connection in tuple(self.connections):
            connection.ready()
            if connection.break_off() or connection.held:
                connection.close()


class Port(Origin):
    """An origin with a bound socket of its own, which listens from the first scene on.

    Its number is none of those in `bound`, and is added to them.
    """

    def __init__(self, loop: Loop, numbers: Iterator[int], bound: set[int]) -> None:
        self._socket = _bind_anew(bound)
        self.number: int = self._socket.getsockname()[1]
        super().__init__(loop, numbers, f"{ADDRESS}:{self.number}")
        self._closed = False
        self._listening = False

    def ready(self) -> None:
        """Take new connections in."""
        if self._listening:
            for accepted in accept(self._socket):
                self.admit(accepted)

    def root(self, host: str) -> str:
        """The scheme and authority by which this port is asked, by that name of its address."""
        return f"{'https' if self.context else 'http'}://{host}:{self.number}"

    def open(self, scene: StubState) -> None:
        """Put a scene on, and listen, but where it is to refuse any connection."""
        super().open(scene)
        if scene.refuses:
            self._refuse()
        elif not self._listening:
            self._listen()

    def end(self) -> None:
        """Read and answer what has arrived, take the scene off, and listen again."""
        super().end()
        if not self._listening:
            self._listen()

    def close(self) -> None:
        """Close the port and its connections for good."""
        if not self._closed:
            self._closed = True
            self._stop_listening()
            self._socket.close()
            self.close_connections()

    def _take_in(self) -> None:
        self.ready()
        super()._take_in()

    def _listen(self) -> None:
        listen(self._socket)
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


def _bind_anew(bound: set[int]) -> socket.socket:
    """Bind a port that this run has not had before: a client may keep connections to that one."""
    had = []
    try:
        while (port := (made := bind()).getsockname()[1]) in bound:
            had.append(made)  # kept bound until another is found, or the system would give it again
        bound.add(port)
        return made
    finally:
        for each in had:
            each.close()


def bind() -> socket.socket:
    """Bind a socket to a free port of the loopback interface."""
    return socket.create_server((ADDRESS, 0), backlog=BACKLOG, reuse_port=True)


def listen(bound: socket.socket) -> None:
    """Listen without blocking; connections send at once what they are given."""
    bound.listen(BACKLOG)
    bound.setblocking(False)
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # inherited by connections


def accept(listening: socket.socket) -> Iterator[socket.socket]:
    """Give the connections that have been made, as many as can have been waiting."""
    for _ in range(BACKLOG):
        try:
            accepted, _address = listening.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        yield accepted
