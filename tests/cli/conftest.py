from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import CHECKOUT, Here


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Here:
    monkeypatch.syspath_prepend(CHECKOUT)
    return Here(monkeypatch, capsys, tmp_path)
