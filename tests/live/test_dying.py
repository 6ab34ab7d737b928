"""Ctrl-C and a kill -9 at every step: what a run has made is never lost."""

from __future__ import annotations

import multiprocessing
import signal
from pathlib import Path

import pytest

from graphcontract.live.journal import left_behind
from graphcontract.live.options import LiveOptions
from graphcontract.tenant import Running
from tests.live import dying, environment
from tests.live.test_creation import for_tenant, resumed, statuses

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.live.dying"])
_NEVER = 1_000_000
_SLICES = 8


def ended(tenant: Running, folder: Path, point: int, number: int, site: str) -> tuple[int, str]:
    """Carry out a run that dies there: the exit code of its process, and what it wrote down at its end."""
    options = LiveOptions(
        tenant.root,
        allow_cancel=True,
        create=for_tenant(tenant, folder, site),
        journal=folder / "journal.jsonl",
        rate=100.0,
        select=("service.cancel",),
    )
    told = folder / "told"
    process = _FORKS.Process(target=dying.run, args=(options, environment(tenant), point, number, told))
    process.start()
    process.join(60)
    assert process.exitcode is not None
    return process.exitcode, told.read_text() if told.exists() else ""


@pytest.fixture(scope="module")
def points(shared: Running, tmp_path_factory: pytest.TempPathFactory) -> int:
    code, told = ended(shared, tmp_path_factory.mktemp("whole"), _NEVER, signal.SIGKILL, "whole")
    assert code == 0
    count, status, last = told.split()
    assert (status, last) == ("0", "footer")
    assert int(count) > 40
    return int(count)


def check(tenant: Running, folder: Path, before: set[str]) -> None:
    """Settle what the journal says, and find nothing that it does not say."""
    made = {task.id for task in tenant.tasks.all()} - before
    assert len(made) <= 1
    waiting = statuses(tenant, made) == ["notStarted"]
    path = folder / "journal.jsonl"
    if waiting:
        assert left_behind(path).open, "a task was made, and the journal has nothing of it"
    if path.exists():
        status, said = resumed(tenant, path, finish=True)
        assert status == 0, said
        assert not left_behind(path).open
    assert statuses(tenant, made) in ([], ["cancelled"])


@pytest.mark.parametrize("piece", range(_SLICES))
def test_a_kill_loses_nothing(tenant: Running, tmp_path: Path, points: int, piece: int) -> None:
    for point in range(piece, points, _SLICES):
        folder = tmp_path / str(point)
        folder.mkdir()
        before = {task.id for task in tenant.tasks.all()}
        code, told = ended(tenant, folder, point, signal.SIGKILL, f"kill-{point}")
        assert (code, told) == (-signal.SIGKILL, "")
        check(tenant, folder, before)


@pytest.mark.parametrize("piece", range(_SLICES))
def test_a_ctrl_c_loses_nothing(tenant: Running, tmp_path: Path, points: int, piece: int) -> None:
    for point in range(piece, points, 2 * _SLICES):
        folder = tmp_path / str(point)
        folder.mkdir()
        before = {task.id for task in tenant.tasks.all()}
        code, told = ended(tenant, folder, point, signal.SIGINT, f"stop-{point}")
        assert code == 0
        assert told.split()[1:] == ["130", "footer"]
        check(tenant, folder, before)
