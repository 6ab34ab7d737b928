from __future__ import annotations

from collections.abc import Iterator

import pytest

from graphcontract.transports.loopback import Loopback


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback(ports=3) as started:
        yield started
