"""`live --resume`: anything but a whole journal is an error, and never says that nothing was left behind."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from graphcontract.live.safety.journal import JournalError, read_journal
from graphcontract.tenant import Running, Status
from tests.cli.running import Ended, Here
from tests.live import environment, journal_text, judge, tasks
from tests.live.test_create_file import contract_file, cut_off, resumed, statuses

CLEAN = "nothing was left behind"
_OTHER_FILES: dict[str, Callable[[Path], object]] = {
    "html": lambda path: path.write_text("<html>not found</html>\n"),
    "empty": lambda path: path.write_bytes(b""),
    "blank": lambda path: path.write_text("\n\n"),
    "known-failures": lambda path: path.write_text('{"known_failures": []}\n'),
    "binary": lambda path: path.write_bytes(bytes(range(256)) * 40),
    "zeros": lambda path: path.write_bytes(bytes(4096)),
    "utf-16": lambda path: path.write_text(journal_text({"event": "end"}), encoding="utf-16"),
    "large": lambda path: path.write_bytes(b"{}\n" * 2_000_000),
    "folder": lambda path: path.mkdir(),
    "fifo": lambda path: os.mkfifo(path),
    "missing": lambda path: None,
    "of-a-later-version": lambda path: path.write_text(journal_text().replace('"format": 1', '"format": 2')),
    "without-header": lambda path: path.write_text(journal_text({"event": "end"}).partition("\n")[2]),
    "header-alone": lambda path: path.write_text(journal_text().partition("\n")[0] + "\n"),
    "with-more-after-it": lambda path: path.write_text(journal_text({"event": "end"}) + "<!-- -->\n"),
    "twice": lambda path: path.write_text(journal_text({"event": "end"}) * 2),
}


@pytest.fixture
def with_token(tenant: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment(tenant).items():
        monkeypatch.setenv(name, value)


def one_error(ended: Ended, *words: str) -> None:
    assert ended.status == 2, ended
    assert CLEAN not in ended.out + ended.err
    assert "Traceback" not in ended.err
    assert not ended.out
    said = " ".join(ended.err.split())
    assert said.count("error:") == 1
    assert all(word in said for word in words), said


@pytest.mark.parametrize("finish", [(), ("--finish",)], ids=["resume", "finish"])
@pytest.mark.parametrize("kind", list(_OTHER_FILES))
def test_another_file_is_an_error_that_names_it(here: Here, kind: str, finish: tuple[str, ...]) -> None:
    _OTHER_FILES[kind](here.folder / "bad.jsonl")
    one_error(here("live", "--resume", "bad.jsonl", *finish), "bad.jsonl")


@pytest.mark.usefixtures("with_token")
def test_so_are_the_other_files_of_a_run(here: Here, tenant: Running) -> None:
    files = ("--report", "jsonl=report.jsonl", "--request-log", "log.jsonl", "--keep-bodies", "bodies.jsonl")
    assert here("live", "--tenant-url", tenant.root, "--rate", "100", *files).status == 0
    one_error(here("live", "--resume", "report.jsonl"), "report.jsonl:1: this is a report", "--journal")
    one_error(here("live", "--resume", "log.jsonl"), "log.jsonl:1: ", "--journal")
    one_error(here("live", "--resume", "bodies.jsonl"), "bodies.jsonl:1: ", "--journal")
    ended = here("live", "--resume", ".graphcontract/live-journal.jsonl")
    assert (ended.status, CLEAN in ended.out) == (0, True)


@pytest.mark.usefixtures("with_token")
def test_a_run_writes_to_no_file_but_a_journal(here: Here, tenant: Running) -> None:
    for name, text in {"report.jsonl": '{"event":"header"}\n', "notes.txt": "mine"}.items():
        (here.folder / name).write_text(text)
        one_error(here("live", "--tenant-url", tenant.root, "--journal", name), name)
        assert (here.folder / name).read_text() == text


@pytest.fixture(scope="module")
def open_journal(shared: Running, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The journal of a run that was stopped when it had made a task, which stays."""
    folder = tmp_path_factory.mktemp("open")
    return cut_off(shared, folder, contract_file(folder / "mine.json"))


def test_a_journal_cut_at_any_byte_is_never_clean(
    shared: Running, open_journal: Path, tmp_path: Path
) -> None:
    whole, path = open_journal.read_bytes(), tmp_path / "cut.jsonl"
    assert b'"intend","kind":"create"' in whole
    assert resumed(shared, open_journal)[0] == 1
    tokens = environment(shared)  # once: to sign them takes longer than to read a journal
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        said: list[str] = []
        try:
            status, said = resumed(shared, path, env=tokens)
        except JournalError as error:
            status, said = error.status, [str(error)]
            line = 1 + whole.count(b"\n", 0, cut)
            assert f"cut.jsonl:{line}: " in said[0]
        at_a_line = whole[cut - 1 : cut] == b"\n" and cut > whole.index(b"\n") + 1
        assert status == (1 if at_a_line else 2), cut
        assert CLEAN not in " ".join(said)


def test_a_cut_line_counts_as_open_beside_what_the_others_announce(
    shared: Running, open_journal: Path, tmp_path: Path
) -> None:
    path = tmp_path / "journal.jsonl"
    shutil.copy(open_journal, path)
    (left,) = read_journal(path).open
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(
        JournalError, match=rf"(?s)the line is incomplete.*counts as open.*{left.id}.*whole file"
    ):
        resumed(shared, path)
    with pytest.raises(JournalError, match=r"counts as open.*0 stay open"):
        resumed(shared, path, finish=True)
    assert left.id is not None
    assert statuses(shared, {left.id}) == ["cancelled"]
    with pytest.raises(JournalError, match="the line is incomplete"):
        resumed(shared, path, finish=True)


def test_a_run_that_was_killed_is_not_clean_until_it_is_finished(tenant: Running, tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    (named,) = tasks(tenant, Status.NOT_STARTED)
    judge(tenant, tmp_path, allow_cancel=True, tasks=(named,))
    assert resumed(tenant, path) == (0, [f"{path}: {CLEAN}"])
    path.write_bytes(path.read_bytes().rpartition(b'{"n":')[0])  # without its end
    status, said = resumed(tenant, path)
    assert status == 1
    assert "did not end by itself" in said[-1]
    assert resumed(tenant, path, finish=True)[0] == 0
    assert resumed(tenant, path) == (0, [f"{path}: {CLEAN}"])


def test_the_next_run_says_what_it_cannot_read(tenant: Running, tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text("<html>")
    result = judge(tenant, tmp_path, get_only=True)
    assert result.status == 0
    assert any("journal.jsonl:1: " in line and "cannot tell" in line for line in result.said)
