"""TLS of one connection, the server's end, over bytes alone.

Knows the ssl module; it touches no socket, and knows no HTTP.
"""

from __future__ import annotations

import ssl
from contextlib import suppress

_READ_SIZE = 64 << 10


class Tls:
    """Opens what comes over the wire and seals what is to go; `outgoing` are bytes of its own to send.

    `ended` once the client has said that it will say no more, has broken off the handshake, or has sent
    what is no TLS.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._begun = False
        self._established = False
        self.ended = False

    @property
    def handshaking(self) -> bool:
        """Whether a handshake was begun and is not complete."""
        return self._begun and not self._established

    def open(self, data: bytes) -> bytes:
        """Open bytes from the wire; empty where they say nothing yet, or are TLS's own."""
        self._begun = True
        self._incoming.write(data)
        opened = b""
        try:
            if not self._established:
                self._tls.do_handshake()
                self._established = True
            while part := self._tls.read(_READ_SIZE):
                opened += part
            self.ended = True
        except ssl.SSLWantReadError:
            pass  # all that has come is read
        except ssl.SSLError:
            self.ended = True
        return opened

    def seal(self, data: bytes) -> bytes:
        """Seal bytes for the wire."""
        unsealed = memoryview(data)
        with suppress(ssl.SSLError):  # the client has broken it, as the next reading tells
            while unsealed:
                unsealed = unsealed[self._tls.write(unsealed) :]
        return self.outgoing()

    def end(self) -> bytes:
        """Say that nothing more will be sealed; what comes can still be opened."""
        with suppress(ssl.SSLError):  # it goes on to wait for the client's own end
            self._tls.unwrap()
        return self.outgoing()

    def outgoing(self) -> bytes:
        """Give what TLS itself has to send: its part of the handshake, alerts."""
        return self._outgoing.read()
