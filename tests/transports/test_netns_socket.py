"""Anything may be sent to the network namespace socket: the loop goes on, and receives the next."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from graphcontract.transports.proxy import Proxy

pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no Unix sockets")


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with Proxy("https://graph.test") as up:
        yield up


def hand_in(proxy: Proxy, *descriptors: int) -> bytes:
    """Send these, and read the reply until the socket closes."""
    assert proxy.netns_socket is not None
    with socket.socket(socket.AF_UNIX) as sender:
        sender.settimeout(5)
        sender.connect(proxy.netns_socket)
        socket.send_fds(sender, [b"!"], list(descriptors))
        try:
            return sender.recv(8)
        except ConnectionResetError:
            return b""


def test_a_listening_socket_is_taken(proxy: Proxy) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        assert hand_in(proxy, listening.fileno()) == b"!"
        with socket.create_connection(listening.getsockname(), timeout=5) as connection:
            connection.sendall(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(8).startswith(b"HTTP/1.1")
        assert (proxy.arrivals, proxy.inside) == (1, 1)


def test_what_is_not_a_listening_socket_is_left(proxy: Proxy, tmp_path: Path) -> None:
    assert hand_in(proxy) == b""
    with open(tmp_path / "file", "wb") as file:
        assert hand_in(proxy, file.fileno()) == b""
    assert proxy.arrivals == 0
    assert proxy.netns_socket is not None
    with socket.socket(socket.AF_UNIX) as sender:
        sender.connect(proxy.netns_socket)  # and leaves
    with socket.create_server(("127.0.0.1", 0)) as listening:
        assert hand_in(proxy, listening.fileno()) == b"!"
    assert httpx.get(proxy.proxy, trust_env=False, timeout=5).status_code >= 400
