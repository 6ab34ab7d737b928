"""The documentation is run, see `tests.pages`, and reference pages are held against the code besides.

`test_page` shortens the gates of a page; `test_page_as_written`, which is nightly, does not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import pytest
import typer

import graphcontract
from graphcontract.cli import app
from graphcontract.clients import Limits, messages
from graphcontract.contract.loader import load
from graphcontract.errors import UserError
from graphcontract.inputs import errors, ids, tokens
from graphcontract.judging.profile import PROFILES
from graphcontract.judging.run_recorder import ExitStatus
from tests import action
from tests.pages import JOB, ROOT, Scene, is_shortened, parts, played, shorten, uses_of_the_action
from tests.reporting import problems

REFERENCE = ROOT / "docs" / "reference"
FOLDERS = (".", "docs", "docs/how-to", "docs/reference", "docs/explanation", "drivers", "drivers/*")
WRITTEN = sorted(path.relative_to(ROOT) for folder in FOLDERS for path in ROOT.glob(f"{folder}/*.md"))
RUN = [
    page
    for page in WRITTEN
    if page.name in ("README.md", "tutorial.md") or page.parent.name in ("how-to", "reference")
]
NOT_RUN = 13


@pytest.mark.parametrize("page", RUN, ids=str)
def test_page(page: Path, tmp_path: Path, subtests: pytest.Subtests) -> None:
    report(played(page, tmp_path, short=True), subtests)


@pytest.mark.nightly
@pytest.mark.parametrize("page", [page for page in RUN if is_shortened(page)], ids=str)
def test_page_as_written(page: Path, tmp_path: Path, subtests: pytest.Subtests) -> None:
    report(played(page, tmp_path, short=False), subtests)


def report(scenes: list[Scene], subtests: pytest.Subtests) -> None:
    for title, error in scenes:
        with subtests.test(title):
            if error is not None:
                raise error


def test_a_check_is_shortened_to_what_is_shown() -> None:
    row, end = "pass    MUST    request.method    78", "The client conforms to the contract"
    shown = [row, f"{end} as far as it was tested. 7 of 8", "exercised, 0"]
    command, expected = shorten("graphcontract check reference --select 'request.*'", shown)
    assert (command.split(), expected) == (
        ["graphcontract", "check", "--select", "request.method", "reference"],
        [row, end],
    )
    command, expected = shorten("graphcontract check reference", shown[1:])
    assert (command, expected) == ("graphcontract check --select response.no-content reference", [end])


@pytest.mark.parametrize(
    "command",
    [
        "graphcontract check --list",
        "graphcontract check x --select a.b",
        "graphcontract check x --operations all",
        "cat x",
    ],
)
def test_no_other_command_is_shortened(command: str) -> None:
    assert shorten(command, ["pass    MUST    request.method    78"])[0] == command


@pytest.mark.parametrize("page", ["docs/how-to/ci-github.md", "docs/how-to/ci-azure.md"])
def test_pages_on_ci_have_jobs_that_gate(page: str) -> None:
    assert any(JOB.search(part.text) for part in parts(page) if part.language == "yaml")


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
        assert problems(sample) == []
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
    options = (word for each in command.params for word in (*each.opts, *each.secondary_opts))
    return (word for word in options if word.startswith("--"))


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
