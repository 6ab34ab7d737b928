"""New TLS connections, until their handshake says whether HTTP/1.1 or HTTP/2 is spoken on them (ALPN)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from graphcontract.transports.connections import Connection
from graphcontract.transports.request_reader import RequestReader

if TYPE_CHECKING:
    from graphcontract.transports.origins import Origin
    from graphcontract.transports.socket_io import Pipe

_WITHOUT_TLS = "sent without TLS where TLS is expected"


class Negotiation:
    """A connection whose TLS handshake is not complete. After it, another one takes its place."""

    is_held = False

    def __init__(self, origin: Origin, pipe: Pipe) -> None:
        self._origin = origin
        self._pipe = pipe
        self._done = False
        pipe.hand_over(self)

    def ready(self) -> None:
        """Go on with the handshake as far as the socket allows without blocking."""
        if self._pipe.unsent:
            self._pipe.flush()
        if self._pipe.unsent or self._done:
            return
        data = self._pipe.receive()
        if self._pipe.established:
            self._pipe.return_unread(data or b"")
            self._done = True
            self._hand_over()
        elif data == b"" or self._pipe.ended:
            self._record_plain()
            self.close()

    def break_off(self) -> bool:
        """Return false: nothing was requested. A client may have connected in advance, as for its next call
        after one that timed out, and would find such a connection closed.
        """
        return False

    def end_call(self) -> None:
        """Do nothing: nothing was put off until the call has ended."""

    def send_late(self) -> None:
        """Do nothing: there is no late response."""

    def close(self, *, reset: bool = False) -> None:
        """Close at once, with nothing more read or sent."""
        if not self._done:
            self._done = True
            self._origin.connections.remove(self)
            self._pipe.close(reset=reset)

    def _record_plain(self) -> None:
        """Record a request that was sent without TLS, as by a client that falls back to http: whoever is in
        between can read it.
        """
        if not self._pipe.plain:
            return
        reader = RequestReader(self._origin.name, next(self._origin.numbers), "http")
        reader.feed(self._pipe.plain)
        request = reader.next() or reader.read_incomplete()
        if request is not None and request.method:
            self._origin.record(replace(request, malformed=_WITHOUT_TLS))

    def _hand_over(self) -> None:
        connections = self._origin.connections
        if self._pipe.protocol == "h2":
            # Only here: to import h2 takes 50 ms, which a run without HTTP/2 need not spend.
            from graphcontract.transports.http2_connection import Http2Connection

            made: Connection | Http2Connection = Http2Connection(self._origin, self._pipe)
        else:
            made = Connection(self._origin, self._pipe)
        connections[connections.index(self)] = made
        made.ready()
