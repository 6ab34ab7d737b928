"""Drivers to fill in: those that this machine can run are judged as they are written."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import sys
from collections import Counter
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest

from graphcontract.cli.new import Language
from graphcontract.templates import DRIVERS, text_of
from tests import dotnet, pages
from tests.cli.running import Ended, Here, apart

PROGRAMS = {
    **{language: shutil.which(template.run.split()[0]) for language, template in DRIVERS.items()},
    "python": sys.executable,
    "dotnet": dotnet.SDK,
}
RUN_HERE = [language for language, program in PROGRAMS.items() if program]
COSTLY = ("typescript", "dotnet", "go", "java")  # they compile
SAMPLE = (
    "request.path-parameters",
    "response.no-content",
    "error.code",
    "transport.timeout",
    "calls.independent",
)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(language, marks=[pytest.mark.nightly] if language in COSTLY else [])
        for language in RUN_HERE
    ],
)
def client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A driver as it was written, as CLIENT of the command line, and the folder to run it in."""
    folder = tmp_path_factory.mktemp(request.param)
    ended = apart("new", "driver", request.param, "--output", "my driver", folder=folder)
    assert (ended.status, ended.err) == (0, "")
    lines = ended.out.splitlines()
    if request.param == "dotnet":
        lines = [dotnet.adapt(line) for line in lines]
        project = folder / "my driver" / "Driver.csproj"
        project.write_text(dotnet.adapt(project.read_text()))
    for line in lines:
        if line.startswith("build: "):
            status, said = pages.run(line.removeprefix("build: "), folder)
            assert status == 0, said
    words = shlex.split(lines[-1])
    assert (words[:3], words[4:]) == (["next:", "graphcontract", "check"], ["--profile", "quick"])
    return words[3].replace("process:python ", f"process:{sys.executable} "), folder


# What the sample for Java violates: a list of known failures has SHOULD too.
KNOWN_OF_JAVA = [
    {
        "clause": "transport.failure",
        "evidence": ["transport.failure-b05108bbc89a"],
        "reason": "java.net.http reads the status 2040 as 204.",
    },
    {
        "clause": "retry.throttled",
        "evidence": [f"retry.throttled-{id}" for id in ("ea3804c709b8", "fce5ed175c77", "7361d5a570d4")],
        "reason": "The sample retries nothing.",
    },
]


def check(here: Here, client: tuple[str, Path], *words: str) -> Ended:
    with chdir(client[1]):
        return here("check", client[0], "--profile", "quick", *words)


@pytest.mark.parametrize(
    "selected",
    [pytest.param((), marks=pytest.mark.nightly, id="all"), pytest.param(SAMPLE, id="sample")],
)
def test_the_first_run_is_green(client: tuple[str, Path], here: Here, selected: tuple[str, ...]) -> None:
    """All clauses; or one of each suite, which each language has to do something for."""
    chosen = [f"--select={clause}" for clause in selected]
    if client[0].startswith("process:java ") and not selected:
        (client[1] / "known.json").write_text(json.dumps({"known_failures": KNOWN_OF_JAVA}))
        chosen = ["--known-failures", "known.json"]
    ended = check(here, client, *chosen)
    assert ended.status == 0, ended.out + ended.err
    assert "0 MUST violated" in " ".join(ended.out.split())


DELETE: dict[str, Any] = {
    "format": 2,
    "id": "user-delete",
    "title": "user: delete",
    "extends": ["graph-conventions"],
    "request": {
        "method": "DELETE",
        "root": "https://graph.microsoft.com",
        "version": "v1.0",
        "path": "/users/{userId}",
        "parameters": {"userId": {"type": "string"}},
        "query": "absent",
        "fields": {"Authorization": "require", "Content-Type": "forbid"},
        "content": "absent",
    },
    "success": {"status": 204, "content": "absent"},
}
SELECTED = ("request.path*", "input.*", "retry.equivalent", "redirect.method")


def test_another_contract_is_kept_as_it_is_written(client: tuple[str, Path], here: Here) -> None:
    (client[1] / "delete.json").write_text(json.dumps(DELETE))
    words = [word for clause in SELECTED for word in ("--select", clause)]
    ended = check(here, client, "--contract", "delete.json", *words)
    assert ended.status == 0, ended.out + ended.err
    assert "0 MUST violated, 0 SHOULD violated" in " ".join(ended.out.split())


def test_a_contract_with_content_is_left_to_the_users_library(client: tuple[str, Path], here: Here) -> None:
    request = {**DELETE["request"], "method": "PUT", "content": "required", "media_type": "application/json"}
    (client[1] / "put.json").write_text(json.dumps({**DELETE, "id": "user-put", "request": request}))
    ended = check(here, client, "--contract", "put.json", "--select", "request.body")
    assert ended.status == 5, ended.out + ended.err
    assert "this client sends neither content nor a query" in " ".join(ended.out.split())


@pytest.mark.parametrize("contract", ["message-delete-me-v1-0", "my delete.json", "users-id-delete-beta"])
def test_the_printed_command_checks_the_contract(contract: str, here: Here) -> None:
    (here.folder / "my delete.json").write_text(json.dumps(DELETE))
    ended = here("new", "driver", "python", "--contract", contract)
    assert (ended.status, ended.err) == (0, "")
    *_, first, following = ended.out.splitlines()
    assert first.startswith("operation: DELETE /")
    assert following.endswith(f" --contract {shlex.quote(contract)} --profile quick")


def test_a_contract_that_is_not_there_leaves_no_file(here: Here) -> None:
    ended = here("new", "driver", "python", "--contract", "mesage-delete-me-v1-0", "--output", "gate")
    assert ended.status == 2
    assert "message-delete-me-v1-0" in ended.err
    assert not (here.folder / "gate").exists()


PATTERNS = (
    "v1.0 DELETE /groups/*$ref",
    "beta POST /me/chats/*",
    "beta * /drives/*cell(*)*",
    "beta * /users(*)*",
)


def test_every_operation_is_served(client: tuple[str, Path], here: Here) -> None:
    """Query parameters, `/me`, functions with parameters in the path, and DELETE."""
    ended = check(here, client, "--no-once", *(f"--operations={each}" for each in PATTERNS))
    assert ended.status == 0, ended.out + ended.err
    assert ", 0 not supported;" in ended.out


@pytest.mark.parametrize("words", [("--tls",), ("--transport", "proxy")], ids=" ".join)
def test_authorities_and_a_proxy_are_taken(
    client: tuple[str, Path], here: Here, words: tuple[str, ...]
) -> None:
    selected = ("--select", "request.method", "--select", "request.authorization")
    ended = check(here, client, *words, *selected)
    assert ended.status == 0, ended.out + ended.err
    assert "2 of 2 MUST exercised" in " ".join(ended.out.split())


@pytest.mark.nightly
@pytest.mark.skipif(shutil.which("npm") is None, reason="needs npm")
def test_typescript_finds_mistakes(tmp_path: Path) -> None:
    """In both drivers: with the project file beside the one, with the options in the comment of the other."""
    pages.run("npm install --silent typescript @types/node", tmp_path)
    (options,) = re.findall(r"`(npx tsc .+)`", text_of("driver.mjs"))
    checks = {"javascript": options, "typescript": "npx tsc --noEmit --project tsconfig.json"}
    for language, check in checks.items():
        for file in DRIVERS[language].files:
            (tmp_path / file).write_text(text_of(file))
        driver = tmp_path / DRIVERS[language].files[0]
        assert pages.run(check, tmp_path) == (0, "")
        driver.write_text(text_of(driver.name).replace("rule.method", "rule.methods"))
        status, said = pages.run(check, tmp_path)
        assert status != 0
        assert "'methods' does not exist" in said


def _read_code(file: str) -> tuple[Counter[str], set[str]]:
    """The string literals of a script, and the names of its functions and methods, without comments."""
    code = re.sub(r"/\*.*?\*/|(?m:^\s*//[^\n]*$)", "", text_of(file), flags=re.DOTALL)
    names = re.findall(r"^\s*(?:async )?(?:function )?([#\w]+)\([^;]*\{$", code, re.MULTILINE)
    return Counter(re.findall(r'"[^"\n]*"|`[^`]*`', code)), set(names)


def test_both_drivers_for_node_are_the_same_client() -> None:
    (typed, methods), (plain, same) = _read_code("driver.ts"), _read_code("driver.mjs")
    assert methods - {"serve"} == same  # a module in JavaScript awaits without one
    assert {"declaration", "outcome", "send", "#request", "fillIn", "segment"} <= methods
    assert set((typed - plain) + (plain - typed)) <= {
        *('"typescript"', '"javascript"', '"node:net"', '""'),  # the language, a type, and a default
        *('"start"', '"call"', '"stop"'),  # in types
    }


def test_every_language_has_a_template() -> None:
    assert [language.value for language in Language] == list(DRIVERS)


@pytest.mark.parametrize("language", DRIVERS)
def test_a_template_says_what_it_was_not_tested_with(language: str, here: Here) -> None:
    template = DRIVERS[language]
    said = " ".join(here("new", "driver", language).out.split())
    for text in (said, text_of(template.files[0])[:1500]):
        assert ("not with" in text) is bool(template.untested)
        if template.untested:
            assert f"with {template.tested}" in text
            assert f"not with {template.untested}" in text


def test_nothing_is_overwritten_unasked(here: Here) -> None:
    file = here.folder / "Driver.cs"
    file.write_text("mine")
    ended = here("new", "driver", "dotnet")
    assert (ended.status, ended.out) == (2, "")
    assert ended.err == (
        "error: Driver.cs: already there [usage]\n"
        "  Choose another folder with --output, or overwrite with --force.\n"
    )
    assert [path.name for path in here.folder.iterdir()] == ["Driver.cs"]
    assert here("new", "driver", "dotnet", "--force").status == 0
    assert file.read_text() == text_of("Driver.cs")


@pytest.mark.parametrize("words", [("cobol",), (), ("python", "--output", "/dev/null/x")])
def test_mistakes_are_said(here: Here, words: tuple[str, ...]) -> None:
    ended = here("new", "driver", *words)
    assert (ended.status, ended.out) == (2, "")
    assert "Traceback" not in ended.err
