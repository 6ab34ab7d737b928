"""The bytes of one accepted socket: what has come, what is to go, and how it ends.

Knows sockets and TLS; it knows no HTTP.
"""

from __future__ import annotations

import selectors
import socket
import ssl
import struct
from contextlib import suppress
from typing import Protocol

from graphcontract.transports.tls import Tls

_READ_SIZE = 16 << 10
_NO_LINGER = struct.pack("ii", 1, 0)


class Owner(Protocol):
    """Whom a loop tells that a pipe can be read or written."""

    def ready(self) -> None:
        """Go on as far as the pipe lets it."""
        ...

    def close(self) -> None:
        """Close the pipe."""
        ...


class Pipe:
    """A non-blocking socket, with TLS where it is given a context; `unsent` is what it could not send yet.

    `received` was read off the socket before.
    """

    def __init__(
        self,
        accepted: socket.socket,
        selector: selectors.BaseSelector,
        owner: Owner,
        context: ssl.SSLContext | None,
        received: bytes = b"",
    ) -> None:
        self.unsent = b""
        self._received = received
        self._socket = accepted
        self._selector = selector
        self._owner = owner
        self._tls = Tls(context) if context else None
        self._shut = False
        self._interest = selectors.EVENT_READ
        accepted.setblocking(False)
        selector.register(accepted, self._interest, owner)

    @property
    def handshaking(self) -> bool:
        """Whether a TLS handshake was begun and is not complete."""
        return self._tls is not None and self._tls.handshaking

    @property
    def ended(self) -> bool:
        """Whether TLS has ended: nothing more will be received."""
        return self._tls is not None and self._tls.ended

    def receive(self) -> bytes | None:
        """Read what has arrived: None where nothing has, empty where nothing more will."""
        if self.ended:
            return b""
        try:
            data = self._received or self._socket.recv(_READ_SIZE)
        except BlockingIOError:
            return None
        except OSError:
            return b""
        self._received = b""
        if self._tls is None or not data:
            return data
        opened = self._tls.open(data)
        self._push(self._tls.outgoing())
        return opened or (b"" if self._tls.ended else None)

    def send(self, data: bytes) -> None:
        """Send as much as the socket takes now, and keep the rest."""
        self._push(self._tls.seal(data) if self._tls else data)

    def flush(self) -> None:
        """Send of what was kept as much as the socket takes now."""
        self._push(b"")

    def shut(self) -> None:
        """End our direction once all is sent; the other one is still read."""
        # Not close(): with bytes unread that resets the connection, and a client that is still
        # sending may lose the answer.
        if not self._shut:
            self._shut = True
            self._push(self._tls.end() if self._tls else b"")

    def close(self, *, reset: bool = False) -> None:
        """Close at once, with nothing more read or sent; `reset` tells the client by an RST."""
        if self._tls and not self.unsent and not reset:
            self._push(self._tls.end())
        self._selector.unregister(self._socket)
        self.unsent = b""
        close(self._socket, reset=reset)

    def _push(self, data: bytes) -> None:
        data = self.unsent + data
        if data:
            try:
                sent = self._socket.send(data)
            except BlockingIOError:
                sent = 0
            except OSError:
                sent = len(data)  # the client has gone, as the next reading tells
            self.unsent = data[sent:]
        interest = selectors.EVENT_WRITE if self.unsent else selectors.EVENT_READ
        if interest != self._interest:
            self._interest = interest
            self._selector.modify(self._socket, interest, self._owner)
        if self._shut and not self.unsent:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_WR)


def close(accepted: socket.socket, *, reset: bool) -> None:
    """Close a socket, by an RST where a reset is asked for."""
    if reset:
        with suppress(OSError):
            accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    accepted.close()
