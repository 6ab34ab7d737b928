"""Blocked sockets: which attempts fail, which do not, and what is recorded of them."""

from __future__ import annotations

import asyncio
import socket
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from graphcontract.transports.block_sockets import NetworkBlocked, block_network

SENTENCE = "the mock transport only serves httpx, and this client opened a socket: use --transport loopback"


def connect() -> None:
    with socket.socket() as client:
        client.connect(("192.0.2.1", 443))


def connect_ipv6() -> None:
    with socket.socket(socket.AF_INET6) as client:
        client.connect(("2001:db8::1", 443, 0, 0))


def connect_without_exceptions() -> None:
    with socket.socket() as client:
        client.connect_ex(("192.0.2.1", 443))


def look_up() -> None:
    socket.getaddrinfo("graph.microsoft.com", 443)


def look_up_the_old_way() -> None:
    socket.gethostbyname("graph.microsoft.com")


def send_a_datagram() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.sendto(b"metric:1|c", ("192.0.2.1", 8125))


async def open_connection() -> None:
    await asyncio.open_connection("graph.microsoft.com", 443)


@pytest.mark.parametrize(
    ("attempt", "kept"),
    [
        (connect, "socket.connect ('192.0.2.1', 443)"),
        (connect_ipv6, "socket.connect ('2001:db8::1', 443, 0, 0)"),
        (connect_without_exceptions, "socket.connect ('192.0.2.1', 443)"),
        (look_up, "socket.getaddrinfo ('graph.microsoft.com', 443)"),
        (look_up_the_old_way, "socket.gethostbyname ('graph.microsoft.com',)"),
        (send_a_datagram, "socket.sendto ('192.0.2.1', 8125)"),
        (lambda: asyncio.run(open_connection()), "socket.getaddrinfo ('graph.microsoft.com', 443)"),
    ],
)
def test_blocks_and_records_each_attempt(attempt: Callable[[], None], kept: str) -> None:
    with block_network() as block, pytest.raises(NetworkBlocked) as caught:
        attempt()
    assert str(caught.value) == SENTENCE
    assert block.attempts == [kept]


def test_urllib_reports_a_network_fault() -> None:
    with block_network() as block, pytest.raises(urllib.error.URLError, match="only serves httpx"):
        urllib.request.urlopen("http://graph.microsoft.com/beta")
    assert block.attempts == ["socket.getaddrinfo ('graph.microsoft.com', 80)"]


def test_an_attempt_that_the_client_swallows_is_kept() -> None:
    with block_network() as block, suppress(OSError):
        look_up()
    assert block.attempts


def test_keeps_the_first_attempts_in_order_and_bounded() -> None:
    with block_network() as block:
        for number in range(50):
            with pytest.raises(NetworkBlocked):
                socket.getaddrinfo(f"{number}" + ".example" * 100, 443)
    assert [line[:22] for line in block.attempts[:2]] == ["socket.getaddrinfo ('0", "socket.getaddrinfo ('1"]
    assert len(block.attempts) == 10
    assert max(map(len, block.attempts)) == 200


def test_unix_sockets_are_left_alone(tmp_path: Path) -> None:
    with (
        block_network() as block,
        socket.socket(socket.AF_UNIX) as server,
        socket.socket(socket.AF_UNIX) as client,
    ):
        server.bind(str(tmp_path / "s"))
        server.listen()
        client.connect(str(tmp_path / "s"))
    assert block.attempts == []


def test_asyncio_works() -> None:
    async def work() -> int:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, lambda: 7)

    with block_network() as block:
        assert asyncio.run(work()) == 7
    assert block.attempts == []


def test_blocks_nest_and_end_with_the_last() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        with block_network() as outer:
            with block_network() as inner, pytest.raises(NetworkBlocked):
                connect()
            with pytest.raises(NetworkBlocked):
                socket.create_connection(server.getsockname())
        socket.create_connection(server.getsockname()).close()
    assert (len(outer.attempts), len(inner.attempts)) == (2, 1)


def test_ends_with_an_exception_too() -> None:
    with pytest.raises(ZeroDivisionError), block_network():
        raise ZeroDivisionError
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
