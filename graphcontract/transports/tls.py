"""The server side of TLS for one connection, over bytes in memory (`ssl.MemoryBIO`).

The socket stays with `socket_io`, which reads and sends without blocking. Everything here runs in a turn of
the event loop, so that one thread at a time uses the ssl object.
"""

from __future__ import annotations

import ssl
from contextlib import suppress

from graphcontract.transports.client_hello import read_server_name

_READ_SIZE = 64 << 10  # bytes of one read, repeated until nothing is left: it bounds a buffer, not the data
_HANDSHAKE = b"\x16"  # the content type of the first record of TLS (RFC 8446 5.1)
_MOST_HELLO = 64 << 10  # bytes kept of a handshake: a ClientHello of usual stacks takes less than 2 KiB


class Tls:
    """Decrypts received bytes and encrypts bytes to send; `outgoing` returns bytes of TLS itself to send.

    `server_name` is the name that the client sent (SNI), empty without one and before the handshake.
    `established` is true after the handshake, `ended` once the client has sent close_notify, aborted the
    handshake, or sent bytes that are not TLS.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self.established = False
        self._received = b""
        self.server_name = ""
        self.ended = False

    @property
    def protocol(self) -> str | None:
        """The protocol that the handshake negotiated (ALPN); None without one."""
        return self._tls.selected_alpn_protocol()

    @property
    def plain(self) -> bytes:
        """The first bytes that the client sent, if they are not TLS."""
        is_plain = self.ended and not self.established and not self._received.startswith(_HANDSHAKE)
        return self._received if is_plain else b""

    def decrypt(self, data: bytes) -> bytes:
        """Decrypt received bytes; empty if they are incomplete or only of TLS itself."""
        self._incoming.write(data)
        decrypted = b""
        try:
            if not self.established:
                self._received += data[: _MOST_HELLO - len(self._received)]
                self._tls.do_handshake()
                self.established = True
                self.server_name, self._received = read_server_name(self._received), b""
            while part := self._tls.read(_READ_SIZE):
                decrypted += part
            self.ended = True
        except ssl.SSLWantReadError:
            pass  # everything received is decrypted
        except ssl.SSLError:
            self.ended = True
        return decrypted

    def encrypt(self, data: bytes) -> bytes:
        """Encrypt bytes to send."""
        rest = memoryview(data)
        with suppress(ssl.SSLError):  # the client has broken TLS: the next read reports it
            while rest:
                rest = rest[self._tls.write(rest) :]
        return self.outgoing()

    def end(self) -> bytes:
        """Make the close_notify to send; received bytes can still be decrypted."""
        with suppress(ssl.SSLError):  # raised since unwrap() also expects the client's close_notify
            self._tls.unwrap()
        return self.outgoing()

    def outgoing(self) -> bytes:
        """Return the bytes of TLS itself to send: handshake messages and alerts."""
        return self._outgoing.read()
