"""The Makefile's set-up: what it does is said, and a Python that is too old ends it with the remedy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pages import ROOT


def make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run make in a copy of what the set-up reads, which has no environment yet."""
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_an_old_python_is_named_with_the_remedy(tmp_path: Path) -> None:
    old = tmp_path / "python3.10"
    old.write_text(
        f'#!/bin/sh\nshift\nexec {sys.executable} -c "import sys; sys.version_info = (3, 10, 12); $1"\n'
    )
    old.chmod(0o755)
    ended = make(tmp_path, "check", f"PYTHON={old}")
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[0] == (
        "This is Python 3.10; graphcontract needs 3.11 or newer. Name another: make PYTHON=python3.12 check"
    )
    assert not (tmp_path / ".venv").exists()


def test_each_step_is_announced_before_it(tmp_path: Path) -> None:
    ended = make(tmp_path, "--dry-run", "setup")
    steps = [line for line in ended.stdout.splitlines() if line.startswith("echo ")]
    assert [step[6:12] for step in steps] == ["Settin", "1 of 3", "2 of 3", "3 of 3"]
    assert ended.stdout.index("1 of 3") < ended.stdout.index("-m venv") < ended.stdout.index("2 of 3")


@pytest.mark.nightly
def test_a_new_checkout_is_checked(tmp_path: Path) -> None:
    kept_out = shutil.ignore_patterns(".venv*", ".git", "__pycache__", "node_modules", "reports", ".*_cache")
    copy = shutil.copytree(ROOT, tmp_path / "checkout", ignore=kept_out)
    ended = make(copy, "setup", f"PYTHON={sys.executable}")
    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    assert lines[0].startswith("Setting up .venv with Python 3.")
    assert [line[:6] for line in lines[1:]] == ["1 of 3", "2 of 3", "3 of 3"]
    assert (copy / ".venv" / "bin" / "graphcontract").exists()
