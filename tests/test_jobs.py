"""Jobs on pages work when pasted: each builds a small library of its language, and checks it by a driver.

A repository is made with the commands of the page, copied without what is built, and the steps of the job are
run in the copy. Where the toolchain is missing, the job is skipped; .NET's may be run with .NET Core 3.1.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import action, dotnet
from tests.pages import commands, parts, run

LANGUAGES = "docs/how-to/ci-languages.md"
ONCE, JOBS = (
    {
        part.order.removeprefix(f"{kind}: "): part.text
        for part in parts(LANGUAGES)
        if part.order.startswith(kind)
    }
    for kind in ("once", "job")
)
SHORT = "--profile=quick --select=request.method --select=retry.throttled"
"""Every template fails the second of these, as it never retries."""

NAME, VERSION = "small-library", "4.5.6"
BUILT = (
    *("node_modules", ".venv", "dist", "target", "build", "*.egg-info", "driver", "driver.js", "bin", "obj"),
    "reports",
)


@dataclass(frozen=True)
class Library:
    """A library's files; the program that its job needs; and how its driver imports it: text for text. A
    language may have a `project`, a file beside the driver, for what the driver does not say.
    """

    files: Mapping[str, str]
    needs: str
    driver: str
    imports: tuple[tuple[str, str], ...]
    project: str = ""
    references: tuple[tuple[str, str], ...] = ()


LIBRARIES = {
    "python": Library(
        {
            "pyproject.toml": f'[project]\nname = "{NAME}"\nversion = "{VERSION}"\n'
            '[tool.setuptools]\npy-modules = ["small_library"]\n',
            "small_library.py": f'VERSION = "{VERSION}"\n',
        },
        "python3",
        "driver.py",
        (("\nimport ssl\n", "\nimport ssl\nimport small_library\n"), ('"0.0.0"', "small_library.VERSION")),
    ),
    "typescript": Library(
        {
            "package.json": json.dumps(
                {"name": NAME, "version": VERSION, "type": "module", "scripts": {"build": "tsc"}}
            ),
            "tsconfig.json": '{"compilerOptions": {"outDir": "dist", "rootDir": "src", "declaration": true, '
            '"module": "nodenext", "target": "es2022"}, "include": ["src"]}',
            "src/index.ts": f'export const version: string = "{VERSION}";\n',
        },
        "npm",
        "driver.ts",
        (
            (
                'import http from "node:http";',
                'import http from "node:http";\nimport { version } from "../dist/index.js";',
            ),
            ('"0.0.0"', "version"),
        ),
    ),
    "java": Library(
        {
            "pom.xml": '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
            f"<groupId>com.example</groupId><artifactId>{NAME}</artifactId><version>{VERSION}</version>"
            "<properties><maven.compiler.source>17</maven.compiler.source><maven.compiler.target>17</maven.compiler.target>"
            "<project.build.sourceEncoding>UTF-8</project.build.sourceEncoding></properties></project>",
            "src/main/java/com/example/Library.java": "package com.example;\n\npublic final class Library {\n"
            f'    public static final String VERSION = "{VERSION}";\n}}\n',
        },
        "mvn",
        "Driver.java",
        (('"0.0.0"', "com.example.Library.VERSION"),),
    ),
    "go": Library(
        {
            "go.mod": "module example.com/small\n\ngo 1.21\n",
            "small.go": f'package small\n\nconst Version = "{VERSION}"\n',
        },
        "go",
        "driver.go",
        (('\t"unicode"\n)', '\t"unicode"\n\n\t"example.com/small"\n)'), ('"0.0.0"', "small.Version")),
    ),
    "dotnet": Library(
        {
            "src/My.Library.csproj": '<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup>'
            "<TargetFramework>net8.0</TargetFramework></PropertyGroup></Project>\n",
            "src/Library.cs": "public static class Library\n{\n"
            f'    public const string Version = "{VERSION}";\n}}\n',
        },
        dotnet.SDK or "dotnet",
        "Driver.cs",
        (('"0.0.0"', "Library.Version"),),
        "Driver.csproj",
        (
            (
                '<!-- Change this: <PackageReference Include="My.Library" Version="0.0.0" /> -->',
                '<ProjectReference Include="../src/My.Library.csproj" />',
            ),
        ),
    ),
}


def steps_of(workflow: str) -> list[dict[str, Any]]:
    (job,) = yaml.safe_load(workflow)["jobs"].values()
    steps: list[dict[str, Any]] = job["steps"]
    return steps


def test_each_language_has_a_job_and_a_library_where_it_can_be_run() -> None:
    assert list(ONCE) == list(JOBS) == list(LIBRARIES)


@pytest.mark.parametrize("language", JOBS)
def test_a_job_is_whole(language: str) -> None:
    """Checkout, set-up, build, gate with known failures, artefacts: in this order."""
    kinds = [
        re.sub(r"^.*/|@.*$", "", step["uses"]) if "uses" in step else "run"
        for step in steps_of(JOBS[language])
    ]
    shape = " ".join(kinds)
    assert re.fullmatch(r"checkout setup-[a-z]+( run)+ graphcontract upload-artifact", shape), shape
    gate, keep = steps_of(JOBS[language])[-2:]
    assert gate["with"]["known-failures"] == "gate/known-failures.json"
    assert keep["if"] == "always()"
    assert keep["with"]["path"] == "reports/"


def succeed(command: str, folder: Path) -> None:
    status, said = run(command, folder, 400)
    assert status == 0, f"$ {command}\n{said}"


def adapt(language: str, text: str) -> str:
    """What the page says, for the toolchain that is here."""
    return dotnet.adapt(text) if language == "dotnet" else text


def edit(file: Path, changes: Iterable[tuple[str, str]]) -> None:
    text = file.read_text()
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    file.write_text(text)


def make_repository(language: str, folder: Path) -> None:
    """Do what the page says to do once, and write what it says to write."""
    library = LIBRARIES[language]
    for name, text in library.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(adapt(language, text))
    first, *others = (adapt(language, command) for command, _ in commands(ONCE[language]))
    succeed(first, folder)
    edit(folder / "gate" / library.driver, library.imports)
    if library.project:
        project = folder / "gate" / library.project
        edit(project, library.references)
        project.write_text(adapt(language, project.read_text()))
    if language == "typescript":  # Its driver imports what is built.
        succeed("npm install --silent --save-dev typescript && npm run build", folder)
    for command in others:
        succeed(command.replace("graphcontract check ", f"graphcontract check {SHORT} "), folder)
    known = folder / "gate" / "known-failures.json"
    known.write_text(known.read_text().replace("why this is accepted for now", "it never retries"))


def play(language: str, folder: Path) -> Iterator[action.Ran]:
    """Run the steps of a job; yield what its gates left."""
    for step in steps_of(adapt(language, JOBS[language])):
        if "run" in step:
            succeed(f"bash -eo pipefail -c {shlex.quote(step['run'])}", folder)
        elif "/graphcontract@" in step["uses"]:
            yield action.run("Gate", folder, step["with"] | {"arguments": SHORT.replace(" ", "\n")})


@pytest.mark.nightly
@pytest.mark.parametrize("language", LIBRARIES)
def test_a_job_works_in_a_repository_of_its_language(language: str, tmp_path: Path) -> None:
    if not shutil.which(LIBRARIES[language].needs):
        pytest.skip(f"there is no {LIBRARIES[language].needs} here")
    (tmp_path / "made").mkdir()
    make_repository(language, tmp_path / "made")
    copy = shutil.copytree(tmp_path / "made", tmp_path / "copy", ignore=shutil.ignore_patterns(*BUILT))
    (ran,) = play(language, copy)
    assert ran.status == 0, ran.log
    assert "retry.throttled" in ran.summary
    header = json.loads((copy / "reports" / "graphcontract.jsonl").read_text().splitlines()[0])
    assert header["implementation"]["version"] == VERSION
    assert (copy / "reports" / "graphcontract.html").exists()
