from __future__ import annotations

from collections.abc import Iterator

import pytest

from graphcontract.tenant import Running, running


@pytest.fixture(scope="session")
def shared() -> Iterator[Running]:
    """One tenant for many tests; `tenant` gives it back to each as it should be."""
    with running(size=1_000_000, rate=1_000_000) as tenant:
        yield tenant


@pytest.fixture
def tenant(shared: Running) -> Iterator[Running]:
    yield shared
    shared.behave(None)
