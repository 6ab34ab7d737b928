"""Runs a session in pytest, in this process. pytest receives the session itself, and no option of ours."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graphcontract.run.session import Session

# Plugins of pytest that a run has no use for. Importing them takes 0.1 s, as does `unraisableexception`:
# it collects garbage for warnings that are not shown. The last three wrap each of hundreds of items, which
# takes a twelfth of a run over the mock.
_UNUSED = (
    *("cacheprovider", "terminal", "unraisableexception", "doctest", "junitxml", "pastebin", "legacypath"),
    *("setuponly", "setupplan", "stepwise", "logging", "threadexception", "warnings"),
)


def run(session: Session, plugins: Sequence[object], *, workers: int = 1, first: bool = False) -> int:
    """Run a session's tests with these listeners, and return the exit status. It may be open already."""
    import pytest

    from graphcontract.pytest_plugin.plugin import SessionPlugin

    handover = SessionPlugin(session)
    arguments = _arguments(workers=workers, first=first)
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


def _arguments(*, workers: int, first: bool) -> list[str]:
    """Make pytest's own arguments, without the user's ini files and plugins."""
    suites = str(files("graphcontract.suites"))
    arguments = [suites, f"--rootdir={suites}", "-c", os.devnull]
    unused = [f"no:{plugin}" for plugin in _UNUSED]
    for plugin in ("graphcontract.pytest_plugin.plugin", *unused):
        arguments += ["-p", plugin]
    # To import pytest-xdist takes 0.1 s, which a run in one process need not wait for.
    arguments += ["-p", "xdist", "-n", str(workers)] if workers > 1 else []
    return [*arguments, "-x"] if first else arguments
