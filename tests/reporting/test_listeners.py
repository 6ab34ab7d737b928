from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from threading import Thread

import pytest

from graphcontract.judging.verdict import ClauseResult
from graphcontract.reporting import FORMATS, ReportError, make_listeners, writes_to_standard_output
from tests.reporting import events_of

EVENTS = events_of(
    ClauseResult("request.method", "pass", 3),
    ClauseResult("request.path", "not-run", 0, reason="é\ud800\u2028"),
)


def write(report: str) -> None:
    (listener,) = make_listeners([report])
    for event in EVENTS:
        listener.pytest_graphcontract_event(event)


def test_formats(tmp_path: Path) -> None:
    made = make_listeners([f"jsonl={tmp_path / 'a'}", f"junit={tmp_path / 'b'}"])
    for listener in made:
        for event in EVENTS:
            listener.pytest_graphcontract_event(event)
    assert (tmp_path / "a").read_text().startswith('{"event":"header"')
    assert (tmp_path / "b").read_text().startswith("<?xml")
    assert make_listeners([]) == []


@pytest.mark.parametrize("operations", [False, True])
@pytest.mark.parametrize("name", FORMATS)
def test_without_an_event_files_stay_as_they_are(name: str, operations: bool, tmp_path: Path) -> None:
    (tmp_path / "old").write_text("old")
    made = make_listeners([f"{name}={tmp_path / each}" for each in ("old", "new")], operations=operations)
    assert len(made) == 2
    assert [each.name for each in tmp_path.iterdir()] == ["old"]
    assert (tmp_path / "old").read_text() == "old"


def test_a_pipe_is_opened_once(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    read = []
    reader = Thread(target=lambda: read.extend(path.read_text().splitlines()))
    reader.start()
    write(f"jsonl={path}")
    reader.join()
    assert len(read) == len(EVENTS)


def test_a_file_that_cannot_be_opened_any_more(tmp_path: Path) -> None:
    (listener,) = make_listeners([f"jsonl={tmp_path / 'a' / 'report'}"])
    (tmp_path / "a").rmdir()
    with pytest.raises(ReportError, match="cannot be written"):
        listener.pytest_graphcontract_event(EVENTS[0])


@pytest.mark.parametrize("report", ["", "jsonl", "jsonl=", "=x", "pdf=x", "JSONL=x"])
def test_what_is_not_a_report(report: str) -> None:
    with pytest.raises(ReportError, match=r"FORMAT=PATH, where FORMAT is one of jsonl, html"):
        make_listeners([report])


def test_a_report_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file" / "report"):
        with pytest.raises(ReportError, match="cannot be written"):
            make_listeners([f"jsonl={path}"])
    with pytest.raises(ReportError, match="Not a directory"):
        make_listeners([f"jsonl={tmp_path / 'file' / 'report'}"])
    assert ReportError.status == 2


def test_folders_are_made(tmp_path: Path) -> None:
    write(f"jsonl={tmp_path / 'a' / 'b=c' / 'report.jsonl'}")
    assert (tmp_path / "a" / "b=c" / "report.jsonl").read_text().endswith("}\n")


def test_a_line_an_event_in_ascii(tmp_path: Path) -> None:
    write(f"jsonl={tmp_path / 'report'}")
    data = (tmp_path / "report").read_bytes()
    assert data.isascii()
    assert [json.loads(line) for line in data.decode().splitlines()] == EVENTS


def test_an_event_is_written_when_it_happens(tmp_path: Path) -> None:
    path = tmp_path / "report"
    (listener,) = make_listeners([f"jsonl={path}"])
    for index, event in enumerate(EVENTS):
        listener.pytest_graphcontract_event(event)
        assert len(path.read_text().splitlines()) == index + 1


def test_standard_output_stays_open(capsys: pytest.CaptureFixture[str]) -> None:
    write("jsonl=-")
    assert not sys.stdout.closed
    assert len(capsys.readouterr().out.splitlines()) == len(EVENTS)


@pytest.mark.parametrize(
    ("reports", "carried"),
    [((), False), (("jsonl=x",), False), (("junit=x", "jsonl=-"), True), (("jsonl=-x",), False)],
)
def test_who_has_standard_output(reports: tuple[str, ...], carried: bool) -> None:
    assert writes_to_standard_output(reports) is carried
