"""Worker processes of a run (pytest-xdist): their seed, how tests are distributed to them, how they end."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import pytest

from graphcontract.run import sigint

_SEED = "graphcontract_seed"
_CHECK = "graphcontract_check"


def is_worker(config: pytest.Config) -> bool:
    """Whether this process is a worker of any run."""
    return hasattr(config, "workerinput")


def is_check(config: pytest.Config) -> bool:
    """Whether this process is a worker of `graphcontract check`, which distributes tests in its own way."""
    return bool(_read_input(config, _CHECK))


def read_seed(config: pytest.Config) -> int | None:
    """Return the seed that the controller gave to this worker; None in the controller itself."""
    seed: int | None = _read_input(config, _SEED)
    return seed


def _read_input(config: pytest.Config, name: str) -> Any:
    return getattr(config, "workerinput", {}).get(name)


class Workers:
    """The controller's side of its workers. `seed` is called when one starts; None if there is no client."""

    def __init__(self, seed: Callable[[], int | None]) -> None:
        self._seed = seed

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Pass the seed to a worker."""
        seed = self._seed()
        if seed is not None:
            node.workerinput[_SEED] = seed


class CheckWorkers(Workers):
    """The workers of `graphcontract check`. One worker gets all tests that `waiting` names."""

    def __init__(self, seed: Callable[[], int | None], waiting: Callable[[], Collection[str]]) -> None:
        super().__init__(seed)
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
