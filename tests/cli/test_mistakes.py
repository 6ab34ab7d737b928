"""A mistake in the command line itself is one error, like every other one."""

from __future__ import annotations

import pytest

from tests.cli.running import Here


@pytest.mark.parametrize(
    ("words", "problem", "command"),
    [
        (("check", "reference", "--profile", "quik"), "invalid value for '--profile'", "graphcontract check"),
        (("check", "reference", "--profle", "quick"), "no such option: --profle", "graphcontract check"),
        (("chek",), "no such command 'chek'", "graphcontract"),
        (("contracts", "show"), "missing argument", "graphcontract contracts show"),
        (("report", "html"), "missing argument", "graphcontract report html"),
    ],
)
def test_a_mistake_is_one_error(here: Here, words: tuple[str, ...], problem: str, command: str) -> None:
    ended = here(*words)
    assert (ended.status, ended.out) == (2, "")
    first, hint = ended.err.splitlines()
    assert first.startswith(f"error: {problem}")
    assert first.endswith(" [usage]")
    assert hint.endswith(f"`{command} --help` shows what it takes.")
    assert "Value error" not in ended.err


def test_the_value_that_was_meant_is_suggested(here: Here) -> None:
    assert '  Did you mean "quick"?' in here("check", "reference", "--profile", "quik").err


@pytest.mark.parametrize(("given", "meant"), [("csharp", "dotnet"), ("C#", "dotnet"), ("ts", "typescript")])
def test_a_language_may_be_known_by_another_name(here: Here, given: str, meant: str) -> None:
    assert f'  Did you mean "{meant}"?' in here("new", "driver", given).err


@pytest.mark.parametrize("words", [("--seed", "abc"), ("--start-timeout", "soon"), ("-n", "0")])
def test_a_number_that_cannot_be_is_named_with_its_option(here: Here, words: tuple[str, str]) -> None:
    first, _ = here("check", "reference", *words).err.splitlines()
    assert words[0] in first
    assert "Input should" not in first
    assert "parse" not in first


def test_a_list_of_choices_is_on_the_line_of_its_error(here: Here) -> None:
    first, _ = here("new", "driver").err.splitlines()
    assert first.endswith("Choose from: python, typescript, javascript, dotnet, go, java [usage]")


@pytest.mark.parametrize("words", [(), ("report",), ("contracts",)])
def test_a_group_alone_shows_its_help(here: Here, words: tuple[str, ...]) -> None:
    ended = here(*words)
    assert "Usage: graphcontract" in ended.out + ended.err
