"""`graphcontract check --operations`: what does not depend on the operation is checked on two of them."""

from __future__ import annotations

import json

import pytest

from tests.cli.running import Here, read
from tests.operations.many import write_operations

QUICK = ("--in-process", "--profile", "quick")
MESSAGES = (
    "--operations",
    "beta DELETE /me/messages/{id}",
    "--operations",
    "beta POST /me/messages/{id}/send",
)
DELETE, SEND = "me-messages-id-delete-beta", "me-messages-id-send-beta"
CLAUSES = ("--select", "request.method", "--select", "response.redirection")
FOLLOWS_NOTHING = (
    "from graphcontract.clients.reference import make_call\n"
    "from graphcontract.exchange import Outcome\n"
    "def call(call):\n"
    "    outcome = make_call(call)\n"
    "    redirected = outcome.error is not None and 300 <= (outcome.error.status or 0) < 400\n"
    "    return Outcome.success() if redirected else outcome\n"
)


@pytest.fixture
def follows_nothing(here: Here) -> Here:
    (here.folder / "redirects.py").write_text(FOLLOWS_NOTHING, encoding="utf-8")
    return here


def test_a_post_and_a_delete_are_checked_once(here: Here) -> None:
    events = here.events("reference", *QUICK, *MESSAGES, *CLAUSES, status=0)
    plan = next(each for each in events if each["event"] == "plan")
    assert [each["clause"] for each in plan["clauses"]] == ["request.method", "response.redirection"]
    verdicts = [each for each in events if each["event"] == "verdict"]
    assert [(each["clause"], each["operation"], each["verdict"]) for each in verdicts] == [
        ("response.redirection", SEND, "pass"),
        ("response.redirection", DELETE, "pass"),
    ]
    judged = {each["operation"]: each["exchanges"] for each in events if each["event"] == "operation"}
    assert judged.keys() == {DELETE, SEND}
    footer = events[-1]
    assert footer["must"] == {"judged": 2, "planned": 2}
    assert footer["exchanges"] > sum(judged.values())


def test_a_fault_of_both_is_reported_once_in_every_format(follows_nothing: Here) -> None:
    reports = [f"--report={name}={name}.out" for name in ("jsonl", "junit", "markdown", "github")]
    ended = follows_nothing("check", "python:redirects:call", *QUICK, *MESSAGES, *CLAUSES, *reports)
    assert ended.status == 1
    sentence = "The client violates the contract in what is checked once (1 distinct fault)."
    said = " ".join(ended.out.split())
    assert sentence in said
    assert said.count(f"Seen in 2 operations: {SEND}, {DELETE}") == 1
    assert f"{SEND:36}{'1/1':>10}{'':>14}{1:>10}" in ended.out
    folder = follows_nothing.folder
    junit = (folder / "junit.out").read_text(encoding="utf-8")
    assert '<testsuite name="operations.jsonl (shipped)" tests="4" failures="2" errors="0"' in junit
    assert f'classname="{SEND}.response" name="response.redirection"' in junit
    markdown = (folder / "markdown.out").read_text(encoding="utf-8")
    assert f"**{sentence}**" in markdown
    assert f"| `{SEND}` | 1 | 1 | 0 | 1 |" in markdown
    (command,) = (folder / "github.out").read_text(encoding="utf-8").splitlines()
    assert command.startswith("::error title=response.redirection (MUST)::")


def test_the_command_in_the_evidence_shows_the_fault_again(follows_nothing: Here) -> None:
    path = write_operations(follows_nothing.folder)
    words = ("python:redirects:call", *QUICK, *CLAUSES)
    shipped = follows_nothing.events(*words, *MESSAGES, "--lead", SEND, status=1)
    other = follows_nothing.events(*words, "--operations", "*/archive", "--from", str(path), status=1)
    for events, option in ((shipped, "--contract"), (other, "--from")):
        (found,) = (each["evidence"] for each in events if each["event"] == "verdict")
        command = found["repeat"].split()
        assert option in command
        again = follows_nothing.events(*command[2:], status=1)
        assert [each["evidence"]["id"] for each in again if each["event"] == "verdict"] == [found["id"]]


def test_nothing_is_checked_once_if_it_is_not_wanted(follows_nothing: Here) -> None:
    events = follows_nothing.events(
        "python:redirects:call", *QUICK, *MESSAGES, "--no-once", "--select", "request.method", status=0
    )
    assert {each["event"] for each in events} == {"header", "plan", "operation", "footer"}


def test_clauses_that_are_checked_once_can_be_checked_alone(here: Here) -> None:
    ended = here(
        *("check", "reference", *QUICK, "--operations", "beta * /me/messages/*"),
        *("--select", "response.redirection", "--report", "jsonl=report.jsonl"),
    )
    assert ended.status == 0
    assert "The client conforms to the contract in what is checked once." in ended.out
    assert "area" not in ended.out
    assert "0 operations" not in ended.out
    assert '"event": "operation"' not in (here.folder / "report.jsonl").read_text(encoding="utf-8")


def test_a_violation_ends_the_run_before_anything_is_checked_once(here: Here) -> None:
    (here.folder / "other_root.py").write_text(
        "from dataclasses import replace\n"
        "from graphcontract.clients.reference import make_call\n"
        "def call(call):\n"
        "    return make_call(replace(call, base_url=call.base_url + '/x'))\n",
        encoding="utf-8",
    )
    events = here.events("python:other_root:call", *QUICK, *MESSAGES, "-x", status=1)
    assert "verdict" not in {each["event"] for each in events}


def test_a_client_that_cannot_be_started_again_is_not_checked(here: Here) -> None:
    (here.folder / "gone_later.py").write_text(
        "from graphcontract.clients.reference import make_call\n"
        "from graphcontract.exchange import Outcome\n"
        "probes = []\n"
        "def call(call):\n"
        "    probes.extend([call] if call.token.endswith('.') else [])  # the first call of each check\n"
        "    first = len(probes) < 2\n"
        "    return make_call(call) if first else Outcome.failure(kind='transport', message='gone')\n",
        encoding="utf-8",
    )
    ended = here("check", "python:gone_later:call", *QUICK, *MESSAGES, *CLAUSES)
    assert ended.status == 1
    assert "response.redirection of" in ended.out
    assert "not run: the client cannot be checked with this set-up" in " ".join(ended.out.split())
    assert "The client was not tested in full, and no MUST was violated." in ended.out


def test_a_known_failure_is_accepted_until_it_is_gone(follows_nothing: Here) -> None:
    words = ("python:redirects:call", *QUICK, *MESSAGES, *CLAUSES)
    events = follows_nothing.events(*words, status=1)
    ended = follows_nothing("known-failures", "update", "report.jsonl", "--file", "known.json")
    assert "1 known failure of 1 clause" in ended.out, ended
    path = follows_nothing.folder / "known.json"
    (entry,) = json.loads(path.read_text(encoding="utf-8"))["known_failures"]
    assert entry["operations"] == [DELETE, SEND]
    assert entry["evidence"] == [
        next(each["evidence"]["id"] for each in events if each["event"] == "verdict")
    ]
    path.write_text(json.dumps({"known_failures": [{**entry, "reason": "It is known."}]}), encoding="utf-8")
    known = follows_nothing("check", *words, "--known-failures", "known.json")
    assert known.status == 0, known
    assert "Only known failures, in what is checked once." in known.out
    gone = follows_nothing(
        "check", "reference", *QUICK, *MESSAGES, *CLAUSES, "--known-failures", "known.json"
    )
    assert gone.status == 1, gone
    assert "The list of known failures is out of date." in gone.out


def test_the_first_shard_checks_once_and_a_merge_has_it(follows_nothing: Here) -> None:
    words = ("python:redirects:call", *QUICK, *MESSAGES, *CLAUSES)
    for number, status in ((1, 1), (2, 0)):
        events = follows_nothing.events(*words, "--shard", f"{number}/2", status=status)
        assert ("verdict" in {each["event"] for each in events}) == (number == 1)
        (follows_nothing.folder / "report.jsonl").rename(follows_nothing.folder / f"{number}.jsonl")
    ended = follows_nothing("report", "merge", "1.jsonl", "2.jsonl", "--report", "jsonl=merged.jsonl")
    assert ended.status == 1
    assert "The client violates the contract in what is checked once (1 distinct fault)." in ended.out
    merged = read(follows_nothing.folder / "merged.jsonl")
    assert merged[-1]["must"] == {"judged": 2, "planned": 2}
    protocols = [each["protocols"] for each in merged if each["event"] == "verdict" and each["exercised"]]
    assert protocols
    assert all(each == ["1.1"] for each in protocols)


MISTAKES = {
    "several": (("--lead", "/me/messages/*"), "operations"),
    "none": (("--lead", "/me/mesages"), "matches no operation"),
    "not wanted": (("--lead", SEND, "--no-once"), "--lead cannot be combined with --no-once"),
}


@pytest.mark.parametrize(("words", "problem"), MISTAKES.values(), ids=MISTAKES)
def test_a_lead_that_is_not_one_operation_is_an_error(
    here: Here, words: tuple[str, ...], problem: str
) -> None:
    ended = here("check", "reference", *QUICK, *MESSAGES, *words)
    assert ended.status == 2
    assert problem in ended.err


def test_a_lead_without_operations_is_an_error(here: Here) -> None:
    ended = here("check", "reference", "--lead", SEND)
    assert ended.status == 2
    assert ended.err.startswith("error: --lead needs --operations [option]")
