"""Records the bytes of a tenant's response as they arrive, and finds those that follow its end.

An HTTP library drops what follows a 204 or the end of the content. On a connection that is used again, a
client would take these bytes for its next response.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import h11
import httpcore

# Most bytes after a response come in its own segment. A server that closes the connection, as the request
# asks for, ends the wait at once; one that keeps it open costs this time for each request.
_PATIENCE = 0.2
_MOST_STRAY = 64 * 1024  # bytes after the end of a response; more are no better proof
_OPENED = ("connect_tcp.complete", "start_tls.complete")


class Wire:
    """The bytes received over the connection of one request, decrypted where it uses TLS.

    `follow` gets the events of httpcore's trace extension. After a proxy's CONNECT, recording starts anew
    with TLS, so the proxy's response is not part of it.
    """

    def __init__(self) -> None:
        self._received = bytearray()
        self._stream: Any = None

    def follow(self, event: str, details: Mapping[str, Any]) -> None:
        """Record a new connection from its first byte."""
        if event.endswith(_OPENED):
            self._received.clear()
            self._stream = details["return_value"]
            self._stream.read = self._record(self._stream.read)

    def _record(self, read: Any) -> Any:
        async def read_and_record(max_bytes: int, timeout: float | None = None) -> bytes:
            data: bytes = await read(max_bytes, timeout)
            self._received += data
            return data

        return read_and_record

    async def read_on(self) -> None:
        """Read what follows a response, until the server closes the connection or falls silent."""
        most = len(self._received) + _MOST_STRAY
        until = time.monotonic() + _PATIENCE
        try:
            while len(self._received) < most and (left := until - time.monotonic()) > 0:
                if not await self._stream.read(_MOST_STRAY, left):
                    return
        except (httpcore.TimeoutException, httpcore.NetworkError):
            return

    def find_stray(self, method: str) -> bytes:
        """Find the bytes after the end of the final response to a request with this method."""
        connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=len(self._received) + 1)
        connection.send(h11.Request(method=method, target="/", headers=[("Host", "tenant")]))
        connection.send(h11.EndOfMessage())
        connection.receive_data(bytes(self._received))
        while not isinstance(event := connection.next_event(), h11.EndOfMessage):
            if event in (h11.NEED_DATA, h11.PAUSED):  # it ends with the connection, so nothing follows it
                return b""
        return connection.trailing_data[0][:_MOST_STRAY]
