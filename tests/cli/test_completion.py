"""Completion, as a shell asks for it: through the environment variables of its script."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from graphcontract.cli import app, completion, main
from graphcontract.contract.loader import load

CHECKOUT = ["driveitem-checkout-beta", "driveitem-checkout-v1-0"]
SCRIPT = Path(sys.executable).with_name("graphcontract")


class Shell:
    """Completes the last word of a command line in this process, as bash would."""

    def __init__(self, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self._patch, self._capture = patch, capture

    def __call__(self, line: str) -> list[str]:
        words = line.split(" ")
        self._patch.setenv("_GRAPHCONTRACT_COMPLETE", "complete_bash")
        self._patch.setenv("COMP_WORDS", line)
        self._patch.setenv("COMP_CWORD", str(len(words) - 1))
        self._patch.setattr(sys, "argv", ["graphcontract"])
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code
        out, err = self._capture.readouterr()
        assert err == ""
        return out.split()


@pytest.fixture
def complete(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Shell:
    monkeypatch.chdir(tmp_path)
    return Shell(monkeypatch, capsys)


@pytest.mark.parametrize("option", ["--select", "--deselect"])
def test_clauses(complete: Shell, option: str) -> None:
    assert complete(f"graphcontract check reference {option} error.m") == ["error.message", "error.malformed"]


def test_every_clause_is_one_that_can_be_selected(complete: Shell) -> None:
    clauses = load("message-delete-me-v1-0", None).clauses
    offered = complete("graphcontract check --contract message-delete-me-v1-0 --select ")
    assert offered == [id for id, clause in clauses.items() if clause.by == "client"]
    offered = complete("graphcontract live --select ")
    assert offered
    assert all(id.startswith("service.") for id in offered)


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("check reference --contract message-", ["message-delete-me-v1-0", "message-delete-users-v1-0"]),
        ("doctor reference --contract ev", []),
        ("drift x.md --contract eds", []),
        ("check x --operations al", ["all", "alloweddatalocations-id-delete-beta"]),
        ("check x --operations all --operations driveitem-checkout", CHECKOUT),
        ("check x --profile n", ["nightly"]),
        ("explain transport.tim", ["transport.timeout"]),
        ("serve --clause transport.tim", ["transport.timeout"]),
        ("contracts show message-delete-m", ["message-delete-me-v1-0"]),
        ("new driver ty", ["typescript"]),
    ],
)
def test_values(complete: Shell, line: str, offered: list[str]) -> None:
    assert complete(f"graphcontract {line}") == offered


@pytest.mark.parametrize("name", ["none.json", "broken.json", "graph-conventions"])
def test_a_contract_that_cannot_be_read_completes_to_nothing(complete: Shell, name: str) -> None:
    Path("broken.json").write_text("{")
    assert complete(f"graphcontract check x --contract {name} --select ") == []


def test_zsh_gets_a_word_on_each_value_and_nothing_slow_is_imported() -> None:
    """The cost of Tab is imports: jsonschema alone takes as long as all the rest."""
    environment = {
        **os.environ,
        "_GRAPHCONTRACT_COMPLETE": "complete_zsh",
        "_TYPER_COMPLETE_ARGS": "graphcontract check --select error.mess",
    }
    words = [sys.executable, "-X", "importtime", str(SCRIPT)]
    ended = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    assert re.search(r'"error\.message":"SHOULD .+"', ended.stdout)
    imported = {line.rpartition("|")[2].strip() for line in ended.stderr.splitlines()}
    assert "typer" in imported
    assert not imported & {"jsonschema", "pydantic", "pytest", "httpx", "hypothesis"}


def _list_lines(group: Any, line: str) -> Iterator[str]:
    """Command lines that end where a value, an option or a command is expected, for every command."""
    for name, command in group.commands.items():
        yield f"{line} {name} "
        yield f"{line} {name} --"
        if hasattr(command, "commands"):
            yield from _list_lines(command, f"{line} {name}")
        for each in getattr(command, "params", ()):
            if each.opts[0].startswith("-") and not getattr(each, "is_flag", False):
                yield f"{line} {name} {each.opts[0]} c"


def _complete_checked(complete: Shell, monkeypatch: pytest.MonkeyPatch, *lines: str) -> list[list[str]]:
    """Complete as Typer does by itself."""
    with monkeypatch.context() as patch:
        patch.setattr(completion, "leave_values_as_typed", lambda command: None)
        return [complete(line) for line in lines]


LINES = (
    "graphcontract ",
    "graphcontract live --",
    "graphcontract check x --workers many --seed x --profile no --select error.m",
    "graphcontract check a b --contract lost --operations x --contract message",
    "graphcontract contracts catalogue build a b ",
)


def test_values_that_are_not_checked_complete_to_the_same(
    complete: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [complete(line) for line in LINES] == _complete_checked(complete, monkeypatch, *LINES)


@pytest.mark.nightly
def test_every_option_completes_to_the_same(complete: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = list(_list_lines(get_command(app), "graphcontract"))
    assert [complete(line) for line in lines] == _complete_checked(complete, monkeypatch, *lines)
