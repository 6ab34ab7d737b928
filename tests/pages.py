"""Runs a page: samples become files, commands run in order, and what is shown must appear.

A comment on the line before a fenced block says what the block is:

    <!-- file: NAME -->         a file to write
    <!-- edit: NAME -->         a diff of whole lines, for a file written before
    <!-- exit: N -->            commands, of which the last ends with this status; without it all end with 0
    <!-- not run: REASON -->    left alone, and counted

    <!-- once: LANGUAGE -->     commands for a repository of that language, run by tests/test_jobs.py
    <!-- job: LANGUAGE -->      a workflow for it, played by the same
    <!-- install: WAY -->       commands that install graphcontract, run by tests/test_installs.py

`<!-- files of: PAGE -->` by itself lays out the files that another page ends with.

A gate of all clauses takes ten seconds, so that commands can be shortened: to the clauses that a page shows.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest
import yaml

from graphcontract.cli import main
from graphcontract.clients import isolation
from tests import action

ROOT = Path(__file__).parents[1]
Scene = tuple[str, BaseException | None]

_COMMENT = re.compile(r"<!-- (.+) -->")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_CHECK = "graphcontract check "
_SELECT = re.compile(r"--select '?([\w.*-]+)'?")
# What follows the first line of the summary.
_REST = re.compile(r"SHOULD violated|exercised, ")
# A line of the table of verdicts.
_CLAUSE = re.compile(r"(?:pass|FAIL|warn|n/a|known|skipped) +(?:MUST|SHOULD) +(\S+)")
JOB = re.compile(r"(?:run|script): ((graphcontract check|pytest) .+)")
ELSEWHERE = ("once: ", "job: ", "install: ")
_HARMLESS = {"graphcontract check": " --list", "pytest": " --collect-only"}
_UNKEPT = ("PYTEST", "COV", "FORCE_COLOR", "TTY_")
# Clients with a fixed root, on the proxy transport.
_ISOLATED = re.compile(r"--transport proxy 'command:(sh cancel\.sh|true)")
_NEEDED = {"node": re.compile(r"\bnode "), "curl": re.compile(r"\bcurl |cancel\.sh")}


@dataclass(frozen=True)
class Part:
    """A fenced block with the comment before it, or such a comment alone."""

    order: str
    language: str = ""
    text: str = ""


def parts(page: str | Path) -> Iterator[Part]:
    lines = iter((ROOT / page).read_text(encoding="utf-8").splitlines())
    order = ""
    for line in lines:
        if line.startswith("```"):
            body: list[str] = []
            while (inside := next(lines)) != "```":
                body.append(inside)
            yield Part(order, line[3:], "".join(f"{each}\n" for each in body))
            order = ""
        elif comment := _COMMENT.fullmatch(line):
            order = comment[1]
            if order.startswith("files of: "):
                yield Part(order)
        else:
            order = ""


def laid_out(part: Part, folder: Path) -> bool:
    """Write, or change, the file that a part is; whether it was one."""
    order, _, name = part.order.partition(": ")
    if order == "file":
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(part.text, encoding="utf-8")
    elif order == "edit":
        text = (folder / name).read_text(encoding="utf-8")
        old, new = (
            "".join(line[1:] for line in part.text.splitlines(keepends=True) if line[0] in (" ", sign))
            for sign in "-+"
        )
        assert text.count(old) == 1, f"{name} does not have these lines once:\n{old}"
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")
    elif order == "files of":
        for each in parts(name):
            laid_out(each, folder)
    else:
        return False
    return True


def commands(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each command of a console block, with the lines that are shown after it."""
    command, shown = "", list[str]()
    for line in text.splitlines():
        if command.endswith("\\"):
            command += f"\n{line}"
        elif line.startswith("$ "):
            if command:
                yield command, shown
            command, shown = line[2:], []
        else:
            shown.append(line)
    yield command, shown


def loose(text: str) -> str:
    """Numbers and white space do not count."""
    return " ".join(_NUMBER.sub("0", text).split())


def not_said(shown: list[str], said: str) -> str | None:
    """The first shown line that does not appear after those before it; `…` stands for anything."""
    rest = loose(said)
    for line in shown:
        for piece in filter(None, map(loose, line.split("…"))):
            _, found, rest = rest.partition(piece)
            if not found:
                return line
    return None


def run(command: str, folder: Path, timeout: float = 120) -> tuple[int, str]:
    """Exit status and both outputs of a command line, with this environment's programs first."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_UNKEPT)}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
    ended = subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env={**kept, "PATH": path, "COLUMNS": "80"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=timeout,
    )
    return ended.returncode, ended.stdout


def is_ours_alone(command: str) -> bool:
    """Whether a command line runs graphcontract once, and needs neither a shell nor a process of its own."""
    words = list(shlex.shlex(command, posix=True, punctuation_chars=True))
    shell = {"|", "||", "&", "&&", ";", "<", ">", ">>", "(", ")"}.intersection(words) or "$" in command
    return words[0] == "graphcontract" and not shell and "--in-process" not in words and "mock" not in words


def run_here(command: str, folder: Path) -> tuple[int, str]:
    """Do what `run` does in this process: to import everything takes most of a short run's time."""
    said = StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(said):
        for name in filter(lambda name: name.startswith(_UNKEPT), dict(os.environ)):
            patch.delenv(name)
        patch.setenv("COLUMNS", "80")
        patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        patch.chdir(folder)
        patch.setattr(sys, "argv", shlex.split(command.replace("\\\n", " ")))
        with pytest.raises(SystemExit) as ended:
            main()
    return int(ended.value.code or 0), said.getvalue()


def lacking(text: str) -> str | None:
    """What a block needs and this machine has not."""
    if _ISOLATED.search(text) and isolation.find_obstacle() is not None:
        return "network namespace"
    return next(
        (name for name, used in _NEEDED.items() if used.search(text) and not shutil.which(name)), None
    )


def played(page: Path, folder: Path, *, short: bool) -> list[Scene]:
    """Lay out a page's files and run its commands in order: as they are, or shortened."""
    scenes: list[Scene] = []
    for part in parts(page):
        if part.order.startswith("not run: "):
            continue
        try:
            play(part, folder, short=short)
        except (AssertionError, pytest.skip.Exception) as error:
            scenes.append((part.text.partition("\n")[0], error))
        else:
            scenes.append((part.text.partition("\n")[0], None))
    return scenes


def play(part: Part, folder: Path, *, short: bool) -> None:
    if part.order.startswith(ELSEWHERE):
        return
    if laid_out(part, folder):
        for job, program in JOB.findall(part.text) if part.language == "yaml" else ():
            status, said = run(job + _HARMLESS[program], folder)
            assert status == 0, f"$ {job}\n{said}"
        for given in uses_of_the_action(part.text) if part.language == "yaml" else ():
            listed = given | {"arguments": f"{given.get('arguments', '')}\n--list"}
            ran = action.run("Gate", folder, listed)
            assert ran.status == 0, ran.log
    elif part.language == "json":
        assert all(isinstance(json.loads(line), dict) for line in part.text.splitlines())
    else:
        assert part.language == "console", f"neither run nor marked as not run:\n{part.text}"
        check_session(part, folder, short=short)


def uses_of_the_action(workflow: str) -> Iterator[dict[str, str]]:
    """The inputs that a workflow, or a pipeline, gives to our own action."""
    for job in yaml.safe_load(workflow).get("jobs", {}).values():
        for step in job["steps"]:
            if "/graphcontract@" in step.get("uses", ""):
                yield step["with"]


def check_session(part: Part, folder: Path, *, short: bool) -> None:
    if program := lacking(part.text):
        pytest.skip(f"there is no {program} here")
    made = [shorten(*each) if short else each for each in commands(part.text)]
    expected = [0] * (len(made) - 1) + [int(part.order.removeprefix("exit: ") or 0)]
    for (command, shown), status in zip(made, expected, strict=True):
        ended, said = (run_here if short and is_ours_alone(command) else run)(command, folder)
        assert ended == status, f"$ {command}\n{said}"
        line = not_said(shown, said)
        assert line is None, f"$ {command}\ndoes not print {line!r} there, but\n{said}"


def shorten(command: str, shown: list[str]) -> tuple[str, list[str]]:
    """A command with what it prints. Where it checks all clauses, or those of a pattern, it checks those that
    are shown, or one if none is.
    """
    chosen, left = _SELECT.findall(command), ("--list", "--operations")
    if (
        _CHECK not in command
        or any(each in command for each in left)
        or (chosen and not any("*" in each for each in chosen))
    ):
        return command, shown
    clauses = [line[1] for line in map(_CLAUSE.match, shown) if line] or ["response.no-content"]
    options = " ".join(f"--select {clause}" for clause in clauses)
    command = _SELECT.sub("", command).replace(_CHECK, f"{_CHECK}{options} ", 1)
    # How many MUST were not tested depends on the selection.
    return command, [line.partition(" as far as")[0] for line in shown if not _REST.match(line)]


def is_shortened(page: Path) -> bool:
    """Whether a short run of the page leaves out a clause, a shell or a process."""
    consoles = (
        part for part in parts(page) if part.language == "console" and not part.order.startswith("not run: ")
    )
    made = (each for part in consoles for each in commands(part.text))
    return any(is_ours_alone(each[0]) or shorten(*each) != each for each in made)
