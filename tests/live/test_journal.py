from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from graphcontract.live.journal import Journal, JournalError, left_behind

ROOT, TENANT = "http://127.0.0.1:1", "t-1"


def journal(path: Path) -> Journal:
    return Journal(path, ROOT, TENANT)


def open_ids(path: Path) -> list[tuple[str | None, bool]]:
    return [(each.id, each.created) for each in left_behind(path).open]


def lines(*events: Mapping[str, object]) -> str:
    return "".join(f"{json.dumps(event)}\n" for event in events)


def test_none_is_nothing_left(tmp_path: Path) -> None:
    assert left_behind(tmp_path / "none.jsonl").open == []


def test_an_announced_cancel_is_open_until_it_is_answered(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "j.jsonl"
    with journal(path) as made:
        made.intend("cancel", id="a")
        assert open_ids(path) == [("a", False)]
        made.answered("cancel", id="a", http=409, sure=True)
        assert open_ids(path) == []
    assert path.stat().st_mode & 0o777 == 0o600
    assert (left_behind(path).root, left_behind(path).tenant) == (ROOT, TENANT)


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
        made.answered("cancel", id="a", http=500, sure=False)
        assert open_ids(path) == [("a", False)]
        made.shown("a", status, http)
    assert bool(open_ids(path)) is open


def test_a_created_task_is_open_until_it_has_ended(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    with journal(path) as made:
        made.intend("create", file="f.json", sha256="x", before=["y"])
        assert open_ids(path) == [(None, True)]
        made.answered("create", id="a", http=200, sure=False)
        (left,) = left_behind(path).open
        assert (left.id, left.file, left.sha256, left.before) == ("a", "f.json", "x", ("y",))
        made.shown("a", "notStarted", 200)
        made.intend("cancel", id="a")
        made.answered("cancel", id="a", http=409, sure=True)
        assert open_ids(path) == [("a", True)]
        made.shown("a", "cancelled", 200)
    assert open_ids(path) == []


@pytest.mark.parametrize(("http", "sure", "open"), [(403, True, False), (500, False, True), (0, False, True)])
def test_a_create_that_made_nothing(tmp_path: Path, http: int, sure: bool, open: bool) -> None:
    path = tmp_path / "j.jsonl"
    with journal(path) as made:
        made.intend("create", file="f.json", sha256="x", before=[])
        made.answered("create", http=http, sure=sure)
    assert bool(open_ids(path)) is open


def test_a_line_that_is_torn_was_never_acted_on(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    with journal(path) as made:
        made.intend("cancel", id="a")
    whole = path.read_bytes()
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        with journal(path) as made:
            made.intend("cancel", id="b")
        assert ("b", False) in open_ids(path)
        assert (("a", False) in open_ids(path)) is (cut >= len(whole) - 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "[]\n{}\nnull\n1\n",
        "{" * 100_000,
        "\x00\xff",
        lines({"event": "intend"}, {"event": "intend", "kind": "cancel", "id": ["a"]}),
        lines({"event": "answered", "kind": "create", "id": "never-asked-for"}),
        lines({"event": "shown", "id": None}, {"event": 1}, {"event": "answered", "kind": {}}),
    ],
)
def test_garbage_is_nothing_left(tmp_path: Path, text: str) -> None:
    path = tmp_path / "j.jsonl"
    path.write_bytes(text.encode("latin-1"))
    assert left_behind(path).open == []


def test_one_that_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    with path.open("wb") as file:
        file.truncate(5 << 20)
    with pytest.raises(JournalError, match="bytes"):
        left_behind(path)


def test_two_tenants_in_one_that_is_open(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    run = {"event": "run", "root": ROOT, "tenant": TENANT}
    intend = {"event": "intend", "kind": "cancel", "id": "a"}
    path.write_text(lines(run, intend, run))
    assert left_behind(path).open
    path.write_text(lines(run, intend, {**run, "tenant": "t-2"}))
    with pytest.raises(JournalError, match="goes on with another"):
        left_behind(path)


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


def test_one_with_nothing_open_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    with journal(path) as made:
        made.intend("cancel", id="a")
        made.answered("cancel", id="a", http=404, sure=True)
        made.begin_anew()
        assert path.read_bytes() == b""
