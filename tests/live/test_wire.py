"""What follows a response is read from the wire, however the server sends it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from graphcontract.live.safety.allowed_hosts import Root
from graphcontract.live.sender import Sender
from graphcontract.wire import WireResponse

HEAD = b"HTTP/1.1 204 No Content\r\nX-A: b\r\n"
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}"


@contextmanager
def sending(parts: tuple[bytes, ...], *, closes: bool = True) -> Iterator[str]:
    """A server that sends these segments in response to one request; its root."""
    ready = threading.Event()

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(10)
            connection.recv(65536)
            for part in parts:
                connection.sendall(part)
            if not closes:
                ready.wait(10)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            ready.set()
            thread.join(10)


def sent(parts: tuple[bytes, ...], method: str = "POST", *, closes: bool = True) -> WireResponse:
    with sending(parts, closes=closes) as url:
        sender = Sender(Root(url, "127.0.0.1", secure=False, loopback=True), time.monotonic)
        return sender.send(method, "/a", ())[1]


@pytest.mark.parametrize("closes", [True, False])
@pytest.mark.parametrize(
    ("parts", "stray"),
    [
        ((HEAD + b"\r\n",), b""),
        ((HEAD + b"Content-Length: 0\r\n\r\n",), b""),
        ((HEAD + b"Content-Length: 2\r\n\r\n{}",), b"{}"),
        ((HEAD + b"Content-Length: 2\r\n\r\n", b"{}"), b"{}"),
        ((HEAD + b"\r\n", b"{", b"}"), b"{}"),
        ((HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",), b"0\r\n\r\n"),
        ((b"HTTP/1.1 103 Early Hints\r\n\r\n" + HEAD + b"\r\n{}",), b"{}"),
        ((NOT_FOUND,), b""),
        ((NOT_FOUND + HEAD + b"\r\n",), HEAD + b"\r\n"),
    ],
)
def test_bytes_behind_a_response(parts: tuple[bytes, ...], stray: bytes, closes: bool) -> None:
    response = sent(parts, closes=closes)
    assert response.stray == stray
    assert response.raw.endswith(stray)
    assert response.content == (b"{}" if parts[0].startswith(NOT_FOUND) else b"")


def test_content_of_a_response_to_head_is_behind_it() -> None:
    assert sent((NOT_FOUND,), "HEAD").stray == b"{}"


def test_content_that_ends_with_the_connection_has_nothing_behind_it() -> None:
    response = sent((b"HTTP/1.1 200 OK\r\n\r\n{", b"}"))
    assert (response.content, response.stray) == (b"{}", b"")
