"""A tenant sends the bytes of a fault behind the head of its 204, and nothing of how it does."""

from __future__ import annotations

import socket

import pytest

from graphcontract.tenant.responses import STRAY
from graphcontract.tenant.serving import running
from graphcontract.tenant.tasks import Status
from tests.tenant import TASKS


@pytest.mark.parametrize(
    ("fault", "field", "behind"),
    [
        ("content-with-no-content", b"content-length: 2\r\n", b"{}"),
        ("chunks-with-no-content", b"transfer-encoding: chunked\r\n", b"2\r\n{}\r\n0\r\n\r\n"),
        ("last-chunk-with-no-content", b"transfer-encoding: chunked\r\n", b"0\r\n\r\n"),
        ("bytes-behind-no-content", b"", b"\r\n"),
        ("no-content-has-a-length", b"content-length: 0\r\n", b""),
    ],
)
def test_the_wire(fault: str, field: bytes, behind: bytes) -> None:
    with running(fault=fault) as tenant:
        fields = {
            "Host": "tenant",
            "Authorization": f"Bearer {tenant.token()}",
            "Content-Length": "0",
            "Connection": "close",
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        request = f"POST {TASKS}/{tenant.sown[Status.NOT_STARTED]}/cancel HTTP/1.1\r\n{head}\r\n"
        address = tenant.root.split("/")[2].split(":")
        with socket.create_connection((address[0], int(address[1]))) as connection:
            connection.sendall(request.encode())
            received = b"".join(iter(lambda: connection.recv(4096), b""))
    sent, _, after = received.partition(b"\r\n\r\n")
    assert sent.startswith(b"HTTP/1.1 204 ")
    assert field in sent.lower() + b"\r\n"
    assert STRAY.encode() not in sent.lower()
    assert after == behind
