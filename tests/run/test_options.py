"""One value for the options of a run, from the command line and pytest to workers and reports."""

from __future__ import annotations

import inspect
import json
import shlex
from dataclasses import fields
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphcontract.cli import options as shared
from graphcontract.cli.check import Record, Transport, check
from graphcontract.reporting.events import FailOn, ProfileName
from graphcontract.run.options import SPECS, OptionError, Options

TEXT = st.text()
OPTIONS = st.builds(
    Options,
    client=TEXT,
    contract=TEXT,
    seed=st.integers(),
    tls=st.booleans(),
    implementation=st.none() | TEXT,
    select=st.lists(TEXT).map(tuple),
    start_timeout=st.floats(allow_nan=False),
    known_failures=st.none() | TEXT,
)
READ = [spec.name for spec in SPECS if spec.reproduces and spec.name != "allow_own_root"]
SAID_IN_CHECK = set(inspect.signature(check).parameters)


class TestSeed:
    @pytest.mark.parametrize(
        ("profile", "asked", "seed"),
        [("gate", None, 0), ("quick", None, 0), ("gate", 7, 7), ("nightly", None, 99), ("nightly", 0, 0)],
    )
    def test_is_the_one_asked_for_else_by_the_profile(
        self, profile: ProfileName, asked: int | None, seed: int
    ) -> None:
        assert Options("reference", profile=profile).with_seed(asked, 99).seed == seed


class TestRepeat:
    def test_says_what_is_not_usual(self) -> None:
        assert Options("reference").repeat("request.method") == (
            "graphcontract check reference --select request.method --seed 0"
        )

    def test_is_a_line_for_a_shell(self) -> None:
        options = Options(
            "process:node 'my driver.mjs'",
            contract="a b.json",
            transport="mock",
            profile="quick",
            seed=5,
            implementation="x@1",
            in_process=True,
        )
        words = shlex.split(options.repeat("error.code"))
        assert words[:3] == ["graphcontract", "check", "process:node 'my driver.mjs'"]
        for name, value in (
            ("--contract", "a b.json"),
            ("--transport", "mock"),
            ("--profile", "quick"),
            ("--implementation", "x@1"),
            ("--select", "error.code"),
            ("--seed", "5"),
        ):
            assert words[words.index(name) + 1] == value
        assert "--in-process" in words


class TestJson:
    @given(options=OPTIONS)
    def test_another_process_reads_the_same(self, options: Options) -> None:
        assert Options.from_json(options.to_json()) == options

    def test_a_path_that_is_not_unicode_survives(self) -> None:
        options = Options("reference", known_failures="list-\udcff.json")
        assert Options.from_json(options.to_json()) == options


class TestReport:
    def test_says_what_reproduces_the_run(self) -> None:
        options = Options("process:x", transport="proxy", tls=True, seed=3, profile="nightly", record="all")
        header = json.loads(json.dumps(options.to_report()))
        again = Options.of_report(header, "request.method")
        assert again.repeat("request.method") == options.repeat("request.method")
        assert (again.select, again.record) == (("request.method",), "failures")

    @pytest.mark.parametrize("wrong", [{}, *({"client": "reference", name: []} for name in READ)])
    def test_that_does_not_is_refused(self, wrong: dict[str, object]) -> None:
        with pytest.raises(OptionError, match="does not say how to repeat its run"):
            Options.of_report(wrong, "request.method")

    @pytest.mark.parametrize("name", [spec.name for spec in SPECS if spec.reproduces and spec.choices])
    def test_a_choice_that_is_unknown_is_refused(self, name: str) -> None:
        with pytest.raises(OptionError, match=name):
            Options.of_report({"client": "reference", name: "nonsense"}, "request.method")


@pytest.mark.parametrize("name", [field.name for field in fields(Options)])
def test_the_command_line_has_every_option(name: str) -> None:
    assert name in SAID_IN_CHECK


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        ("transport", list(Transport)),
        ("profile", list(shared.Profile)),
        ("fail_on", list(shared.Level)),
        ("fail_on", get_args(FailOn)),
        ("record", list(Record)),
    ],
)
def test_the_command_line_has_the_same_choices(name: str, choices: list[str]) -> None:
    (spec,) = (spec for spec in SPECS if spec.name == name)
    assert spec.choices == tuple(map(str, choices))


def test_defaults_are_those_of_the_command_line() -> None:
    parameters = inspect.signature(check).parameters
    # These are empty or None until they are read; a contract may not be given twice.
    own = ("client", "seed", "select", "deselect", "contract")
    for spec in SPECS:
        if spec.name not in own:
            assert parameters[spec.name].default == spec.default
