"""Reads the server name (SNI) that a client sends in its ClientHello (RFC 8446 4.1.2, RFC 6066 3).

OpenSSL also has a callback for it, but Python raises in that callback if the name is not ASCII.
"""

from __future__ import annotations

_HANDSHAKE = b"\x16"  # the content type of a record (RFC 8446 5.1)
_CLIENT_HELLO = b"\x01"
_SERVER_NAME = b"\0\0"
_HOST_NAME = b"\0"


class _Fields:
    """Reads the fields of TLS's presentation language, which are empty after the end of the data."""

    def __init__(self, data: bytes) -> None:
        self.rest = data

    def take(self, size: int) -> bytes:
        """Read a field of this many bytes."""
        taken, self.rest = self.rest[:size], self.rest[size:]
        return taken

    def take_vector(self, width: int) -> bytes:
        """Read a field after its length, a number of `width` bytes."""
        return self.take(int.from_bytes(self.take(width)))


def read_server_name(received: bytes) -> str:
    """Read the host name from the first bytes that a client sent; empty if it sent none. Bytes that are not
    ASCII are read as Latin-1.
    """
    hello = _Fields(_join_records(received))
    if hello.take(1) != _CLIENT_HELLO:
        return ""
    body = _Fields(hello.take_vector(3))
    body.take(2 + 32)  # version and random
    for width in (1, 2, 1):  # session id, cipher suites, compression methods
        body.take_vector(width)
    extensions = _Fields(body.take_vector(2))
    while kind := extensions.take(2):
        content = extensions.take_vector(2)
        if kind == _SERVER_NAME:
            names = _Fields(_Fields(content).take_vector(2))
            while name_type := names.take(1):
                name = names.take_vector(2)
                if name_type == _HOST_NAME:
                    return name.decode("latin-1")
    return ""


def _join_records(received: bytes) -> bytes:
    """Join the content of the first records, over which a long ClientHello is spread."""
    records, content = _Fields(received), b""
    while records.take(1) == _HANDSHAKE:
        records.take(2)  # version
        content += records.take_vector(2)
    return content
