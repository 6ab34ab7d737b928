"""A reader that closes the pipe, as `head` does: exit status and other reports are those of the run."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.running import ENVIRONMENT, MAIN, Ended, read

ONE = ("--select", "request.method")
MANY = ("--operations", "POST /me/messages/{id}/*", "--no-once")


def run_unread(*words: str, folder: Path) -> Ended:
    """Run `check` with a standard output that nothing reads."""
    command = [*MAIN, "check", "reference", "--in-process", "--profile", "quick", *words]
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as unread:
        ended = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **ENVIRONMENT},
            stdout=unread,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
            check=False,
        )
    return Ended(ended.returncode, "", ended.stderr)


@pytest.mark.parametrize("chosen", [ONE, MANY])
@pytest.mark.parametrize("shown", ["-q", "-v", "--report=markdown=-", "--report=jsonl=-"])
def test_the_run_goes_on(tmp_path: Path, chosen: tuple[str, ...], shown: str) -> None:
    reports = ("--report", "html=page.html", "--report", "jsonl=report.jsonl")
    ended = run_unread(*chosen, shown, *reports, folder=tmp_path)
    assert ended.status == 0, ended.err
    assert "Error" not in ended.err
    assert "conforms to the contract" in ended.err if "=-" in shown else not ended.err
    assert (tmp_path / "page.html").read_text().rstrip().endswith("</html>")
    assert read(tmp_path / "report.jsonl")[-1]["event"] == "footer"
