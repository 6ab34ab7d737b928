"""Help texts, as a terminal of 80 columns shows them: every command and every option of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from graphcontract.cli import app

COLUMNS = 80


def _list_commands(command: Any, *names: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield names, command
    for name, each in getattr(command, "commands", {}).items():
        yield from _list_commands(each, *names, name)


COMMANDS = dict(_list_commands(get_command(app), "graphcontract"))


def read_help(names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", str(COLUMNS))
    monkeypatch.setenv("TERMINAL_WIDTH", str(COLUMNS))
    command = COMMANDS[names]
    ctx = command.make_context(" ".join(names), [], resilient_parsing=True)
    return str(command.get_help(ctx))


@pytest.mark.parametrize("names", COMMANDS, ids=" ".join)
def test_a_help_text_fits(names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    lines = read_help(names, monkeypatch).splitlines()
    assert [line for line in lines if len(line) > COLUMNS] == []


@pytest.mark.parametrize("names", COMMANDS, ids=" ".join)
def test_no_description_is_cut(names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, listed = read_help(names, monkeypatch).partition("\nCommands:\n")
    assert [line for line in listed.splitlines() if line.endswith("...")] == []


@pytest.mark.parametrize("names", COMMANDS, ids=" ".join)
def test_no_option_is_broken_in_two(names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    text = read_help(names, monkeypatch)
    assert re.findall(r"--[a-z-]+-$", text, re.MULTILINE) == []


@pytest.mark.parametrize("names", COMMANDS, ids=" ".join)
def test_everything_has_a_help_text(names: tuple[str, ...]) -> None:
    command = COMMANDS[names]
    assert command.help or names == ("graphcontract",)
    for each in command.params:
        assert getattr(each, "help", None), each.name


@pytest.mark.parametrize("names", COMMANDS, ids=" ".join)
def test_brackets_and_dots_are_not_doubled(names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    usage = read_help(names, monkeypatch).splitlines()[0]
    assert not re.search(r"\[\[|\.\.\.\}?\]?\.\.\.$", usage)


@pytest.mark.parametrize("names", COMMANDS, ids=" ".join)
def test_a_default_is_named_in_one_way(names: tuple[str, ...]) -> None:
    """`[default: x]`, also where a text says it because the value depends on something."""
    for each in COMMANDS[names].params:
        for bracket in re.findall(r"\[[^\]]*\]", each.help or ""):
            assert bracket.startswith("[default: "), each.name
