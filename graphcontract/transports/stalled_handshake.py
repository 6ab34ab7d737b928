"""Connections whose TLS handshake never completes. Everything here runs in a turn of the event loop."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from graphcontract.transports.socket_io import Pipe
from graphcontract.transports.tls import Tls

if TYPE_CHECKING:
    from graphcontract.transports.origins import Origin


class StalledHandshake:
    """A connection that reads everything and sends nothing, or the first `half` of the server's messages.

    `received` are bytes that were already read from its socket.
    """

    is_held = True

    def __init__(self, origin: Origin, accepted: socket.socket, received: bytes, *, half: bool) -> None:
        self._origin = origin
        self._pipe = Pipe(accepted, origin.loop.selector, None, received)
        self._pipe.hand_over(self)
        self._tls = Tls(origin.context) if half and origin.context else None
        self._closed = False

    def ready(self) -> None:
        """Read what has arrived, and send half of what TLS would send in return, once."""
        if self._closed:
            return
        data = self._pipe.receive()
        if data == b"":
            self.close()
        elif data and self._tls is not None:
            self._tls.decrypt(data)
            flight = self._tls.outgoing()
            if flight:
                self._tls = None
                self._pipe.send(flight[: len(flight) // 2])

    def break_off(self) -> bool:
        """Return true: the handshake is unfinished."""
        return True

    def end_call(self) -> None:
        """Do nothing: nothing was put off until the call has ended."""

    def send_late(self) -> None:
        """Do nothing: there is no late response."""

    def close(self, *, reset: bool = False) -> None:
        """Close at once, with nothing more read or sent."""
        if not self._closed:
            self._closed = True
            self._origin.connections.remove(self)
            self._pipe.close(reset=reset)
