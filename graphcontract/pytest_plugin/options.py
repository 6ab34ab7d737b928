"""pytest's options for a client: declared from the fields of `Options`, and read into one such value."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from graphcontract.run.options import SPECS, Options, OptionSpec


def add_options(parser: pytest.Parser, group: pytest.OptionGroup) -> None:
    """Add `--graph-…` options, and a `graph_…` ini option for each that takes one value."""
    for spec in SPECS:
        flag = f"--graph-{spec.flag.removeprefix('--')}"
        if spec.kind is bool:
            group.addoption(flag, action="store_true", help=spec.help)
        elif spec.kind is tuple:
            group.addoption(flag, action="append", default=[], metavar=spec.metavar, help=spec.help)
        else:
            group.addoption(
                flag, default=None, metavar=spec.metavar, choices=spec.choices or None, help=spec.help
            )
            parser.addini(f"graph_{spec.name}", spec.help)


def names_client(config: pytest.Config) -> bool:
    """Whether the command line or the ini file names a client."""
    return bool(_read_text(config, "client"))


def read_options(config: pytest.Config) -> Options:
    """Make the options of a run from pytest's. Raises pytest.UsageError."""
    if not names_client(config):
        raise pytest.UsageError(
            "these suites check a client: name it with --graph-client (or graph_client in the ini file), "
            "for example --graph-client reference"
        )
    given: dict[str, Any] = {}
    for spec in SPECS:
        if spec.kind is bool or spec.kind is tuple:
            given[spec.name] = spec.kind(config.getoption(f"graph_{spec.name}"))
        elif (value := read_value(config, spec.name)) is not None:
            given[spec.name] = value
    return Options(**given).with_seed(given.get("seed"), secrets.randbits(32))


def read_value(config: pytest.Config, name: str) -> Any:
    """Read an option that takes one value; None if it is not given. Raises pytest.UsageError."""
    text = _read_text(config, name)
    return _parse(next(spec for spec in SPECS if spec.name == name), text) if text else None


def _read_text(config: pytest.Config, name: str) -> str | None:
    given = config.getoption(f"graph_{name}")
    text: str | None = given if given is not None else config.getini(f"graph_{name}")
    return text


def _parse(spec: OptionSpec, text: str) -> object:
    flag = f"--graph-{spec.flag.removeprefix('--')}"
    try:
        value: object = spec.kind(text)
    except ValueError as error:
        raise pytest.UsageError(f"{flag} takes a number: {error}") from error
    if not spec.admits(value):  # pytest checks choices on the command line, not in the ini file
        raise pytest.UsageError(f"{flag} (graph_{spec.name}) takes {' or '.join(spec.choices)}, not {text!r}")
    return value
