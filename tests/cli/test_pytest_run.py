"""`check` runs pytest for itself: options and plugins that the user has for pytest change nothing."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from graphcontract.cli.pytest_run import _arguments
from tests.cli.running import CHECKOUT, ENVIRONMENT, MAIN, Here

CHECK = ("check", "reference", "--profile", "quick", "--select", "response.no-content")


@pytest.fixture
def theirs(tmp_path: Path) -> dict[str, str]:
    """An environment with options for pytest, and a plugin, named and installed, that cannot be loaded."""
    (tmp_path / "theirs.py").write_text("raise RuntimeError('a plugin of theirs was loaded')\n")
    (tmp_path / "theirs-1.dist-info").mkdir()
    (tmp_path / "theirs-1.dist-info" / "METADATA").write_text("Name: theirs\nVersion: 1\n")
    (tmp_path / "theirs-1.dist-info" / "entry_points.txt").write_text("[pytest11]\ntheirs = theirs\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    return {
        "PYTEST_ADDOPTS": "--no-such-option",
        "PYTEST_PLUGINS": "theirs",
        "PYTHONPATH": os.pathsep.join([str(tmp_path), str(CHECKOUT)]),
    }


@pytest.mark.parametrize("workers", ["1", "2"])
def test_settings_for_pytest_change_nothing(theirs: dict[str, str], tmp_path: Path, workers: str) -> None:
    ended = subprocess.run(
        [*MAIN, *CHECK, "-n", workers],
        cwd=tmp_path,
        env={**os.environ, **ENVIRONMENT, **theirs},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_pytest_gets_no_option_of_ours() -> None:
    words = _arguments(workers=2, first=True)
    assert [word for word in words if "graph" in word and word.startswith("--")] == []
    assert words[-3:] == ["-n", "2", "-x"]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_each_process_has_the_options(here: Here, tmp_path: Path, workers: str) -> None:
    """Also the ones with characters that a command line cannot carry unquoted."""
    report, name = tmp_path / "report.jsonl", "a 'name' with --graph-seed=1 and\nlines"
    words = ("check", "reference", "--profile", "quick", "--transport", "mock", "--seed", "7")
    more = ("--select", "response.no-content", "--record", "all", "--implementation", name, "-n", workers)
    assert here(*words, *more, "--report", f"jsonl={report}").status == 0
    events = [json.loads(line) for line in report.read_text().splitlines()]
    assert (events[0]["seed"], events[0]["implementation"]["name"]) == (7, name)
    assert events[0]["transport"] == "mock"
    assert "exchange" in {event["event"] for event in events}


@pytest.mark.parametrize("given", [{}, {"PYTEST_ADDOPTS": "-x", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": ""}])
def test_the_environment_is_as_before(
    here: Here, monkeypatch: pytest.MonkeyPatch, given: dict[str, str]
) -> None:
    for name in ("PYTEST_ADDOPTS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD", "PYTEST_PLUGINS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    before = dict(os.environ)
    assert here(*CHECK).status == 0
    assert {**os.environ, "PYTEST_CURRENT_TEST": ""} == {**before, "PYTEST_CURRENT_TEST": ""}
