"""Each way to install on docs/how-to/install.md works, from the index that pip and uv are set up for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pages import ROOT, commands, parts

PAGE = "docs/how-to/install.md"
WAYS = {
    part.order.removeprefix("install: "): part.text
    for part in parts(PAGE)
    if part.order.startswith("install: ")
}
ADAPTER = "from graphcontract.clients.reference import make_call as cancel\n"
UNWANTED = ("PYTHON", "PYTEST", "COV", "VIRTUAL_ENV")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a library's environment and adapter, and a checkout of graphcontract."""
    kept_out = shutil.ignore_patterns(
        ".*", "__pycache__", "node_modules", "build", "dist", "*.egg-info", "reports"
    )
    shutil.copytree(ROOT, tmp_path / "graphcontract", ignore=kept_out)
    (tmp_path / "my_adapter.py").write_text(ADAPTER)
    return tmp_path


def environment(folder: Path) -> dict[str, str]:
    """A user's: uv and pipx are on PATH, graphcontract is only where these put it."""
    tools = folder / "tools"
    tools.mkdir()
    uv = Path(sys.executable).with_name("uv")
    (tools / "uv").symlink_to(uv)
    for name, command in {"uvx": "tool run", "pipx": "tool run --quiet pipx"}.items():
        (tools / name).write_text(f'#!/bin/sh\nexec {uv} {command} "$@"\n')
        (tools / name).chmod(0o755)
    (tools / "python3").symlink_to(sys.executable)
    rest = (each for each in os.environ["PATH"].split(os.pathsep) if each != str(uv.parent))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(UNWANTED)}
    return kept | {
        "PATH": os.pathsep.join((str(tools), *rest)),
        "UV_TOOL_DIR": str(folder / "uv"),
        "UV_TOOL_BIN_DIR": str(tools),
        "PIPX_HOME": str(folder / "pipx"),
        "PIPX_BIN_DIR": str(tools),
        "PIPX_DEFAULT_PYTHON": sys.executable,
    }


@pytest.mark.nightly
@pytest.mark.parametrize("way", WAYS)
def test_a_way_to_install(way: str, folder: Path) -> None:
    user = environment(folder)
    if way in ("uv", "pipx"):
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", ".venv"], cwd=folder, check=True)
    said = ""
    for command, _ in commands(WAYS[way]):
        ended = subprocess.run(
            command, shell=True, cwd=folder, env=user, capture_output=True, text=True, timeout=400
        )
        said = ended.stdout
        assert ended.returncode == 0, f"$ {command}\n{said}\n{ended.stderr}"
    assert "1 of 1 MUST exercised, 0 MUST violated" in " ".join(said.split())


def test_every_way_is_tried() -> None:
    assert list(WAYS) == ["once", "beside", "uv", "pipx"]
