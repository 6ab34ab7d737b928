"""Ctrl-C and a kill -9 at every step: what a run has made is never lost."""

from __future__ import annotations

import itertools
import multiprocessing
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from graphcontract.live.options import LiveOptions
from graphcontract.live.safety.journal import JournalError, read_journal
from graphcontract.tenant import Running, Status
from tests.live import dying, environment, tasks
from tests.live.test_create_file import contract_file, cut_off, for_tenant, resumed, statuses

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.live.dying"])
_NEVER = 1_000_000
_SLICES = 8
_SAMPLED = {signal.SIGKILL: 0, signal.SIGINT: 3}  # the slice that `make test` runs; the others are nightly
_APART = {signal.SIGKILL: 5, signal.SIGINT: 9}


def _slices(number: signal.Signals) -> list[object]:
    sampled = _SAMPLED[number]
    return [
        pytest.param(piece, marks=() if piece == sampled else pytest.mark.nightly) for piece in range(_SLICES)
    ]


def _either(sampled: signal.Signals) -> list[object]:
    """Both signals, one of them nightly."""
    return [
        pytest.param(number, marks=() if number == sampled else pytest.mark.nightly)
        for number in (signal.SIGKILL, signal.SIGINT)
    ]


def ended(
    work: Callable[..., None], tenant: Running, about: object, point: int, number: int, outcome: Path
) -> int:
    """Let a process do work that dies there, and give its exit code."""
    process = _FORKS.Process(target=work, args=(about, environment(tenant), point, number, outcome))
    process.start()
    process.join(60)
    assert process.exitcode is not None
    return process.exitcode


def options(tenant: Running, folder: Path, **more: Any) -> LiveOptions:
    given: dict[str, Any] = {"allow_cancel": True, "journal": folder / "journal.jsonl", "rate": 100.0}
    return LiveOptions(tenant.root, **given | {"select": ("service.cancel",)} | more)


def created(tenant: Running, folder: Path, point: int, number: int) -> tuple[int, str]:
    """Carry out a run with --create that dies there: the exit code, and what it wrote down at its end."""
    file = for_tenant(tenant, folder, f"{folder.name}-{number}-{point}")
    outcome = folder / "outcome"
    code = ended(dying.run, tenant, options(tenant, folder, create=file), point, number, outcome)
    return code, outcome.read_text() if outcome.exists() else ""


@pytest.fixture(scope="module")
def points(shared: Running, tmp_path_factory: pytest.TempPathFactory) -> int:
    code, outcome = created(shared, tmp_path_factory.mktemp("whole"), _NEVER, signal.SIGKILL)
    assert code == 0
    count, status, last = outcome.split()
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
        assert read_journal(path).open, "a task was made, and the journal has nothing of it"
    if begun(path):
        status, said = resumed(tenant, path, finish=True)
        assert status == 0, said
        assert not read_journal(path).open
    assert statuses(tenant, made) in ([], ["cancelled"])


def begun(path: Path) -> bool:
    """Whether a run had come so far as to have a journal: before its first line, it has changed nothing."""
    if path.exists() and not path.read_bytes():
        with pytest.raises(JournalError, match="empty"):
            read_journal(path)
        return False
    return path.exists()


@pytest.mark.parametrize("piece", _slices(signal.SIGKILL))
def test_a_kill_loses_nothing(tenant: Running, tmp_path: Path, points: int, piece: int) -> None:
    for point in range(piece, points, _SLICES):
        folder = tmp_path / str(point)
        folder.mkdir()
        before = {task.id for task in tenant.tasks.all()}
        code, outcome = created(tenant, folder, point, signal.SIGKILL)
        assert (code, outcome) == (-signal.SIGKILL, "")
        check(tenant, folder, before)


@pytest.mark.parametrize("piece", _slices(signal.SIGINT))
def test_a_ctrl_c_loses_nothing(tenant: Running, tmp_path: Path, points: int, piece: int) -> None:
    for point in range(piece, points, 2 * _SLICES):
        folder = tmp_path / str(point)
        folder.mkdir()
        before = {task.id for task in tenant.tasks.all()}
        code, outcome = created(tenant, folder, point, signal.SIGINT)
        assert code == 0
        # The journal begins before the report does: around its first line there is no report to end.
        assert outcome.split()[1:] == ["130", "footer" if point > 1 else "nothing"]
        check(tenant, folder, before)


def dead(
    work: Callable[..., None],
    tenant: Running,
    folder: Path,
    number: signal.Signals,
    prepare: Callable[[Path], object],
) -> Iterator[Path]:
    """The folders of runs that died at one point after the other, some steps apart, until one lives."""
    apart = _APART[number]
    for point in itertools.count(0, apart):
        each = folder / str(point)
        each.mkdir()
        outcome = each / "outcome"
        code = ended(work, tenant, prepare(each), point, number, outcome)
        if code == 0 and int(outcome.read_text().split()[0]) <= point:
            assert outcome.read_text().split()[1] == "0"
            assert point >= 2 * apart
            yield each
            return
        assert (code, outcome.exists()) == ((-number, False) if number == signal.SIGKILL else (0, True))
        yield each


@pytest.mark.parametrize("number", _either(signal.SIGKILL))
def test_a_named_task_is_accounted_for(tenant: Running, tmp_path: Path, number: signal.Signals) -> None:
    ids: dict[Path, str] = {}

    def named(folder: Path) -> LiveOptions:
        (ids[folder],) = tasks(tenant, Status.NOT_STARTED)
        return options(tenant, folder, tasks=(ids[folder],))

    for folder in dead(dying.run, tenant, tmp_path, number, named):
        id, path = ids[folder], folder / "journal.jsonl"
        (before,) = statuses(tenant, {id})
        if before == "cancelled":
            assert f'"intend","kind":"cancel","id":"{id}"' in path.read_text()
        if begun(path):
            status, said = resumed(tenant, path, finish=True)
            assert status == 0, said
            assert not read_journal(path).open
        assert statuses(tenant, {id}) == [before], "it was named, and not created: --finish leaves it"


@pytest.mark.parametrize("number", _either(signal.SIGINT))
def test_a_started_task_stays_as_it_is(tenant: Running, tmp_path: Path, number: signal.Signals) -> None:
    (id,) = tasks(tenant, Status.COMPLETED)

    def started(folder: Path) -> LiveOptions:
        return options(tenant, folder, started_tasks=(id,), select=("service.precondition",))

    for folder in dead(dying.run, tenant, tmp_path, number, started):
        path = folder / "journal.jsonl"
        if begun(path):
            assert resumed(tenant, path, finish=True)[0] == 0
            assert not read_journal(path).open
    assert statuses(tenant, {id}) == ["completed"]


@pytest.mark.parametrize("number", _either(signal.SIGKILL))
def test_what_was_left_is_finished_all_the_same(
    tenant: Running, tmp_path: Path, number: signal.Signals
) -> None:
    made: dict[Path, set[str]] = {}

    def left(folder: Path) -> Path:
        before = {task.id for task in tenant.tasks.all()}
        own = tmp_path / f"finish-{number}-{folder.name}"
        own.mkdir()
        journal = cut_off(tenant, own, contract_file(own / "mine.json"))
        made[folder] = {task.id for task in tenant.tasks.all()} - before
        return journal.rename(folder / "journal.jsonl")

    for folder in dead(dying.finish, tenant, tmp_path, number, left):
        path = folder / "journal.jsonl"
        if statuses(tenant, made[folder]) == ["notStarted"]:
            assert read_journal(path).open
        status, said = resumed(tenant, path, finish=True)
        assert status == 0, said
        assert statuses(tenant, made[folder]) == ["cancelled"]
        assert not read_journal(path).open
