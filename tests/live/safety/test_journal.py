from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest

from graphcontract.live.safety.journal import Journal, JournalError, read_journal
from tests.clauses import CONTRACT
from tests.live import journal_text

ROOT, TENANT = "http://127.0.0.1:1", "t-1"


def journal(path: Path) -> Journal:
    return Journal(path, ROOT, TENANT)


def open_ids(path: Path) -> list[tuple[str | None, bool]]:
    return [(each.id, each.created) for each in read_journal(path).open]


def test_none_is_nothing_left(tmp_path: Path) -> None:
    assert read_journal(tmp_path / "none.jsonl").open == []


def test_an_announced_cancel_is_open_until_it_is_answered(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "j.jsonl"
    with journal(path) as made:
        made.intend("cancel", id="a")
        assert open_ids(path) == [("a", False)]
        made.record_response("cancel", id="a", http=409, sure=True)
        assert open_ids(path) == []
    assert path.stat().st_mode & 0o777 == 0o600
    assert (read_journal(path).root, read_journal(path).tenant) == (ROOT, TENANT)


@pytest.mark.parametrize(
    ("status", "http", "open"),
    [
        ("notStarted", 200, False),
        ("cancelled", 200, False),
        (None, 404, False),
        (None, 500, True),
        (None, 401, True),
        (None, 0, True),
    ],
)
def test_an_answer_that_is_not_sure_is_open_until_a_read(
    tmp_path: Path, status: str | None, http: int, open: bool
) -> None:
    path = tmp_path / "j.jsonl"
    with journal(path) as made:
        made.intend("cancel", id="a")
        made.record_response("cancel", id="a", http=500, sure=False)
        assert open_ids(path) == [("a", False)]
        made.record_read("a", status, http)
    assert bool(open_ids(path)) is open


def test_a_created_task_is_open_until_it_has_ended(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    with journal(path) as made:
        made.intend("create", file="f.json", sha256="x", before=["y"])
        assert open_ids(path) == [(None, True)]
        made.record_response("create", id="a", http=200, sure=False)
        (left,) = read_journal(path).open
        assert (left.id, left.file, left.sha256, left.before) == ("a", "f.json", "x", ("y",))
        made.record_read("a", "notStarted", 200)
        made.intend("cancel", id="a")
        made.record_response("cancel", id="a", http=409, sure=True)
        assert open_ids(path) == [("a", True)]
        made.record_read("a", "cancelled", 200)
    assert open_ids(path) == []


@pytest.mark.parametrize(("http", "sure", "open"), [(403, True, False), (500, False, True), (0, False, True)])
def test_a_create_that_made_nothing(tmp_path: Path, http: int, sure: bool, open: bool) -> None:
    path = tmp_path / "j.jsonl"
    with journal(path) as made:
        made.intend("create", file="f.json", sha256="x", before=[])
        made.record_response("create", http=http, sure=sure)
    assert bool(open_ids(path)) is open


def test_a_line_that_is_cut_is_kept_in_mind(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    with journal(path) as made:
        made.intend("cancel", id="a")
    whole = path.read_bytes()
    header = whole.index(b"\n") + 1
    for cut in range(header + 1, len(whole)):
        path.write_bytes(whole[:cut])
        torn = whole[cut - 1 : cut] != b"\n"
        with journal(path) as made:
            made.intend("cancel", id="b")
        left = read_journal(path)
        assert ("b", False) in open_ids(path)
        assert left.ended
        assert left.cut == (1 + whole[:cut].count(b"\n") if torn else None)
        assert path.read_bytes().startswith(whole[:cut])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "[]\n{}\nnull\n1\n",
        "{" * 100_000,
        "\x00\xff",
        "<html>not found</html>",
        journal_text().partition("\n")[0],
        journal_text().partition("\n")[0] + "\n",
        journal_text().partition("\n")[2],
        journal_text() + "\n",
        journal_text() + "\x00\xff\n" + journal_text().partition("\n")[2],
        journal_text({"event": "intend"}),
        journal_text({"event": "intend", "kind": "cancel", "id": ["a"]}),
        journal_text({"event": "intend", "kind": "delete", "id": "a"}),
        journal_text({"event": "shown", "id": None, "status": None, "http": 1}),
        journal_text({"event": 1}),
        journal_text({"event": "another"}),
        journal_text({"event": "answered", "kind": {}, "http": 1, "sure": True}),
        journal_text({"event": "journal", "format": 1}),
        journal_text().replace('"format": 1', '"format": 2'),
        journal_text({"event": "end", "n": 9}),
        journal_text().splitlines()[0] + '\n{"n": 2, "event": "end"}\n',
    ],
)
def test_what_is_not_a_journal_is_an_error_and_is_not_written_to(tmp_path: Path, text: str) -> None:
    path = tmp_path / "j.jsonl"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(JournalError, match=r"j\.jsonl:[0-9]+: "):
        read_journal(path)
    if text:
        with pytest.raises(JournalError, match=r"j\.jsonl:[0-9]+: "), journal(path):
            pass
    assert path.read_bytes() == text.encode("latin-1")


def test_every_line_has_its_place(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    with journal(path) as made:
        made.intend("create", file="f.json", sha256="x", before=[])
        made.record_response("create", id="a", http=200, sure=False)
        made.record_read("a", "cancelled", 200)
    lines = path.read_bytes().splitlines(keepends=True)
    assert len(lines) == 6
    assert not read_journal(path).open
    others = {tuple(order) for order in itertools.permutations(lines)} - {tuple(lines)}
    others |= {tuple(each for each in lines if each is not gone) for gone in lines[:-1]}
    others |= {(*lines[:at], lines[at], *lines[at:]) for at in range(len(lines))}
    for order in others:
        path.write_bytes(b"".join(order))
        with pytest.raises(JournalError, match=r"j\.jsonl:[1-7]: "):
            read_journal(path)


def test_a_run_that_did_not_come_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    create = {"file": "f.json", "sha256": "x", "values": {"date": "d"}}
    made = Journal(path, ROOT, TENANT, may={"cancel": ["a"], "create": create})
    made.__enter__()
    made.start()
    made.__exit__(SystemExit, SystemExit(), None)
    left = read_journal(path)
    assert not left.ended
    assert [(each.id, each.announced, each.before) for each in left.open] == [
        ("a", False, ()),
        (None, False, None),
    ]
    assert left.open[1].values == {"date": "d"}
    with Journal(path, ROOT, TENANT) as after:
        after.end()
    assert (read_journal(path).open, read_journal(path).ended) == ([], True)


def test_one_that_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    with path.open("wb") as file:
        file.truncate(5 << 20)
    with pytest.raises(JournalError, match="bytes"):
        read_journal(path)


def test_two_tenants_in_one_that_is_open(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    run = {"event": "run", "root": ROOT, "tenant": TENANT, "contract": "", "may": {}}
    run["action"] = CONTRACT.request.action
    intend = {"event": "intend", "kind": "cancel", "id": "a"}
    path.write_text(journal_text(intend, run))
    assert read_journal(path).open
    path.write_text(journal_text(intend, {**run, "tenant": "t-2"}))
    with pytest.raises(JournalError, match="continues with another"):
        read_journal(path)


def test_one_run_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    with (
        journal(path),
        pytest.raises(JournalError, match="in use by another run"),
        journal(path),
    ):
        pass
    with journal(path):
        pass


@pytest.mark.parametrize("kind", ["folder", "link", "unwritable"])
def test_a_place_where_none_can_be(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "j.jsonl"
    if kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to(tmp_path / "elsewhere")
    else:
        path = Path("/proc/nowhere/j.jsonl")
    with pytest.raises(JournalError), journal(path):
        pass


def test_a_full_disk_stops_the_run_before_the_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with journal(tmp_path / "j.jsonl") as made:

        def full(_handle: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(JournalError, match="No space left"):
            made.intend("cancel", id="a")


@pytest.mark.parametrize("parts", range(1, 60, 7))
def test_a_disk_that_is_full_leaves_whole_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parts: int
) -> None:
    path = tmp_path / "j.jsonl"
    write = os.write
    with journal(path) as made:
        made.start()
        before = path.read_bytes()
        room = [parts]

        def full(handle: int, data: bytes) -> int:
            if not room:
                raise OSError(28, "No space left on device")
            return write(handle, data[: room.pop()])

        with monkeypatch.context() as patch:
            patch.setattr(os, "write", full)
            with pytest.raises(JournalError, match="No space left"):
                made.intend("cancel", id="a")
        assert path.read_bytes() == before
    assert read_journal(path).ended


def test_one_with_nothing_open_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    with journal(path) as made:
        made.intend("cancel", id="a")
        made.record_response("cancel", id="a", http=404, sure=True)
        made.truncate()
        made.start()
    assert path.read_text().count("\n") == 3
    assert read_journal(path).ended
