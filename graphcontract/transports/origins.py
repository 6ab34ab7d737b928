"""Origins: the server side of one authority, with its connections, its stub state, and usually a port.

Methods are called in a turn of the event loop, so that no other thread changes state or connections
meanwhile.
"""

from __future__ import annotations

import selectors
import socket
import ssl
from collections.abc import Iterator
from typing import Protocol

from graphcontract.transports import OpenConnections, socket_io
from graphcontract.transports.connections import Connection
from graphcontract.transports.event_loop import Loop
from graphcontract.transports.negotiation import Negotiation
from graphcontract.transports.stalled_handshake import StalledHandshake
from graphcontract.transports.stub_state import StubState
from graphcontract.wire import MOST_CONNECTIONS, WireRequest

ADDRESS = "127.0.0.1"

BACKLOG = 128  # connections that wait for the loop; also the most that one turn accepts from a port


class ServedConnection(Protocol):
    """A connection of an origin, whatever protocol it speaks."""

    @property
    def is_held(self) -> bool:
        """Whether a request has no response on purpose, not even after the call, or one without an end."""
        ...

    def ready(self) -> None:
        """Read, respond and send as far as the socket allows without blocking."""
        ...

    def break_off(self) -> bool:
        """Record unanswered requests; return whether there were any, or the handshake is never to end."""
        ...

    def end_call(self) -> None:
        """Do what was put off until the call has ended."""
        ...

    def send_late(self) -> None:
        """Send the response of a call that has ended, if it was put off until now."""
        ...

    def close(self, *, reset: bool = False) -> None:
        """Close at once, with nothing more read or sent."""
        ...


class Origin:
    """One `host:port`, its `name`, and its connections, which persist from one endpoint to the next.

    `context` is the TLS context, None for plain http. `desynced` says that a persistent connection may be out
    of sync with its client: something was sent that not every client reads completely, or the connection
    ended unannounced.
    """

    def __init__(
        self, loop: Loop, numbers: Iterator[int], name: str, context: ssl.SSLContext | None = None
    ) -> None:
        self.loop = loop
        self.numbers = numbers
        self.name = name
        self.context = context
        self._states: list[StubState] = []
        self.connections: list[ServedConnection] = []
        self.desynced = False

    @property
    def state(self) -> StubState | None:
        """The stub state of the endpoint that was opened last, None without an open one."""
        return self._states[-1] if self._states else None

    def admit(self, accepted: socket.socket, received: bytes = b"") -> None:
        """Serve a new connection, from which `received` was already read; closes the oldest of too many."""
        if self.state is not None:
            self.state.connections += 1
            if self.state.take_fault("reset-at-connect"):
                self.desynced = True
                socket_io.close(accepted, reset=True)
                return
        if len(self.connections) >= MOST_CONNECTIONS:
            self.connections[0].break_off()
            self.connections[0].close()
        connection = self._make_connection(accepted, received)
        self.connections.append(connection)
        connection.ready()

    def _make_connection(self, accepted: socket.socket, received: bytes) -> ServedConnection:
        for fault in ("stalled-handshake", "half-handshake"):
            if self.context is not None and self.state is not None and self.state.take_fault(fault):
                half = fault == "half-handshake"
                return StalledHandshake(self, accepted, received, half=half)
        pipe = socket_io.Pipe(accepted, self.loop.selector, self.context, received)
        return Connection(self, pipe) if self.context is None else Negotiation(self, pipe)

    def change(self, context: ssl.SSLContext | None) -> None:
        """Use this TLS context, or none, from now on, and close the persistent connections."""
        self._drain()
        self.close_connections()
        self.context = context

    def open(self, state: StubState) -> None:
        """Start to serve an endpoint. Persistent connections stay, unless it refuses connections."""
        self._drain()
        if state.refuses_connections:
            self.close_connections()
        self._states = [state]

    def open_beside(self, state: StubState) -> None:
        """Start to serve one more endpoint: each gets the requests that concern its call."""
        self._states.append(state)

    def end_beside(self, state: StubState) -> bool:
        """Stop to serve one of several endpoints, with everything that has arrived recorded; return whether
        it was one of several.
        """
        if len(self._states) < 2:
            return False
        for connection in tuple(self.connections):
            connection.ready()
        self._states.remove(state)
        return True

    def end(self) -> None:
        """Respond to everything that has arrived, then stop to serve the endpoint, and do what was put off
        until then.
        """
        self._drain()
        self._states = []
        for connection in tuple(self.connections):
            connection.end_call()

    def record(self, request: WireRequest) -> StubState | None:
        """Record a request for the open endpoint that it concerns, and send the late responses of the call
        before. Return the state of the endpoint; without one, a request belongs to no call.
        """
        state = self.state
        if len(self._states) > 1:
            state = next((each for each in self._states if each.concerns(request)), state)
        if state is not None:
            for connection in tuple(self.connections):
                connection.send_late()
            state.requests.append(request)
            state.first_request.set()
        return state

    def count_connections(self) -> OpenConnections:
        """Count the connections that the client has not closed."""
        for connection in tuple(self.connections):
            connection.ready()
        waiting = sum(connection.is_held for connection in self.connections)
        return OpenConnections(len(self.connections), waiting)

    def close_connections(self) -> None:
        """Close every connection, with nothing more read or sent."""
        for connection in tuple(self.connections):
            connection.close()

    def _drain(self) -> None:
        """Respond to everything that has arrived; close connections with half a request or a held
        response.
        """
        for connection in tuple(self.connections):
            connection.ready()
        for connection in tuple(self.connections):  # some take the place of one whose handshake has ended
            if connection.break_off() or connection.is_held:
                connection.close()


class Port(Origin):
    """An origin with its own bound socket, which listens from the first endpoint on.

    Its number is not in `bound`, and is added to it.
    """

    def __init__(self, loop: Loop, numbers: Iterator[int], bound: set[int], address: str = ADDRESS) -> None:
        self._address = address
        self._socket = _bind_new_port(bound, address)
        self.number: int = self._socket.getsockname()[1]
        super().__init__(loop, numbers, f"{address}:{self.number}")
        self._closed = False
        self._listening = False

    def ready(self) -> None:
        """Accept new connections."""
        if self._listening:
            for accepted in accept(self._socket):
                self.admit(accepted)

    def root(self, host: str) -> str:
        """Format the root of this port, with that name or address as its host."""
        return f"{'https' if self.context else 'http'}://{host}:{self.number}"

    def open(self, state: StubState) -> None:
        """Start to serve an endpoint, and listen, unless it refuses connections."""
        super().open(state)
        if state.refuses_connections:
            self._refuse_connections()
        elif not self._listening:
            self._listen()

    def end(self) -> None:
        """Respond to everything that has arrived, stop to serve the endpoint, and listen again."""
        super().end()
        if not self._listening:
            self._listen()

    def close(self) -> None:
        """Close the port and its connections permanently."""
        if not self._closed:
            self._closed = True
            self._stop_listening()
            self._socket.close()
            self.close_connections()

    def _drain(self) -> None:
        self.ready()
        super()._drain()

    def _listen(self) -> None:
        listen(self._socket)
        self._listening = True
        self.loop.selector.register(self._socket, selectors.EVENT_READ, self)

    def _stop_listening(self) -> None:
        if self._listening:
            self._listening = False
            self.loop.selector.unregister(self._socket)

    def _refuse_connections(self) -> None:
        """Replace the listening socket by one that does not listen, so that connections are refused.

        It is bound before the other is closed (both reuse the port), so that no other process gets the port.
        """
        bound = socket.socket()
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind((self._address, self.number))
        self._stop_listening()
        self._socket.close()
        self._socket = bound


def _bind_new_port(bound: set[int], address: str) -> socket.socket:
    """Bind a port that this run has not used: a client may still have connections to an earlier one."""
    rejected = []
    try:
        while (port := (made := bind(address)).getsockname()[1]) in bound:
            rejected.append(made)  # stay bound until another is found, or the system would return it again
        bound.add(port)
        return made
    finally:
        for each in rejected:
            each.close()


def bind(address: str = ADDRESS) -> socket.socket:
    """Bind a socket to a free port of the loopback interface."""
    return socket.create_server((address, 0), backlog=BACKLOG, reuse_port=True)


def has_address(address: str) -> bool:
    """Whether this machine has an address: Linux has all that begin with 127, and macOS one of them."""
    try:
        bind(address).close()
    except OSError:
        return False
    return True


def listen(bound: socket.socket) -> None:
    """Make a bound socket listen without blocking, and its connections send without delay (TCP_NODELAY)."""
    bound.listen(BACKLOG)
    bound.setblocking(False)
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # inherited by connections


def accept(listening: socket.socket) -> Iterator[socket.socket]:
    """Accept the waiting connections, at most as many as the backlog holds."""
    for _ in range(BACKLOG):
        try:
            accepted, _address = listening.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        yield accepted
