"""The GitHub Action of the top level, run here: its steps' scripts in the shell that GitHub would use."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

CHECKOUT = Path(__file__).parents[1]
ACTION: Mapping[str, Any] = yaml.safe_load((CHECKOUT / "action.yml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
_EXPRESSION = re.compile(r"\$\{\{ *([\w.-]+) *\}\}")


@dataclass(frozen=True)
class Ran:
    """How a step ended, what it logged, and what it left for GitHub."""

    status: int
    log: str
    output: str
    summary: str


def values(given: Mapping[str, str]) -> dict[str, str]:
    """What expressions stand for, with these inputs and the defaults of the others."""
    assert given.keys() <= ACTION["inputs"].keys()
    inputs = {name: each.get("default", "") for name, each in ACTION["inputs"].items()} | dict(given)
    return {"github.action_path": str(CHECKOUT)} | {f"inputs.{name}": value for name, value in inputs.items()}


def run(name: str, folder: Path, given: Mapping[str, str], *, first: Path | None = None) -> Ran:
    """Run the step of that name in a folder with these inputs; `first` stands first on PATH."""
    (step,) = (step for step in STEPS if step.get("name") == name)
    known = values(given)
    files = {key: folder / key.lower() for key in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    for file in files.values():
        file.write_text("")
    path = [*([str(first)] if first else []), str(Path(sys.executable).parent), os.environ["PATH"]]
    environment = {
        **os.environ,
        **{key: _EXPRESSION.sub(lambda found: known[found[1]], text) for key, text in step["env"].items()},
        **{key: str(file) for key, file in files.items()},
        "PATH": os.pathsep.join(path),
        "COLUMNS": "80",
    }
    assert step["shell"] == "bash"
    (folder / "step.sh").write_text(step["run"])
    ended = subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(folder / "step.sh")],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    (folder / "step.sh").unlink()
    return Ran(ended.returncode, ended.stdout, *(file.read_text() for file in files.values()))
