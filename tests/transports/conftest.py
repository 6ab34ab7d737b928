from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from graphcontract.transports import Endpoint
from graphcontract.transports.loopback import Loopback

from .http2_client import Client, Connect
from .wire import trusting


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback(ports=3) as started:
        yield started


@pytest.fixture(scope="module")
def secure() -> Iterator[Loopback]:
    with Loopback(ports=9, tls=True, http2=True) as server:
        yield server


@pytest.fixture(scope="module")
def context(secure: Loopback) -> ssl.SSLContext:
    return trusting(secure)


@pytest.fixture
def connect(context: ssl.SSLContext) -> Iterator[Connect]:
    """Opens connections, and closes them after the test."""
    with ExitStack() as stack:

        def open_one(endpoint: Endpoint) -> Client:
            client = Client(context, endpoint)
            stack.enter_context(client.socket)
            return client

        yield open_one
