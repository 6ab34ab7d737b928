"""Makes the pictures in README, of a client that fails: `python -m tests.screenshots`.

The terminal is drawn from what the command prints, the page is photographed in headless Chromium.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tests.pages import ROOT, parts

IMAGES = ROOT / "docs" / "images"
WORDS = ("check", "python:my_adapter:cancel", "--select", "request.*", "--report", "html=page.html")
# The drawing names a font on another host, which a reader's browser must not fetch.
_FONTS = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)


def take(folder: Path) -> None:
    """Check the client that README shows in a folder, and write both pictures."""
    (adapter,) = (part for part in parts("README.md") if part.order == "file: my_adapter.py")
    (folder / "my_adapter.py").write_text(adapter.text, encoding="utf-8")
    environment = os.environ | {"FORCE_COLOR": "1", "COLUMNS": "80", "TERM": "xterm-256color"}
    program = Path(sys.executable).with_name("graphcontract")
    ended = subprocess.run(
        [program, *WORDS], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1, ended.stderr
    # The bar is on one line of a terminal, again and again, and gone at the end.
    shown = [line for line in ended.stdout.splitlines() if "checking " not in line]
    command = f"$ graphcontract {shlex.join(WORDS[:4])}"
    (IMAGES / "terminal.svg").write_text(draw("\n".join((command, *shown))), encoding="utf-8")
    size = ("--window-size=1100,900", f"--screenshot={IMAGES / 'report.png'}")
    chromium = ("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", *size)
    subprocess.run([*chromium, (folder / "page.html").as_uri()], capture_output=True, check=True)


def draw(output: str) -> str:
    """A terminal's output as a picture."""
    text = Text.from_ansi(output)
    console = Console(record=True, width=max(line.cell_len for line in text.split()), file=StringIO())
    console.print(text)
    return _FONTS.sub("", console.export_svg(title="graphcontract", unique_id="terminal"))


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        take(Path(made))
