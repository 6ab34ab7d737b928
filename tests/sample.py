"""Makes the sample report, `reports/sample.md`, by checking the client that README shows."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from tests.cli.running import CHECKOUT, apart
from tests.pages import parts

SAMPLE = CHECKOUT / "reports" / "sample.md"
# Clauses that need no waiting and no second call: their evidence is the same on any machine.
SELECTED = ("request.*", "input.*", "error.code", "error.status")
_VARYING = (
    (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
    (r"python-httpx/[\w.]+", "python-httpx/VERSION"),
    (r" in \d+\.\d s\.", " in N.N s."),
    # A cookie that another call's response set: which calls come before depends on the clauses.
    (r"  > Cookie: \[redacted\]\n| -H 'Cookie: \[redacted\]'", ""),
)


def sample(*chosen: str) -> str:
    """Check the client, and return its report in Markdown without what varies. `chosen` are the clauses, or
    patterns of them; `SELECTED` without any.
    """
    (adapter,) = (part for part in parts("README.md") if part.order == "file: my_adapter.py")
    selected = [f"--select={pattern}" for pattern in chosen or SELECTED]
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "my_adapter.py").write_text(adapter.text, encoding="utf-8")
        words = ("check", "python:my_adapter:cancel", "--profile=quick", "--report=markdown=sample.md")
        ended = apart(*words, *selected, folder=folder)
        assert ended.status == 1, ended
        text = (folder / "sample.md").read_text(encoding="utf-8")
    for pattern, name in _VARYING:
        text = re.sub(pattern, name, text)
    return text


if __name__ == "__main__":
    SAMPLE.write_text(sample(), encoding="utf-8")
