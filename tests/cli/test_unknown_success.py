"""Commands for operations whose success status no source states: a client may accept one likely one only."""

from __future__ import annotations

import pytest

from tests.cli.running import Here, read

QUICK = ("--in-process", "--profile", "quick")
SEND = "me-messages-id-send-beta"
MESSAGES = ("--operations", "beta POST /me/messages/{id}/*")
CLIENT = """
from graphcontract.clients.reference import make_call
from graphcontract.exchange import Outcome


def accept(call, *statuses):
    outcome = make_call(call)
    wrong = outcome.status is not None and outcome.status < 300 and outcome.status not in statuses
    return Outcome.failure(kind="http", status=outcome.status) if wrong else outcome


def accept_204(call):
    return accept(call, 204)


def accept_200(call):
    return accept(call, 200)


def accept_202(call):
    return accept(call, 202)


def accept_201(call):
    return accept(call, 201)
"""


@pytest.fixture
def check(here: Here) -> Here:
    (here.folder / "accepting.py").write_text(CLIENT, encoding="utf-8")
    return here


@pytest.mark.parametrize(
    ("client", "status"), [("accept_204", 0), ("accept_200", 0), ("accept_202", 0), ("accept_201", 1)]
)
def test_a_check_of_one_contract_responds_as_the_client_accepts(
    check: Here, client: str, status: int
) -> None:
    clauses = ("--select", "response.other-success", "--select", "response.no-content")
    events = check.events(f"python:accepting:{client}", *QUICK, "--contract", SEND, *clauses, status=status)
    failed = {each["clause"] for each in events if each["event"] == "verdict" and each["fails_run"]}
    assert failed == ({"response.no-content"} if status else set())


def test_what_is_checked_once_responds_as_the_client_accepts(check: Here) -> None:
    clauses = ("--select", "response.no-content", "--select", "response.interim")
    events = check.events("python:accepting:accept_200", *QUICK, *MESSAGES, *clauses, status=0)
    verdicts = {each["clause"]: each["verdict"] for each in events if each["event"] == "verdict"}
    assert verdicts == {"response.no-content": "pass", "response.interim": "pass"}


def test_notes_are_the_same_whole_and_merged(check: Here) -> None:
    def find_notes(*words: str) -> dict[str, str]:
        given = ("python:accepting:accept_200", *QUICK, *MESSAGES, "--no-once", *words)
        events = check.events(*given, status=0)
        return {each["operation"]: each["note"] for each in events if each["event"] == "operation"}

    whole = find_notes()
    assert len(whole) == 3
    assert {note for note in whole.values() if "success for 200, and reports failure for 204" in note}
    paths = []
    for number in (1, 2):
        path = check.folder / f"{number}.jsonl"
        find_notes("--shard", f"{number}/2")
        (check.folder / "report.jsonl").rename(path)
        paths.append(str(path))
    check("report", "merge", *paths, "--report", "jsonl=merged.jsonl")
    merged = read(check.folder / "merged.jsonl")
    assert {each["operation"]: each["note"] for each in merged if each["event"] == "operation"} == whole
