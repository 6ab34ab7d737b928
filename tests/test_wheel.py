"""What users install: the wheel holds all that a run needs, and works in an empty folder, away from a checkout.

Installs from the package index that pip is set up for.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphcontract.loading import load, shipped
from graphcontract.session import DEFAULT_CONTRACT

CHECKOUT = Path(__file__).parents[1]
SOURCES = {
    "graphcontract": "graphcontract",
    "contracts": "graphcontract/contracts",
    "suites": "graphcontract/suites",
}
INHERITED = {
    name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST", "COV"))
}


def run(*words: str | Path, cwd: Path, **environment: str) -> str:
    """Standard output of a command that ends well."""
    ended = subprocess.run(
        words, cwd=cwd, env=INHERITED | environment, capture_output=True, text=True, timeout=300
    )
    assert ended.returncode == 0, f"{words[0]} ended with {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
    return ended.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, for setuptools takes into a wheel whatever lies in an old build folder."""
    folder = tmp_path_factory.mktemp("wheel")
    kept_out = shutil.ignore_patterns(".*", "__pycache__", "node_modules", "build", "dist", "*.egg-info")
    copy = shutil.copytree(CHECKOUT, folder / "checkout", ignore=kept_out)
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, cwd=copy)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def scripts(wheel: Path) -> Path:
    """Where the commands are of a fresh environment that holds the wheel and what it depends on, as pinned."""
    environment, pins = wheel.parent / "environment", wheel.parent / "pins.txt"
    locked = (CHECKOUT / "requirements.lock").read_text().splitlines()
    pins.write_text("\n".join(line.removesuffix("\\") for line in locked if "--hash" not in line))
    run(sys.executable, "-m", "venv", "--without-pip", environment, cwd=wheel.parent)
    pip = [sys.executable, "-m", "pip", "--python", environment, "--disable-pip-version-check"]
    run(*pip, "install", "--quiet", "--constraint", pins, wheel, cwd=wheel.parent)
    return environment / "bin"


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Path]:
    """A folder that has to be as empty afterwards."""
    yield tmp_path
    assert list(tmp_path.iterdir()) == []


def test_the_wheel_holds_what_a_run_needs_and_no_more(wheel: Path) -> None:
    owed = {
        f"{inside}/{path.relative_to(CHECKOUT / source).as_posix()}"
        for source, inside in SOURCES.items()
        for path in (CHECKOUT / source).rglob("*")
        if path.suffix in (".py", ".json") or path.name == "py.typed"
    }
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
        about = {name.partition(".dist-info/")[2] for name in archive.namelist()}
    assert held == owed
    assert {f"graphcontract/contracts/{id}.json" for id in shipped()} <= held
    assert {"graphcontract/py.typed", "graphcontract/suites/test_request.py"} <= held
    assert {"licenses/LICENSE", "licenses/NOTICE", "entry_points.txt"} <= about


def test_check(scripts: Path, empty: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    words = ["check", "reference", "--profile", "quick", "--report", "jsonl=-"]
    cache = str(tmp_path_factory.mktemp("cache"))
    said = run(scripts / "graphcontract", *words, cwd=empty, XDG_CACHE_HOME=cache)
    events = [json.loads(line) for line in said.splitlines()]
    (plan,) = (event["clauses"] for event in events if event["event"] == "plan")
    verdicts = {event["clause"]: event["verdict"] for event in events if event["event"] == "verdict"}
    assert verdicts.keys() == {each["clause"] for each in plan} == load(DEFAULT_CONTRACT, None).clauses.keys()
    assert set(verdicts.values()) == {"pass", "not-supported"}
    assert (events[-1]["event"], events[-1]["exit_status"]) == ("footer", 0)


def test_contracts(scripts: Path, empty: Path) -> None:
    listed = run(scripts / "graphcontract", "contracts", "list", cwd=empty)
    assert [line.split()[0] for line in listed.splitlines()] == ["ID", *shipped()]


def test_suites_inside_a_pytest_run_of_ones_own(
    scripts: Path, empty: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    words = ["--pyargs", "graphcontract.suites", "--graph-client", "reference", "--graph-profile", "quick"]
    cache = str(tmp_path_factory.mktemp("cache"))
    said = run(scripts / "pytest", *words, "-p", "no:cacheprovider", "-rA", cwd=empty, XDG_CACHE_HOME=cache)
    assert "PASSED" in said
    assert "test_request[request.method]" in said
    assert re.search(r"(\d+) of \1 MUST judged", said)
