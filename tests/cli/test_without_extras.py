"""What an extra installs is missing: a gate does not notice, and the tenant says what to install."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from graphcontract.run.suite_tests import suite_tests
from tests.cli.running import CHECKOUT, ENVIRONMENT, MAIN

EACH_SUITE = {
    *("input.no-token", "request.client-request-id", "response.large-head", "error.retry-after"),
    *("retry.bounded", "transport.certificate", "calls.cancelled", "calls.late-response"),
    *("http2.response", "http2.empty-window"),
}
MISSING = ("azure", "jwt", "starlette", "uvicorn")
IMPORTS = """
import importlib, pathlib
for path in sorted(pathlib.Path("graphcontract").rglob("*.py")):
    if "tenant" not in path.parts and "templates" not in path.parts:
        importlib.import_module(".".join(path.with_suffix("").parts).removesuffix(".__init__"))
"""


@pytest.fixture
def without(tmp_path: Path) -> dict[str, str]:
    """An environment for processes that, with all their children, cannot import these packages."""
    for name in MISSING:
        (tmp_path / f"{name}.py").write_text(f"raise ModuleNotFoundError('blocked', name={name!r})\n")
    path = os.pathsep.join([str(tmp_path), str(CHECKOUT)])
    return {**os.environ, **ENVIRONMENT, "PYTHONPATH": path}


def run(
    *words: str, environment: dict[str, str], folder: Path = CHECKOUT
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_everything_but_the_tenant_can_be_imported(without: dict[str, str]) -> None:
    ended = run(sys.executable, "-c", IMPORTS, environment=without)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_gate_of_each_suite_does_without(without: dict[str, str], tmp_path: Path) -> None:
    """With TLS, a proxy, and copies of the client."""
    wanted = [test for test in suite_tests() if not EACH_SUITE.isdisjoint(test.proves)]
    assert {test.body.__module__ for test in wanted} == {test.body.__module__ for test in suite_tests()}
    chosen = [f"--select={clause}" for clause in sorted(EACH_SUITE)]
    words = ("check", "reference-http2", *chosen, "--profile=quick")
    ended = run(*MAIN, *words, environment=without, folder=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "n/a" not in ended.stdout


@pytest.mark.nightly
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_gate_does_without(without: dict[str, str], tmp_path: Path, workers: str) -> None:
    words = ("check", "reference", "--http", "1.1", "--profile", "quick", "-n", workers)
    ended = run(*MAIN, *words, environment=without, folder=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "34 of 34 MUST exercised" in ended.stdout


@pytest.mark.parametrize("words", [(), ("--list-faults",), ("--fault", "no-effect", "--tls")])
def test_the_tenant_says_what_to_install(without: dict[str, str], words: tuple[str, ...]) -> None:
    ended = run(*MAIN, "tenant", *words, environment=without)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        "error: starlette is not installed [missing-extra]\n  pip install 'graphcontract[tenant]'\n"
    )


def test_tests_of_ones_own_can_be_skipped_where_the_tenant_is_missing(without: dict[str, str]) -> None:
    code = "import pytest; pytest.importorskip('graphcontract.tenant', exc_type=ImportError)"
    ended = run(sys.executable, "-c", code, environment=without)
    assert "Skipped: could not import 'graphcontract.tenant': starlette is not installed" in ended.stderr
