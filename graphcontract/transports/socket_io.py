"""Non-blocking input and output of one accepted socket, with or without TLS, and how it is closed.

Everything here runs in a turn of the event loop.
"""

from __future__ import annotations

import selectors
import socket
import ssl
import struct
from contextlib import suppress
from typing import Protocol

from graphcontract.transports.tls import Tls

_READ_SIZE = 16 << 10  # bytes of one read: the most plaintext of one TLS record (RFC 8446 5.1)
_NO_LINGER = struct.pack("ii", 1, 0)  # struct linger: on, zero seconds


class Owner(Protocol):
    """What the event loop calls when a pipe can be read or written."""

    def ready(self) -> None:
        """Read and write as far as the pipe allows without blocking."""
        ...

    def close(self) -> None:
        """Close the pipe."""
        ...


class Pipe:
    """A non-blocking socket, with TLS if it has a context; `unsent` are the bytes that it could not send yet.

    `received` are bytes that were already read from the socket. Nothing is read before `hand_over`.
    """

    def __init__(
        self,
        accepted: socket.socket,
        selector: selectors.BaseSelector,
        context: ssl.SSLContext | None,
        received: bytes = b"",
    ) -> None:
        self.unsent = b""
        self._received = received
        self._socket = accepted
        self._selector = selector
        self._owner: Owner | None = None
        self._unread = b""
        self._tls = Tls(context) if context else None
        self._shut = False
        self._reading = True
        self._interest = selectors.EVENT_READ
        accepted.setblocking(False)

    @property
    def established(self) -> bool:
        """Whether the TLS handshake is complete; false without TLS."""
        return self._tls is not None and self._tls.established

    @property
    def plain(self) -> bytes:
        """What the client sent without TLS where TLS is expected; empty otherwise."""
        return self._tls.plain if self._tls is not None else b""

    @property
    def protocol(self) -> str | None:
        """The protocol that the TLS handshake negotiated (ALPN); None without one, or without TLS."""
        return self._tls.protocol if self._tls is not None else None

    @property
    def server_name(self) -> str | None:
        """The name that the client sent in its TLS handshake, empty without one; None without TLS."""
        return self._tls.server_name if self._tls is not None else None

    @property
    def ended(self) -> bool:
        """Whether TLS has ended: nothing more will be received."""
        return self._tls is not None and self._tls.ended

    def hand_over(self, owner: Owner) -> None:
        """Have the event loop call this owner from now on."""
        change = self._selector.register if self._owner is None else self._selector.modify
        change(self._socket, self._interest, owner)
        self._owner = owner

    def stop_reading(self) -> None:
        """Read nothing more: the client has ended its direction, and the end would be reported for ever."""
        self._reading = False
        self._watch()

    def return_unread(self, data: bytes) -> None:
        """Give back what `receive` has read: it is read again."""
        self._unread = data

    def receive(self) -> bytes | None:
        """Read what has arrived: None if nothing has, empty at the end of the stream."""
        if self._unread:
            data, self._unread = self._unread, b""
            return data
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
        decrypted = self._tls.decrypt(data)
        self._push(self._tls.outgoing())
        return decrypted or (b"" if self._tls.ended else None)

    def send(self, data: bytes) -> None:
        """Send as much as the socket accepts now, and keep the rest in `unsent`."""
        self._push(self._tls.encrypt(data) if self._tls else data)

    def flush(self) -> None:
        """Send as much of `unsent` as the socket accepts now."""
        self._push(b"")

    def shut(self) -> None:
        """End our direction once everything is sent; the other direction is still read."""
        # Not close(): with unread bytes close() resets the connection, and a client that is still sending may
        # lose the response.
        if not self._shut:
            self._shut = True
            self._push(self._tls.end() if self._tls else b"")

    def close(self, *, reset: bool = False) -> None:
        """Close at once, without reading or sending more; `reset` sends an RST."""
        if self._tls and not self.unsent and not reset:
            self._push(self._tls.end())
        if self._interest:
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
                sent = len(data)  # the client has closed: the next read reports it
            self.unsent = data[sent:]
        self._watch()
        if self._shut and not self.unsent:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_WR)

    def _watch(self) -> None:
        """Have the event loop wait for what is needed now, which may be nothing."""
        interest = selectors.EVENT_READ if self._reading else 0
        interest = selectors.EVENT_WRITE if self.unsent else interest
        before, self._interest = self._interest, interest
        if interest == before:
            return
        if not interest:
            self._selector.unregister(self._socket)
        elif not before:
            self._selector.register(self._socket, interest, self._owner)
        else:
            self._selector.modify(self._socket, interest, self._owner)


def close(accepted: socket.socket, *, reset: bool) -> None:
    """Close a socket, with an RST if `reset`: SO_LINGER of zero seconds makes the system send one."""
    if reset:
        with suppress(OSError):
            accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    accepted.close()
