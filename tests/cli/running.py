"""Runs of the command line: in this process, or in one of its own where processes and signals matter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer import testing
from typer.testing import CliRunner, Result

from graphcontract.cli import main

__all__ = ["CliRunner", "Result"]

# For each run Typer makes all commands anew, which takes four times as long as most of these runs.
testing._get_command = cache(testing._get_command)  # type: ignore[attr-defined]

CHECKOUT = Path(__file__).parents[2]
MAIN = [sys.executable, "-c", "from graphcontract.cli import main; main()"]
ENVIRONMENT = {"COLUMNS": "80", "PYTHONPATH": str(CHECKOUT)}


@dataclass(frozen=True)
class Ended:
    """How a run ended."""

    status: int
    out: str
    err: str


class Here:
    """Runs the command line in this process, in a folder of its own, at 80 columns."""

    def __init__(self, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str], folder: Path) -> None:
        self.folder = folder
        self._patch, self._capture = patch, capture
        patch.chdir(folder)
        patch.setenv("COLUMNS", "80")

    def __call__(self, *words: str) -> Ended:
        self._patch.setattr(sys, "argv", ["graphcontract", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = self._capture.readouterr()
        assert isinstance(ended.value.code, int)
        return Ended(ended.value.code, captured.out, captured.err)

    def events(self, *words: str, status: int | None = None) -> list[dict[str, Any]]:
        """The events of `check` with these words."""
        path = self.folder / "report.jsonl"
        ended = self("check", *words, "--report", f"jsonl={path}")
        if status is not None:
            assert ended.status == status, ended
        return read(path)


def apart(*words: str, folder: Path) -> Ended:
    """Run the command line in a process of its own."""
    environment = {**os.environ, **ENVIRONMENT}
    ended = subprocess.run(
        [*MAIN, *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def read(path: Path) -> list[dict[str, Any]]:
    """The events of a report."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def verdicts(events: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Verdicts by clause, of which each that was planned has exactly one."""
    planned = [row["clause"] for event in events if event["event"] == "plan" for row in event["clauses"]]
    found = [event for event in events if event["event"] == "verdict"]
    assert sorted(event["clause"] for event in found) == sorted(planned)
    return {event["clause"]: event["verdict"] for event in found}
