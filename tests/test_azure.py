"""The template for Azure Pipelines: its scripts are run as an agent would run them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.pages import ROOT, parts

TEMPLATE: dict[str, Any] = yaml.safe_load(
    (ROOT / "azure-pipelines" / "check.yml").read_text(encoding="utf-8")
)
PARAMETERS = {each["name"]: each.get("default", "") for each in TEMPLATE["parameters"]}
FAST = "--profile=quick\n--select=request.method"
TEXTS = ("client", "contract", "knownFailures", "arguments")


def run(name: str, folder: Path, **given: Any) -> tuple[int, str]:
    (step,) = (step for step in TEMPLATE["steps"] if step.get("displayName") == name)
    values = {f"parameters.{key}": str(value) for key, value in (PARAMETERS | given).items()}
    replace = re.compile(r"\$\{\{ ([\w.]+) \}\}")
    environment = {
        **os.environ,
        **{
            key: replace.sub(lambda found: values[found[1]], text)
            for key, text in step.get("env", {}).items()
        },
        "AGENT_TEMPDIRECTORY": str(folder / "agent"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    ended = subprocess.run(
        ["bash", "--noprofile", "--norc", "-c", step["bash"]],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return ended.returncode, ended.stdout


def test_a_client_is_checked(tmp_path: Path) -> None:
    status, log = run("Check the client", tmp_path, client="reference", arguments=FAST)
    assert status == 0, log
    kept = {file.suffix for file in (tmp_path / "reports").iterdir()}
    assert kept == {".jsonl", ".xml", ".md", ".html"}
    _, log = run("Publish the summary", tmp_path)
    assert log == f"##vso[task.uploadsummary]{tmp_path}/reports/graphcontract.md\n"


def test_the_exit_status_is_that_of_the_check_and_its_text_commands_nothing(tmp_path: Path) -> None:
    client = "process:/nonexistent/##vso[task.complete]/##[error]"
    status, log = run("Check the client", tmp_path, client=client)
    assert status == 3
    assert "/nonexistent/## vso[task.complete]/## [error]" in log
    assert "##vso[" not in log
    assert run("Publish the summary", tmp_path) == (0, "")


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(TEXTS, id="all texts"),
        *(pytest.param((name,), marks=pytest.mark.nightly, id=name) for name in TEXTS),
    ],
)
def test_no_parameter_is_run(tmp_path: Path, names: tuple[str, ...]) -> None:
    text = '$(touch pwned)"; touch pwned; "'
    given = {"client": "reference", "arguments": FAST} | dict.fromkeys(names, text)
    assert run("Check the client", tmp_path, **given)[0] == 2
    assert not (tmp_path / "pwned").exists()
    scripts = [step["bash"] for step in TEMPLATE["steps"] if "bash" in step]
    assert not any("${{" in script for script in scripts)


def test_the_page_gives_parameters_that_there_are_and_names_each() -> None:
    page = "docs/how-to/ci-azure.md"
    pipelines = [yaml.safe_load(part.text) for part in parts(page) if part.language == "yaml"]
    used = [step for each in pipelines for step in each["steps"] if "template" in step]
    assert [step["template"] for step in used] == ["azure-pipelines/check.yml@graphcontract"]
    assert used[0]["parameters"].keys() <= PARAMETERS.keys()
    text = (ROOT / page).read_text(encoding="utf-8")
    assert [name for name in PARAMETERS if f"| `{name}` |" not in text] == []


def test_the_package_is_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert PARAMETERS["package"] == f"graphcontract=={version}"
