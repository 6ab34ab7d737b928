"""A run that is refused leaves no report, and every file as it was: for each command that writes reports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from graphcontract.cli import app
from graphcontract.reporting import FORMATS
from tests.cli.running import CHECKOUT, Here
from tests.drift import library

DRIFT_FORMATS = ("json", "sarif", "markdown", "github")
TENANT = ("--tenant-url", "http://127.0.0.1:9")
SEND = ("--operations", "me-messages-id-send-beta")
CONTRACT = CHECKOUT / "contracts" / "message-delete-me-v1-0.json"

# What is wrong: the words of a command, and the exit status.
REFUSED: dict[str, tuple[tuple[str, ...], int]] = {
    "check: no such function": (("check", "python:nowhere:call"), 3),
    "check: a driver that ends": (("check", "process:/bin/false"), 3),
    "check: no such client": (("check", "referense"), 2),
    "check: no such clause": (("check", "reference", "--select", "request.nothing"), 2),
    "check: no such contract": (("check", "reference", "--contract", "lost.json"), 2),
    "check: a broken list": (("check", "reference", "--known-failures", "broken.json"), 2),
    "check: not a report": (("check", "reference", "--report", "pdf=x"), 2),
    "check: another report cannot be written": (("check", "reference", "--report", "jsonl=folder"), 2),
    "check many: no such function": (("check", "python:nowhere:call", *SEND), 3),
    "check many: no such operation": (("check", "reference", "--operations", "GET /nothing"), 2),
    "check many: a broken list": (("check", "reference", *SEND, "--known-failures", "broken.json"), 2),
    "check many: a broken baseline": (("check", "reference", *SEND, "--baseline", "broken.json"), 2),
    "check many: no such shard": (("check", "reference", *SEND, "--shard", "3/2"), 2),
    "check many: not a report": (("check", "reference", *SEND, "--report", "pdf=x"), 2),
    "check many: another report cannot be written": (
        ("check", "reference", *SEND, "--report", "jsonl=folder"),
        2,
    ),
    "check many: in processes": (
        ("check", "python:nowhere:call", "--operations", "POST /me/*", "-n", "2"),
        3,
    ),
    "live: no tenant": (("live",), 2),
    "live: not a URL": (("live", "--tenant-url", "graph"), 2),
    "live: a contract without a lifecycle": (("live", *TENANT, "--contract", str(CONTRACT)), 2),
    "live: no such client": (("live", "python:nowhere:call", *TENANT), 3),
    "live: nobody there": (("live", *TENANT), 3),
    "live: a broken list": (("live", *TENANT, "--known-failures", "broken.json"), 2),
    "live: not a journal": (("live", *TENANT, "--journal", "broken.json"), 2),
    "live: a request log that cannot be written": (("live", *TENANT, "--request-log", "folder"), 2),
    "drift: not a source": (("drift", "broken.json"), 2),
    "drift: no source": (("drift",), 2),
    "drift: broken waivers": (("drift", "page.md", "--waivers", "broken.json"), 2),
    "drift: not a report": (("drift", "page.md", "--report", "pdf=x"), 2),
    "drift: another report cannot be written": (("drift", "page.md", "--report", "json=folder"), 2),
    "drift many: not a source": (("drift", "broken.json", "--operations", "all"), 2),
    "drift many: no such operation": (("drift", "page.md", "--operations", "GET /nothing"), 2),
    "drift many: another report cannot be written": (
        ("drift", "page.md", "--operations", "all", "--report", "json=folder"),
        2,
    ),
    "report merge: no such file": (("report", "merge", "lost.jsonl"), 2),
    "report merge: not a report": (("report", "merge", "broken.json"), 2),
}


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Here:
    """A folder with what the commands name."""
    for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "GRAPHCONTRACT_TOKEN_UNPRIVILEGED"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GRAPHCONTRACT_TOKEN", "not-a-token")
    (tmp_path / "folder").mkdir()
    (tmp_path / "broken.json").write_text('{"broken": ')
    (tmp_path / "page.md").write_text(library.PAGE_TEXT)
    return Here(monkeypatch, capsys, tmp_path)


@pytest.mark.parametrize("what", REFUSED)
def test_reports_stay_as_they_were(what: str, here: Here) -> None:
    words, status = REFUSED[what]
    formats = DRIFT_FORMATS if words[0] == "drift" else FORMATS
    old = {name: here.folder / f"old.{name}" for name in formats}
    for name, path in old.items():
        path.write_text(f"the report of {name}\n")
    others = [f"--report={name}={path}" for name, path in old.items()]
    others += [f"--report={name}=new.{name}" for name in formats]
    if words[0] == "live":
        (here.folder / "log").write_text("requests\n")
        others += [] if "--request-log" in words else ["--request-log=log"]
        others += ["--keep-bodies=bodies"]
    ended = here(*words[:1], *(words[1:2] if words[0] == "report" else ()), *others, *words[1:])
    assert ended.status == status, ended
    assert "error: " in ended.err
    assert {name: path.read_text() for name, path in old.items()} == {
        name: f"the report of {name}\n" for name in formats
    }
    assert not list(here.folder.glob("new.*"))
    if words[0] == "live" and what != "live: nobody there":  # requests were sent there
        assert (here.folder / "log").read_text() == "requests\n"
        assert not (here.folder / "bodies").exists()


def _list_commands(group: Any, *names: str) -> Iterator[str]:
    """Commands that write reports."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _list_commands(command, *names, name)
        elif any("--report" in each.opts and each.metavar == "FORMAT=PATH" for each in command.params):
            yield " ".join((*names, name))


def test_every_command_that_writes_reports_is_tried() -> None:
    listed = set(_list_commands(typer.main.get_command(app)))
    tried = {name.partition(":")[0].removesuffix(" many") for name in REFUSED}
    assert {each.removesuffix(" compare") for each in listed} == tried


def test_an_old_report_is_replaced_by_a_run(here: Here) -> None:
    (here.folder / "report.jsonl").write_text("old\n" * 10_000)
    events = here.events("reference", "--profile", "quick", "--select", "request.method", status=0)
    assert [events[0]["event"], events[-1]["event"]] == ["header", "footer"]
    assert json.dumps("old") not in (here.folder / "report.jsonl").read_text()
