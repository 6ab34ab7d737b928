"""Runs a session in pytest, in this process, with arguments made from its options."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graphcontract.run.session import Options, Session


def run(session: Session, plugins: Sequence[object], *, workers: int = 1, first: bool = False) -> int:
    """Run a session's tests with these listeners, and return the exit status. It may be open already."""
    import pytest

    from graphcontract.pytest_plugin.plugin import SessionPlugin

    handover = SessionPlugin(session)
    arguments = _arguments(session.options, workers=workers, first=first)
    with _own_environment():
        pytest.main(arguments, plugins=[handover, *plugins])
    return int(handover.exit_status)


@contextmanager
def _own_environment() -> Iterator[None]:
    """Ignore the user's pytest options and plugins, installed ones too, here and in worker processes.

    The variable and not `--disable-plugin-autoload`, which pytest has since 8.4 only.
    """
    names = ("PYTEST_ADDOPTS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD", "PYTEST_PLUGINS")
    before = {name: os.environ.pop(name, None) for name in names}
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _arguments(options: Options, *, workers: int, first: bool) -> list[str]:
    """Make the arguments for pytest, without the user's ini files and plugins."""
    suites = str(files("graphcontract.suites"))
    arguments = [suites, f"--rootdir={suites}", "-c", os.devnull]
    arguments += [
        "-p",
        "graphcontract.pytest_plugin.plugin",
        "-p",
        "xdist",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:terminal",
    ]
    for name, value in (
        ("client", options.client),
        ("contract", options.contract),
        ("transport", options.transport),
        ("profile", options.profile),
        ("seed", options.seed),
        ("fail-on", options.fail_on),
        ("implementation", options.implementation),
        ("start-timeout", options.start_timeout),
        ("record", options.record),
        ("known-failures", options.known_failures),
    ):
        arguments += [f"--graph-{name}={value}"] if value is not None else []
    arguments += ["--graph-tls"] if options.tls else []
    arguments += ["--graph-in-process"] if options.in_process else []
    arguments += ["--graph-allow-own-root"] if options.allow_own_root else []
    arguments += [f"--graph-select={pattern}" for pattern in options.select]
    arguments += [f"--graph-deselect={pattern}" for pattern in options.deselect]
    arguments += ["-n", str(workers)] if workers > 1 else []
    return [*arguments, "-x"] if first else arguments
