"""What users install: the wheel holds all that a run needs, and works in an empty folder, with no checkout.

The tests that install it, from the package index that pip is set up for, are nightly.
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
from importlib.metadata import distributions
from pathlib import Path

import pytest

from graphcontract.contract.loader import list_shipped, load
from graphcontract.contract.model import DEFAULT_CONTRACT
from graphcontract.templates import DRIVERS

CHECKOUT = Path(__file__).parents[1]
PLACES = {
    "graphcontract": "graphcontract",
    "contracts": "graphcontract/contracts",
    "suites": "graphcontract/suites",
}
NAMED = (
    "py.typed",
    "suites/test_request.py",
    "catalogue/catalogue.schema.json",
    "catalogue/operations.jsonl",
    "clients/driver-protocol.schema.json",
    "drift/snapshot.schema.json",
    "operations/baseline.schema.json",
    "reporting/report-event.schema.json",
    *(f"templates/{file}" for template in DRIVERS.values() for file in template.files),
)
UNWANTED = ("PYTHON", "PYTEST", "COV")
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(UNWANTED)}


def run(*words: str | Path, cwd: Path, cache: Path | None = None) -> str:
    """Standard output of a command that ends well."""
    environment = ENVIRONMENT | ({"XDG_CACHE_HOME": str(cache)} if cache else {})
    ended = subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, f"{words[0]} ended with {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
    return ended.stdout


def installed(scripts: Path) -> set[str]:
    """Names of the packages in the environment that has these commands."""
    found = distributions(path=[str(each) for each in scripts.parent.glob("lib/*/site-packages")])
    return {each.name.lower() for each in found}


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
    """The commands of a fresh environment: the wheel is in it, without extras, and what it depends on as the
    lock pins it.
    """
    environment, pins = wheel.parent / "environment", wheel.parent / "pins.txt"
    locked = (CHECKOUT / "requirements.lock").read_text().splitlines()
    pins.write_text("\n".join(line.removesuffix("\\") for line in locked if "--hash" not in line))
    run(sys.executable, "-m", "venv", "--without-pip", environment, cwd=wheel.parent)
    pip = (sys.executable, "-m", "pip", "--python", environment, "--disable-pip-version-check")
    run(*pip, "install", "--quiet", "--constraint", pins, wheel, cwd=wheel.parent)
    return environment / "bin"


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Path]:
    """A folder that has to be empty afterwards too."""
    yield tmp_path
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's cache that nothing was ever kept in."""
    return tmp_path_factory.mktemp("cache")


def test_the_wheel_holds_what_a_run_needs_and_no_more(wheel: Path) -> None:
    copy = wheel.parent / "checkout"
    expected = {
        f"{place}/{path.relative_to(copy / source).as_posix()}"
        for source, place in PLACES.items()
        for path in (copy / source).rglob("*")
        if path.suffix in (".py", ".json", ".jsonl")
        or path.name == "py.typed"
        or path.parent.name in ("templates", "html")
    }
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    held = {name for name in names if ".dist-info/" not in name}
    about = {name.partition(".dist-info/")[2] for name in names}
    assert held == expected
    assert {f"graphcontract/contracts/{id}.json" for id in list_shipped()} <= held
    assert {f"graphcontract/{name}" for name in NAMED} <= held
    assert {"licenses/LICENSE", "licenses/NOTICE", "entry_points.txt"} <= about


@pytest.mark.nightly
def test_check(scripts: Path, empty: Path, cache: Path) -> None:
    words = ("check", "reference", "--profile", "quick", "--report", "jsonl=-")
    said = run(scripts / "graphcontract", *words, cwd=empty, cache=cache)
    events = [json.loads(line) for line in said.splitlines()]
    verdicts = {event["clause"]: event["verdict"] for event in events if event["event"] == "verdict"}
    clauses = load(DEFAULT_CONTRACT, None).clauses.values()
    assert verdicts.keys() == {clause.id for clause in clauses if clause.by == "client"}
    expected = {id: "not-supported" if id.startswith("http2.") else "pass" for id in verdicts}
    assert verdicts == expected
    assert (events[-1]["event"], events[-1]["exit_status"]) == ("footer", 0)


@pytest.mark.nightly
def test_a_gate_needs_no_extra(scripts: Path) -> None:
    names = installed(scripts)
    assert {"graphcontract", "hypothesis", "cryptography"} <= names
    assert names.isdisjoint({"azure-identity", "pyjwt", "starlette", "uvicorn"})


@pytest.mark.nightly
def test_contracts(scripts: Path, empty: Path, cache: Path) -> None:
    listed = run(scripts / "graphcontract", "contracts", "list", cwd=empty, cache=cache)
    assert [line.split()[0] for line in listed.splitlines()] == ["ID", *list_shipped()]


@pytest.mark.nightly
def test_suites_inside_a_pytest_run_of_ones_own(scripts: Path, empty: Path, cache: Path) -> None:
    words = ("--pyargs", "graphcontract.suites", "--graph-client", "reference", "--graph-profile", "quick")
    said = run(scripts / "pytest", *words, "-p", "no:cacheprovider", "-rA", cwd=empty, cache=cache)
    assert re.search(r"^PASSED .*test_request\[request.method\]$", said, re.MULTILINE)
    assert re.search(r"(\d+) of \1 MUST exercised", said)
