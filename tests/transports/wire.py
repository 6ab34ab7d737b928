"""A client of the loopback transport that sends any bytes: raw sockets, and nothing of HTTP but ends."""

from __future__ import annotations

import re
import socket
import ssl
from urllib.parse import urlsplit

from graphcontract.http.stub_response import ResponseScript, StubResponse
from graphcontract.transports import Endpoint, Record
from graphcontract.transports.loopback import Loopback

DONE = StubResponse(204)
NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"
PLAIN = b"POST /beta/tasks/x1/cancel HTTP/1.1\r\nHost: here\r\nContent-Length: 0\r\n\r\n"
HALF = b"POST /beta/tasks/x1/cancel HTTP/1.1\r\nHost: he"


def done(server: Loopback, *answers: StubResponse) -> Endpoint:
    return server.open_endpoint(ResponseScript(answers or (DONE,)))


def connect(endpoint: Endpoint, name: str = "self") -> socket.socket:
    root = urlsplit(endpoint.roots[name])
    connection = socket.create_connection((root.hostname, root.port), timeout=10)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def trusting(server: Loopback) -> ssl.SSLContext:
    """What a careful client goes by: the server's authority and no other."""
    context = ssl.create_default_context(cafile=server.ca_file)
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


def careless() -> ssl.SSLContext:
    """What a client goes by that takes any certificate."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def secured(context: ssl.SSLContext, endpoint: Endpoint, name: str = "self") -> ssl.SSLSocket:
    """Connect, and shake hands."""
    return context.wrap_socket(
        connect(endpoint, name), server_hostname=urlsplit(endpoint.roots[name]).hostname
    )


def receive(connection: socket.socket, size: int) -> bytes:
    """Read so many bytes, or what comes before the end."""
    data = b""
    while len(data) < size and (more := connection.recv(min(size - len(data), 1 << 16))):
        data += more
    return data


def one_answer(connection: socket.socket, data: bytes = b"") -> bytes:
    """Send this, and read one response by its Content-Length."""
    connection.sendall(data)
    head = b""
    while not head.endswith(b"\r\n\r\n") and (more := connection.recv(1)):
        head += more
    length = re.search(rb"Content-Length: ([0-9]+)", head)
    return head + receive(connection, int(length[1]) if length else 0)


def to_the_end(connection: socket.socket) -> bytes:
    return receive(connection, 1 << 30)


def sent(endpoint: Endpoint, data: bytes) -> tuple[bytes, Record]:
    """Send bytes on a connection until it ends; returns the response, and the endpoint's record."""
    with connect(endpoint) as connection:
        connection.sendall(data)
        return to_the_end(connection), endpoint.finish()


def exchange(connection: socket.socket, data: bytes = PLAIN) -> None:
    connection.sendall(data)
    assert receive(connection, len(NO_CONTENT)) == NO_CONTENT
