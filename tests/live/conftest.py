from __future__ import annotations

from collections.abc import Iterator

import pytest

from graphcontract.tenant import Running, running
from tests.cli.conftest import here as here


@pytest.fixture(scope="session")
def shared() -> Iterator[Running]:
    """One tenant for many tests; `tenant` gives it back to each as it should be."""
    with running(size=1_000_000, rate=1_000_000) as tenant:
        yield tenant


@pytest.fixture(autouse=True)
def unsynced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Journals without waiting for the disk: no machine loses its power here."""
    monkeypatch.setattr("os.fsync", lambda _handle: None)


@pytest.fixture
def tenant(shared: Running) -> Iterator[Running]:
    before = {task.id for task in shared.tasks.all()}
    yield shared
    shared.behave(None)
    for task in shared.tasks.all():  # each run lists them all, page by page
        if task.id not in before:
            shared.tasks.remove(task.id)
