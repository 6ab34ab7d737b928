"""The documentation is run: samples become files, commands run in order, and what is shown must appear.

A comment on the line before a fenced block says what the block is:

    <!-- file: NAME -->         a file to write
    <!-- edit: NAME -->         a diff of whole lines, for a file written before
    <!-- exit: N -->            commands, of which the last ends with this status; without it all end with 0
    <!-- not run: REASON -->    left alone, and counted

`<!-- files of: PAGE -->` by itself lays out the files that another page ends with. Reference pages are held
against the code besides.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import jsonschema
import pytest
import typer
import yaml

import graphcontract
from graphcontract.cli import app
from graphcontract.clients import Limits, isolation, messages
from graphcontract.contract.loader import load
from graphcontract.errors import UserError
from graphcontract.inputs import errors, ids, tokens
from graphcontract.judging.profile import PROFILES
from graphcontract.judging.run_recorder import ExitStatus
from tests import action

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs" / "reference"
FOLDERS = (".", "docs", "docs/how-to", "docs/reference", "docs/explanation", "drivers", "drivers/*")
WRITTEN = sorted(path.relative_to(ROOT) for folder in FOLDERS for path in ROOT.glob(f"{folder}/*.md"))
RUN = [
    page
    for page in WRITTEN
    if page.name in ("README.md", "tutorial.md") or page.parent.name in ("how-to", "reference")
]
NOT_RUN = 9

_COMMENT = re.compile(r"<!-- (.+) -->")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_JOB = re.compile(r"(?:run|script): ((graphcontract check|pytest) .+)")
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


def run(command: str, folder: Path) -> tuple[int, str]:
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
        timeout=120,
    )
    return ended.returncode, ended.stdout


Scene = tuple[str, BaseException | None]


def lacking(text: str) -> str | None:
    """What a block needs and this machine has not."""
    if _ISOLATED.search(text) and isolation.find_obstacle() is not None:
        return "network namespace"
    return next(
        (name for name, used in _NEEDED.items() if used.search(text) and not shutil.which(name)), None
    )


def played(page: Path, folder: Path) -> list[Scene]:
    """Lay out a page's files and run its commands, in order."""
    scenes: list[Scene] = []
    for part in parts(page):
        if part.order.startswith("not run: "):
            continue
        try:
            play(part, folder)
        except (AssertionError, pytest.skip.Exception) as error:
            scenes.append((part.text.partition("\n")[0], error))
        else:
            scenes.append((part.text.partition("\n")[0], None))
    return scenes


def play(part: Part, folder: Path) -> None:
    if laid_out(part, folder):
        for job, program in _JOB.findall(part.text) if part.language == "yaml" else ():
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
        check_session(part, folder)


def uses_of_the_action(workflow: str) -> Iterator[dict[str, str]]:
    """The inputs that a workflow, or a pipeline, gives to our own action."""
    for job in yaml.safe_load(workflow).get("jobs", {}).values():
        for step in job["steps"]:
            if "/graphcontract@" in step.get("uses", ""):
                yield step["with"]


def check_session(part: Part, folder: Path) -> None:
    if program := lacking(part.text):
        pytest.skip(f"there is no {program} here")
    made = list(commands(part.text))
    expected = [0] * (len(made) - 1) + [int(part.order.removeprefix("exit: ") or 0)]
    for (command, shown), status in zip(made, expected, strict=True):
        ended, said = run(command, folder)
        assert ended == status, f"$ {command}\n{said}"
        line = not_said(shown, said)
        assert line is None, f"$ {command}\ndoes not print {line!r} there, but\n{said}"


@pytest.mark.parametrize("page", RUN, ids=str)
def test_page(page: Path, tmp_path: Path, subtests: pytest.Subtests) -> None:
    for title, error in played(page, tmp_path):
        with subtests.test(title):
            if error is not None:
                raise error


@pytest.mark.parametrize("page", ["docs/how-to/ci-github.md", "docs/how-to/ci-azure.md"])
def test_pages_on_ci_have_jobs_that_gate(page: str) -> None:
    assert any(_JOB.search(part.text) for part in parts(page) if part.language == "yaml")


def test_the_page_on_github_uses_the_action_and_names_every_input() -> None:
    page = "docs/how-to/ci-github.md"
    given = [
        each for part in parts(page) if part.language == "yaml" for each in uses_of_the_action(part.text)
    ]
    assert given
    assert not unnamed(action.ACTION["inputs"], (ROOT / page).read_text(encoding="utf-8"))


def test_few_blocks_are_not_run() -> None:
    assert sum(part.order.startswith("not run: ") for page in WRITTEN for part in parts(page)) == NOT_RUN


@pytest.mark.parametrize("page", WRITTEN, ids=str)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", (ROOT / page).read_text(encoding="utf-8")):
        file, _, section = target.partition("#")
        if not file.startswith("https:"):
            leads_to = ROOT / page.parent / file if file else ROOT / page
            assert leads_to.exists(), target
            assert not section or section in sections(leads_to), target


def sections(page: Path) -> set[str]:
    """The anchors that a page's headings have on GitHub."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def text_of(page: str) -> str:
    return (REFERENCE / page).read_text(encoding="utf-8")


def samples(page: str) -> list[dict[str, Any]]:
    lines = [
        line for part in parts(REFERENCE / page) if part.language == "json" for line in part.text.splitlines()
    ]
    return [json.loads(line) for line in lines]


def unnamed(names: Iterable[str], text: str) -> list[str]:
    """Names that stand nowhere in a page as code, be it in backticks or in a sample."""
    return [name for name in names if not re.search(rf"[`\"]{re.escape(name)}\b", text)]


def test_driver_protocol_has_lines_that_the_harness_takes() -> None:
    for sample in samples("driver-protocol.md"):
        line = json.dumps(sample).encode()
        if "cmd" in sample:
            messages.read_command(line)
        elif "outcome" in sample:
            assert messages.read_reply(line, sample["seq"]).kind == sample["outcome"]
        elif "implementation" in sample:
            assert messages.read_declaration(line).limits.timeout == "attempt"


def test_driver_protocol_names_every_member_of_its_schema() -> None:
    schema = json.loads((ROOT / "graphcontract" / "clients" / "driver-protocol.schema.json").read_bytes())
    assert set(Limits.__slots__) - {"declared"} <= set(names_in(schema))
    assert not unnamed(names_in(schema), text_of("driver-protocol.md"))


def test_report_events_are_as_the_schema_has_them() -> None:
    schema = json.loads((ROOT / "graphcontract" / "reporting" / "report-event.schema.json").read_bytes())
    for sample in samples("report-events.md"):
        jsonschema.validate(sample, schema)
    assert not unnamed(set(names_in(schema)) - {"event"}, text_of("report-events.md"))


def names_in(schema: object) -> Iterator[str]:
    """Every name of a member that a JSON Schema describes."""
    if isinstance(schema, dict):
        yield from schema.get("properties", ()) if isinstance(schema.get("properties"), dict) else ()
        for value in schema.values():
            yield from names_in(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from names_in(value)


def test_contract_files_names_every_member() -> None:
    schema = json.loads((ROOT / "contracts" / "contract.schema.json").read_bytes())
    assert not unnamed(names_in(schema), text_of("contract-files.md"))


def test_command_line_names_every_option_and_no_other() -> None:
    text = text_of("command-line.md")
    known = {word for command in commands_below(typer.main.get_command(app)) for word in words_of(command)}
    found = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))
    assert known <= found | {"--help"}
    assert found <= known | {"--help"}


def commands_below(command: Any) -> Iterator[Any]:
    yield command
    for below in getattr(command, "commands", {}).values():
        yield from commands_below(below)


def words_of(command: Any) -> Iterator[str]:
    return (word for parameter in command.params for word in parameter.opts if word.startswith("--"))


def test_exit_statuses_names_every_status() -> None:
    for status in ExitStatus:
        assert f"| {status.value} | {status.name} |" in text_of("exit-statuses.md")


def test_errors_lists_every_class_by_its_code() -> None:
    for module in walk_packages(graphcontract.__path__, "graphcontract."):
        if not module.name.startswith("graphcontract.templates"):
            import_module(module.name)
    listed = re.findall(r"^\| `([\w-]+)` \| (\d) \|", text_of("errors.md"), re.MULTILINE)
    assert listed == sorted((each.code, str(each.status)) for each in error_classes(UserError))
    assert len({code for code, _ in listed}) == len(listed), "each class has its own code"


def error_classes(base: type[UserError]) -> Iterator[type[UserError]]:
    """A class of errors and all that derive from it."""
    yield base
    for derived in base.__subclasses__():
        yield from error_classes(derived)


def test_pytest_plugin_names_every_option(pytestconfig: pytest.Config) -> None:
    options = {
        f"--{name.replace('_', '-')}" for name in vars(pytestconfig.option) if name.startswith("graph_")
    }
    assert len(options) > 10
    assert not unnamed(options, text_of("pytest-plugin.md"))


def test_inputs_names_every_class_and_profile() -> None:
    contract = load("sharepointmigrationtask-cancel", None)
    drawn = (
        *(ids.task_ids(), ids.task_ids({"type": "integer"}), ids.unusable_task_ids(), ids.control_task_ids()),
        *(tokens.tokens(), errors.graph_errors(contract), errors.malformed_errors(contract)),
    )
    assert not unnamed((name for partitions in drawn for name in partitions), text_of("inputs.md"))
    for name, profile in PROFILES.items():
        assert f"| `{name}` | {profile.examples} | {profile.least} |" in text_of("inputs.md")
