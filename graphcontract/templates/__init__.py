"""Templates for drivers, one for each language: their files, and the command that runs them.

A template is one file that its user copies, reads and changes. So those for JavaScript and TypeScript both
have the protocol and the small client, and differ in how types are written; a test compares them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Template:
    """A driver's `files`; the command that runs it, in which `{driver}` is the first file, or the `built`
    one; what it was `tested` with; the command that builds it from `{project}`, the last of the files; and
    what it is written for and was `untested` with, if that differs.
    """

    files: tuple[str, ...]
    run: str
    tested: str
    built: str = ""
    build: str = ""
    untested: str = ""


DRIVERS: Mapping[str, Template] = {
    "python": Template(("driver.py",), "python {driver}", "Python 3.11"),
    "typescript": Template(
        ("driver.ts", "tsconfig.json"),
        "node {driver}",
        "Node 20",
        "driver.js",
        "npm install --save-dev typescript @types/node && npx tsc --project {project}",
    ),
    "javascript": Template(("driver.mjs",), "node {driver}", "Node 20"),
    "dotnet": Template(
        ("Driver.cs", "Driver.csproj"),
        "dotnet {driver}",
        ".NET Core 3.1",
        "bin/Release/net8.0/Driver.dll",
        "dotnet build --configuration Release {project}",
        untested=".NET 8",
    ),
    "go": Template(("driver.go",), "go run {driver}", "Go 1.26"),
    "java": Template(("Driver.java",), "java {driver}", "Java 17"),
}


def text_of(file: str) -> str:
    """Read the text of a template's file."""
    return files(__name__).joinpath(file).read_text(encoding="utf-8")
