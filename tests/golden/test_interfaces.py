"""What others build on is as it was recorded; see `tests/golden/__init__.py`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.golden import interfaces, read

_FILES = [
    "exit-statuses.json",
    "public-names.json",
    "report-events.json",
    "driver-protocol.json",
    "driver-messages.json",
]
_LOCK = Path(__file__).parents[2] / "requirements.lock"


@pytest.fixture(scope="module")
def now() -> dict[str, object]:
    return interfaces.everything()


@pytest.mark.parametrize("file", _FILES)
def test_interface_is_as_recorded(file: str, now: dict[str, object]) -> None:
    assert now[file] == read(file)


def test_every_recorded_interface_is_compared(now: dict[str, object]) -> None:
    assert list(now) == _FILES


def test_clients_are_recorded_with_the_pinned_version_of_hypothesis() -> None:
    recorded = read("clients.json")["hypothesis"]
    assert f"hypothesis=={recorded} " in _LOCK.read_text(encoding="utf-8")
