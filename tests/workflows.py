"""`make workflows`: checks the action, the workflows and the jobs on pages.

Those for GitHub are checked with actionlint and zizmor, those for Azure Pipelines with its schema; none
needs a network. zizmor wants actions pinned to commits; on pages, the action is pinned to a version, as
nobody knows the commit of a release that is still to come.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import yaml

from tests.pages import ROOT, parts

ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"
ZIZMOR = "zizmor==1.32.0"
CHECK_JSONSCHEMA = "check-jsonschema==0.39.0"
POLICY = "rules: {unpinned-uses: {config: {policies: {example/graphcontract: ref-pin, '*': hash-pin}}}}\n"


def workflows() -> Iterator[tuple[str, str]]:
    """The text of each workflow, by a name: the project's own, and those on pages."""
    for file in sorted((ROOT / ".github" / "workflows").iterdir()):
        yield file.name, file.read_text(encoding="utf-8")
    for page in sorted((ROOT / "docs" / "how-to").glob("*.md")):
        jobs = (part for part in parts(page) if part.language == "yaml" and "runs-on:" in part.text)
        for number, part in enumerate(jobs, start=1):
            yield f"{page.stem}-{number}.yml", part.text


def pipelines() -> Iterator[tuple[str, str]]:
    """The same for Azure Pipelines: the template, and the pipelines on pages."""
    yield "check.json", (ROOT / "azure-pipelines" / "check.yml").read_text(encoding="utf-8")
    for page in sorted((ROOT / "docs" / "how-to").glob("*-azure.md")):
        jobs = (part for part in parts(page) if part.language == "yaml")
        for number, part in enumerate(jobs, start=1):
            yield f"{page.stem}-{number}.json", part.text


def check(folder: Path) -> int:
    """Lay everything out as a repository, and check it; the number of checkers that complain."""
    here = folder / ".github" / "workflows"
    here.mkdir(parents=True)
    for name, text in workflows():
        (here / name).write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "action.yml", folder)
    (folder / "zizmor.yml").write_text(POLICY, encoding="utf-8")
    uv = str(Path(sys.executable).with_name("uv"))
    zizmor = [
        uv,
        "tool",
        "run",
        "--quiet",
        ZIZMOR,
        "--offline",
        "--no-progress",
        "--quiet",
        "--persona=pedantic",
    ]
    names = [str(file) for file in sorted(here.iterdir())]
    ours = [str(here / file.name) for file in sorted((ROOT / ".github" / "workflows").iterdir())]
    for name, text in pipelines():
        # Azure Pipelines reads each scalar as a string, and its schema has no other type.
        (folder / name).write_text(json.dumps(yaml.load(text, yaml.BaseLoader)), encoding="utf-8")
    schema = ["--builtin-schema", "vendor.azure-pipelines", "--regex-variant", "nonunicode"]
    made = (
        [uv, "tool", "run", "--quiet", CHECK_JSONSCHEMA, *schema, *(name for name, _ in pipelines())],
        ["go", "run", ACTIONLINT, "-no-color", *names],
        [*zizmor, "--config", str(folder / "zizmor.yml"), str(folder / "action.yml"), *ours],
        [*zizmor[:-1], "--config", str(folder / "zizmor.yml"), *names],
    )
    return sum(subprocess.run(command, cwd=folder, check=False).returncode != 0 for command in made)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        sys.exit(check(Path(made)))
