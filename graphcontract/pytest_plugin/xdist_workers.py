"""Worker processes of a run (pytest-xdist): what they are told, how tests are handed out, how they end.

Knows xdist and process groups; it knows no clause.
"""

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
    """Whether this process is a worker of `graphcontract check`, which hands tests out in its own way."""
    return bool(_told(config, _CHECK))


def told_seed(config: pytest.Config) -> int | None:
    """The seed that the controller told this worker, which may have been drawn there."""
    seed: int | None = _told(config, _SEED)
    return seed


def _told(config: pytest.Config, name: str) -> Any:
    return getattr(config, "workerinput", {}).get(name)


class Workers:
    """The controller's side of its workers; `seed` is asked for when one starts, None leaves it to them."""

    def __init__(self, seed: Callable[[], int | None]) -> None:
        self._seed = seed

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Give a worker the seed."""
        seed = self._seed()
        if seed is not None:
            node.workerinput[_SEED] = seed


class CheckWorkers(Workers):
    """Those of `graphcontract check`: `waiting` names tests that one worker gets together."""

    def __init__(self, seed: Callable[[], int | None], waiting: Callable[[], Collection[str]]) -> None:
        super().__init__(seed)
        self._waiting = waiting
        self._groups: list[int] = []

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker that it is one of ours, and give it a process group that can be interrupted."""
        super().pytest_configure_node(node)
        node.workerinput[_CHECK] = True
        self._groups.append(sigint.own_group(node.gateway))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Keep a test's items together, and all tests whose calls wait."""
        from xdist.scheduler import LoadScopeScheduling

        waiting = self._waiting()

        class ByTest(LoadScopeScheduling):  # type: ignore[misc]
            """Hands out whole tests, and those that wait as one."""

            def _split_scope(self, nodeid: str) -> str:
                test = nodeid.partition("[")[0]
                return "waiting" if test.rpartition("::")[2] in waiting else test

        return ByTest(config, log)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Stop the workers with the run."""
        if excinfo.type is KeyboardInterrupt:  # others are of pytest or xdist themselves, such as for -x
            sigint.interrupt(self._groups)
