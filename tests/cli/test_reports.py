"""`known-failures update`, `diff` and `replay`, end to end on a client whose fault gets fixed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from graphcontract.contract.acceptance import PLACEHOLDER
from graphcontract.judging.verdict import ClauseResult
from graphcontract.reporting.events import VerdictKind
from tests.cli.running import Here
from tests.reporting import events_of

# Takes every response for success, until there is a file `fixed` in the working folder.
FIXABLE = "python:tests.cli.adapters:fixable"
CLAUSE = "response.redirection"
CHECK = ("check", FIXABLE, "--transport", "mock", "--profile", "quick", "--select", CLAUSE)


class Folder:
    """A folder with the report of a client with a fault, `old.jsonl`."""

    def __init__(self, here: Here) -> None:
        self.path, self._here = here.folder, here
        self.run(*CHECK, "--report", "jsonl=old.jsonl", status=1)

    def fixes_it(self) -> None:
        """Take the fault out of the client."""
        (self.path / "fixed").touch()

    def fills_in(self, reason: str) -> None:
        """Write a reason for every entry of the list that has none."""
        path = self.path / "known.json"
        path.write_text(path.read_text().replace(PLACEHOLDER, reason), encoding="utf-8")

    def run(self, *words: str, status: int) -> str:
        ended = self._here(*words)
        assert ended.status == status, ended
        return ended.out + ended.err

    def failed(self) -> str:
        """The evidence id of the fault in the report."""
        lines = (self.path / "old.jsonl").read_text().splitlines()
        evidence = next(event["evidence"] for event in map(json.loads, lines) if event["event"] == "verdict")
        return str(evidence["id"])


@pytest.fixture
def folder(here: Here) -> Folder:
    return Folder(here)


def test_a_known_failure_is_green_until_it_is_fixed(folder: Folder) -> None:
    id = folder.failed()
    update = ("known-failures", "update", "old.jsonl", "--file", "known.json")
    assert f"write a reason for: {CLAUSE}" in folder.run(*update, status=0)
    known = (*CHECK, "--known-failures", "known.json")
    assert "known.json:8: at /known_failures/0/reason: expected a specific reason" in folder.run(
        *known, status=2
    )
    folder.fills_in("it waits for 2.0")
    assert "Only known failures." in folder.run(*known, status=0)
    folder.fixes_it()
    assert f"remove {id} from known.json:3" in " ".join(folder.run(*known, status=1).split())


def test_an_update_lists_what_the_next_run_must_find_listed(folder: Folder) -> None:
    """Failures at both levels; a second update keeps reasons, and drafts too."""
    both = (*CHECK, "--select", "response.not-modified")
    Path(folder.path / "known.json").write_text('{"known_failures": []}', encoding="utf-8")
    known = (*both, "--known-failures", "known.json", "--report", "jsonl=new.jsonl")
    found = folder.run(*known, status=1)
    assert "FAIL    SHOULD  response.not-modified" in found
    folder.run(*both, "--report", "jsonl=old.jsonl", status=1)
    for report in ("old.jsonl", "new.jsonl"):
        update = ("known-failures", "update", report, "--file", "known.json")
        said = folder.run(*update, status=0)
        assert f"write a reason for: response.not-modified, {CLAUSE} (without" in said
    assert "placeholder" in folder.run(*known, status=2)
    folder.fills_in("it waits for 2.0")
    found = folder.run(*known, status=0)
    assert "1 MUST and 1 SHOULD accepted as known" in " ".join(found.split())
    assert "no difference" in folder.run("diff", "new.jsonl", "new.jsonl", status=0)
    assert "write a reason" not in folder.run(*update, status=0)
    assert "it waits for 2.0" in (folder.path / "known.json").read_text()


def test_an_update_says_which_entries_are_past_their_last_day(folder: Folder) -> None:
    id = folder.failed()
    row = {"clause": CLAUSE, "evidence": [id], "reason": "old", "expires": "2020-01-01"}
    (folder.path / "known.json").write_text(json.dumps({"known_failures": [row]}), encoding="utf-8")
    known = (*CHECK, "--known-failures", "known.json")
    assert "the entry expired on 2020-01-01" in " ".join(folder.run(*known, status=1).split())
    update = ("known-failures", "update", "old.jsonl", "--file", "known.json")
    assert f"expired: {CLAUSE} (set a later" in folder.run(*update, status=0)


def test_a_failure_is_repeated_by_its_id(folder: Folder) -> None:
    id = folder.failed()
    assert f"still failing: {id}" in folder.run("replay", "old.jsonl", id, status=1)
    folder.fixes_it()
    assert f"fixed: {id}" in folder.run("replay", "old.jsonl", id, status=0)
    aloof = (folder.path / "old.jsonl").read_text().replace("fixable", "aloof")
    (folder.path / "aloof.jsonl").write_text(aloof, encoding="utf-8")
    assert "cannot be replayed" in folder.run("replay", "aloof.jsonl", id, status=3)
    assert "no evidence" in folder.run("replay", "old.jsonl", "request.body-000000000000", status=2)


def test_two_reports_are_compared(folder: Folder) -> None:
    id = folder.failed()
    folder.fixes_it()
    folder.run(*CHECK, "--report", "jsonl=new.jsonl", status=0)
    fixed = folder.run("diff", "old.jsonl", "new.jsonl", status=0)
    assert fixed.startswith(f"fixed: {CLAUSE} (MUST) (1 failure): The client reported success for a redirect")
    assert folder.run("diff", "new.jsonl", "old.jsonl", "--ids", status=1).splitlines()[1:] == [f"  {id}"]
    assert folder.run("diff", "old.jsonl", "old.jsonl", status=0) == "no difference\n"
    folder.run(*CHECK[:-1], "response.no-content", "--report", "jsonl=other.jsonl", status=0)
    assert folder.run("diff", "new.jsonl", "other.jsonl", status=1).splitlines() == [
        f"stopped running: {CLAUSE} (MUST): the run did not test it",
        "started running: response.no-content (MUST): it passes",
    ]


@pytest.mark.parametrize("new", ["not-run", "not-exercised"])
@pytest.mark.parametrize("old", ["not-run", "not-exercised"])
def test_a_clause_that_stays_untested_is_not_a_difference(
    here: Here, old: VerdictKind, new: VerdictKind
) -> None:
    """Reports of earlier versions have `not-run` where `not-exercised` is written now."""
    for name, verdict in (("old", old), ("new", new)):
        passed = ClauseResult("request.method", "pass", 3)
        events = events_of(passed, ClauseResult("error.code", verdict, reason="r"))
        lines = "".join(f"{json.dumps(event)}\n" for event in events)
        (here.folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    ended = here("diff", "old.jsonl", "new.jsonl")
    assert (ended.status, ended.out) == (0, "no difference\n")


def test_a_truncated_report_is_refused(folder: Folder) -> None:
    id = folder.failed()
    whole = (folder.path / "old.jsonl").read_text().splitlines(keepends=True)
    (folder.path / "cut.jsonl").write_text("".join(whole[:-1]))
    for words in (("diff", "cut.jsonl", "old.jsonl"), ("replay", "cut.jsonl", id)):
        assert "truncated" in folder.run(*words, status=2)


def test_a_tenants_failure_is_not_repeated_by_its_report(folder: Folder) -> None:
    id = folder.failed()
    old = (folder.path / "old.jsonl").read_text().replace('"kind":"check"', '"kind":"live"')
    (folder.path / "live.jsonl").write_text(old.replace("graphcontract check", "graphcontract live"))
    said = folder.run("replay", "live.jsonl", id, status=3)
    assert said.startswith(
        "cannot be replayed: a report does not send requests to a tenant; run: graphcontract live"
    )
    assert said.count("\n") == 1
