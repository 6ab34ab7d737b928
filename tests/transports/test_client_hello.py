"""The server name in a ClientHello, as stacks send it and as hostile clients may."""

from __future__ import annotations

import ssl

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from graphcontract.transports.client_hello import read_server_name


def hello(name: str | None) -> bytes:
    context = ssl.create_default_context()
    context.check_hostname = False
    outgoing = ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


HELLO = hello("localhost")


def with_name(name: bytes) -> bytes:
    assert len(name) == len(b"localhost")
    return HELLO.replace(b"localhost", name)


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST", "localhost.", "localhost:443", "a" * 63])
def test_name_as_sent(name: str) -> None:
    assert read_server_name(hello(name)) == name


def test_no_name() -> None:
    assert read_server_name(hello(None)) == ""


@pytest.mark.parametrize("name", [b"127.0.0.1", b"lo\xffal\xe4ost", b"loc\0lhost"])
def test_name_that_is_not_one(name: bytes) -> None:
    assert read_server_name(with_name(name)) == name.decode("latin-1")


@pytest.mark.parametrize("size", [1, 7, 100])
def test_hello_in_several_records(size: int) -> None:
    content = HELLO[5:]
    parts = [content[at : at + size] for at in range(0, len(content), size)]
    records = b"".join(b"\x16\x03\x01" + len(part).to_bytes(2) + part for part in parts)
    assert read_server_name(records) == "localhost"


def test_what_follows_the_hello_is_not_read() -> None:
    assert read_server_name(HELLO + b"\x14\x03\x03\0\x01\x01" + hello("other.test")) == "localhost"


@given(st.binary(max_size=600))
@example(b"")
@example(HELLO[:40])
@example(b"\x16\x03\x01\xff\xff\x01\xff\xff\xff")
@example(b"\x16\x03\x01\x00\x05\x02\x00\x00\x01\x00")
def test_any_bytes_are_survived(data: bytes) -> None:
    assert read_server_name(data) == ""
