"""The engine's own tests."""

from __future__ import annotations

import re
from pathlib import Path


def read_nightly() -> list[str]:
    """Read the lines of nightly.txt: patterns of the node ids of tests that `make test` leaves out."""
    lines = Path(__file__).with_name("nightly.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def nightly_patterns() -> list[str]:
    """Return the patterns of nightly.txt as regular expressions."""
    return [re.escape(line).replace(r"\*", ".*") + "$" for line in read_nightly()]
