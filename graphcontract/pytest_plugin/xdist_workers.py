"""Worker processes of a run (pytest-xdist): their options, the distribution of tests, their end."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

import pytest

from graphcontract.judging import sigint

if TYPE_CHECKING:
    from graphcontract.run.options import Options

_OPTIONS = "graphcontract_options"
_CHECK = "graphcontract_check"


def is_worker(config: pytest.Config) -> bool:
    """Whether this process is a worker of any run."""
    return hasattr(config, "workerinput")


def is_check(config: pytest.Config) -> bool:
    """Whether this process is a worker of `graphcontract check`, which distributes tests in its own way."""
    return bool(_read_input(config, _CHECK))


def received_options(config: pytest.Config) -> Options | None:
    """Return the options that the controller gave to this worker; None in the controller itself."""
    from graphcontract.run.options import Options

    text = _read_input(config, _OPTIONS)
    return Options.from_json(text) if text is not None else None


def _read_input(config: pytest.Config, name: str) -> Any:
    return getattr(config, "workerinput", {}).get(name)


class Workers:
    """The controller's side of its workers. `options` is called when one starts; None without a client."""

    def __init__(self, options: Callable[[], Options | None]) -> None:
        self._options = options

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Pass the options to a worker: a nightly seed is drawn once, and `check` has no `--graph-…`."""
        options = self._options()
        if options is not None:
            node.workerinput[_OPTIONS] = options.to_json()


class CheckWorkers(Workers):
    """The workers of `graphcontract check`. One worker gets all tests that `waiting` names."""

    def __init__(self, options: Callable[[], Options | None], waiting: Callable[[], Collection[str]]) -> None:
        super().__init__(options)
        self._waiting = waiting
        self._groups: list[int] = []

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Mark a worker as one of `graphcontract check`, in a process group that can be interrupted."""
        super().pytest_configure_node(node)
        node.workerinput[_CHECK] = True
        self._groups.append(sigint.own_group(node.gateway))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Give one worker all items of a test, and one worker all tests that wait on timers."""
        from xdist.scheduler import LoadScopeScheduling

        waiting = self._waiting()

        class ByTest(LoadScopeScheduling):  # type: ignore[misc]
            """Distributes whole tests, and those that wait on timers as one."""

            def _split_scope(self, nodeid: str) -> str:
                test = nodeid.partition("[")[0]
                return "waiting" if test.rpartition("::")[2] in waiting else test

        return ByTest(config, log)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Interrupt the workers too."""
        if excinfo.type is KeyboardInterrupt:  # subclasses come from pytest and xdist, for -x for example
            sigint.interrupt(self._groups)
