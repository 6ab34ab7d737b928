"""Shards of a run, processes, and the merging of their reports."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from graphcontract.operations.shards import ShardError, ShardNumber
from tests.cli.running import ENVIRONMENT, MAIN, Here, read
from tests.operations import AnyOperation
from tests.operations.many import run_many, write_operations

LIBRARY = """
import os
from dataclasses import replace
from graphcontract.clients.reference import make_call
from graphcontract.exchange import Outcome


def call(call):
    if call.path.endswith("/archive"):
        return Outcome.unsupported("no such method")
    wrong = call.method == "DELETE" and not os.environ.get("FIXED")
    return make_call(replace(call, base_url=call.base_url + "/x") if wrong else call)
"""


@pytest.fixture
def check(here: Here) -> Callable[..., list[dict[str, Any]]]:
    (here.folder / "library.py").write_text(LIBRARY, encoding="utf-8")
    source = str(write_operations(here.folder))

    def run(name: str, *words: str, status: int = 1) -> list[dict[str, Any]]:
        given = ("python:library:call", "--in-process", "--profile", "quick", "--from", source, "--no-once")
        path = here.folder / name
        ended = here("check", *given, "--operations", "all", "--report", f"jsonl={path}", *words)
        assert ended.status == status, ended
        return read(path) if path.exists() else []

    return run


def summarize(events: list[dict[str, Any]]) -> object:
    """What must be the same however a run is split."""
    operations = {
        each["operation"]: (each["verdict"], each["fails_run"], each.get("findings"), each["exchanges"])
        for each in events
        if each["event"] == "operation"
    }
    findings = [
        (each["evidence"]["id"], each["operation"], each["operations"], each["examples"])
        for each in events
        if each["event"] == "finding"
    ]
    # Each process makes calls of its own for the evidence of a fault.
    footer = {name: value for name, value in events[-1].items() if name not in ("duration", "exchanges")}
    return operations, findings, footer, "shard" in events[0], events[1]


def test_findings_are_the_same_whole_in_processes_and_merged(
    here: Here, check: Callable[..., list[dict[str, Any]]]
) -> None:
    whole = check("whole.jsonl")
    assert summarize(check("processes.jsonl", "-n", "2")) == summarize(whole)
    for number in (1, 2, 3):
        check(f"{number}.jsonl", "--shard", f"{number}/3")
    ended = here("report", "merge", "3.jsonl", "1.jsonl", "2.jsonl", "--report", "jsonl=merged.jsonl")
    assert ended.status == 1, ended
    assert "in 8 of 39 operations" in " ".join(ended.out.split()), ended.out
    assert summarize(read(here.folder / "merged.jsonl")) == summarize(whole)


def test_lists_are_decided_over_all_shards(
    here: Here, monkeypatch: pytest.MonkeyPatch, check: Callable[..., list[dict[str, Any]]]
) -> None:
    (finding,) = (each for each in check("whole.jsonl") if each["event"] == "finding")
    entry = {"clause": finding["clause"], "evidence": [finding["evidence"]["id"]], "reason": "later"}
    lost = next(
        each["operation"] for each in read(here.folder / "whole.jsonl") if each.get("reason") is not None
    )
    lists = ("--known-failures", "known.json", "--baseline", "base.json")
    (here.folder / "known.json").write_text(json.dumps({"known_failures": [entry]}), encoding="utf-8")
    (here.folder / "base.json").write_text(json.dumps({"supported_operations": []}), encoding="utf-8")
    for number in (1, 2):
        check(f"{number}.jsonl", "--shard", f"{number}/2", *lists, status=0)
    merge = ("report", "merge", "1.jsonl", "2.jsonl")
    ended = here(*merge, *lists)
    assert ended.status == 0, ended
    assert "Only known failures" in ended.out
    assert "had --known-failures" in here(*merge).err
    assert "had --baseline" in here(*merge, *lists[:2]).err
    monkeypatch.setenv("FIXED", "1")
    (here.folder / "base.json").write_text(json.dumps({"supported_operations": [lost]}), encoding="utf-8")
    statuses = []
    for number in (1, 2):
        given = (
            "python:library:call",
            "--in-process",
            "--profile",
            "quick",
            "--from",
            "operations.jsonl",
            "--no-once",
        )
        words = ("--operations", "all", "--shard", f"{number}/2", "--report", f"jsonl={number}.jsonl")
        statuses.append(here("check", *given, *words, *lists).status)
    assert sorted(statuses) == [0, 1], "the shard with the lost operation fails, and nothing is fixed"
    ended = here(*merge, *lists)
    assert ended.status == 1
    assert "no longer supports 1 operation" in ended.out
    assert "no longer seen in any operation: update known.json:" in ended.out


@cache
def run_shard(number: int) -> str:
    """The report of one of two shards."""
    shard = ShardNumber(number, 2)
    ran = run_many(AnyOperation().cancel, profile="quick", clauses=["request.path"], shard=shard)
    assert ran.status == 0
    return "".join(json.dumps(each) + "\n" for each in ran.events)


@pytest.fixture
def shards(here: Here) -> Here:
    for number in (1, 2):
        (here.folder / f"{number}.jsonl").write_text(run_shard(number), encoding="utf-8")
    return here


def change(here: Here, path: str, edit: Callable[[list[dict[str, Any]]], object]) -> None:
    events = read(here.folder / path)
    edit(events)
    text = "".join(json.dumps(each) + "\n" for each in events)
    (here.folder / path).write_text(text, encoding="utf-8")


CHANGES: dict[str, tuple[Callable[[list[dict[str, Any]]], object], str]] = {
    "seed": (lambda events: events[0].update(seed=1), "the seed: 0 and 1"),
    "profile": (lambda events: events[0].update(profile="gate"), "the profile: quick and gate"),
    "version": (lambda events: events[0]["tool"].update(version="9"), "the version of graphcontract"),
    "client": (lambda events: events[0]["implementation"].update(name="z"), "the client"),
    "operations": (lambda events: events[0]["contract"].update(sha256="0" * 64), "the operations"),
    "shards": (lambda events: events[0]["shard"].update(of=3), "the number of shards: 2 and 3"),
    "clauses": (lambda events: events[1]["clauses"][0].update(clause="request.body"), "the clauses"),
    "whole": (lambda events: events[0].pop("shard"), "the number of shards: 2 and 1"),
    "same shard": (lambda events: events[0]["shard"].update(index=1), "both of shard 1/2"),
    "no footer": (lambda events: events.pop(), "is truncated"),
    "operation missing": (lambda events: events.pop(2), "has verdicts on 19 of its 20 operations"),
    "operation twice": (lambda events: events.insert(3, events[2]), "has a second verdict"),
    "another operation": (lambda events: events[2].update(request="beta POST /x"), "do not have the op"),
    "wrong type": (lambda events: events[2].update(exchanges="4"), "the operation event is not valid at"),
    "another kind": (lambda events: events[0].update(kind="check"), "not the report of a run over many"),
    "not a report": (lambda events: events.pop(0), "expected a header event"),
}


@pytest.mark.parametrize(("edit", "message"), CHANGES.values(), ids=CHANGES)
def test_reports_that_do_not_belong_together_are_one_error(
    shards: Here, edit: Callable[[list[dict[str, Any]]], object], message: str
) -> None:
    change(shards, "2.jsonl", edit)
    (shards.folder / "merged.jsonl").write_text("from before", encoding="utf-8")
    ended = shards("report", "merge", "1.jsonl", "2.jsonl", "--report", "jsonl=merged.jsonl")
    assert ended.status == 2, ended
    assert message in ended.err
    assert ended.err.startswith("error: ")
    assert ended.out == ""
    assert (shards.folder / "merged.jsonl").read_text() == "from before", "nothing is lost"


def test_a_missing_shard_and_one_given_twice_are_named(shards: Here) -> None:
    assert "shards are missing: 2/2" in shards("report", "merge", "1.jsonl").err
    assert "both of shard 1/2" in shards("report", "merge", "1.jsonl", "2.jsonl", "1.jsonl").err
    assert "cannot be read" in shards("report", "merge", "1.jsonl", "3.jsonl").err


def test_a_shard_that_was_interrupted_makes_the_run_interrupted(shards: Here) -> None:
    change(shards, "2.jsonl", lambda events: events[-1].update(interrupted=True, exit_status=130))
    ended = shards("report", "merge", "1.jsonl", "2.jsonl")
    assert ended.status == 130
    assert "Interrupted." in ended.out


@pytest.mark.parametrize("of", [1, 2, 7, 40])
def test_shards_have_each_operation_once_in_order(of: int) -> None:
    ids = [str(number) for number in range(40)]
    parts = [ShardNumber(index, of).take(ids) for index in range(1, of + 1)]
    assert [id for part in parts for id in part] == ids
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    halves = [each.take(ids) for each in ShardNumber(1, 2).split(3)]
    assert [id for part in halves for id in part] == ids[:20]


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "1/0", "a/b", "1/2/3", "-1/2"])
def test_a_shard_that_does_not_exist_is_an_error(text: str) -> None:
    with pytest.raises(ShardError, match="--shard"):
        ShardNumber.parse(text)
    with pytest.raises(ShardError, match="numbered from 1 to 2"):
        ShardNumber.parse("3/2")


def test_more_shards_than_operations_are_an_error() -> None:
    with pytest.raises(ShardError, match="2 operations cannot be split into 3 shards"):
        ShardNumber(1, 3).take(["a", "b"])


@pytest.mark.nightly
def test_a_process_that_dies_leaves_its_operations_without_a_verdict(
    here: Here, check: Callable[..., list[dict[str, Any]]]
) -> None:
    dying = LIBRARY.replace(
        "    wrong =", '    if call.path.endswith("/task7"):\n        os._exit(9)\n    wrong ='
    )
    (here.folder / "library.py").write_text(dying, encoding="utf-8")
    events = check("report.jsonl", "-n", "2")
    operations = [each for each in events if each["event"] == "operation"]
    assert len({each["operation"] for each in operations}) == len(operations) == 40
    lost = [each for each in operations if each["verdict"] == "not-run"]
    assert 0 < len(lost) <= 20
    assert {each["reason"] for each in lost} == {"the process that was to check it ended with exit status 9"}
    assert events[-1]["exit_status"] == 1


@pytest.mark.nightly
def test_the_first_violation_ends_all_processes(check: Callable[..., list[dict[str, Any]]]) -> None:
    events = check("report.jsonl", "-n", "2", "-x")
    assert events[-1]["counts"]["fail"] in (1, 2)
    assert "interrupted" not in events[-1]


@pytest.mark.nightly
def test_an_error_in_a_process_is_one_error(here: Here) -> None:
    source = str(write_operations(here.folder))
    words = ("--in-process", "--from", source, "--operations", "all", "-n", "2", "--no-once")
    ended = here("check", "python:no_such_module:call", *words)
    assert ended.status == 3
    assert ended.err.count("error: ") == 1


def test_ctrl_c_leaves_a_report_of_all_processes(here: Here) -> None:
    slow = LIBRARY.replace("def call(call):\n", "def call(call):\n    import time; time.sleep(0.2)\n")
    (here.folder / "library.py").write_text(slow, encoding="utf-8")
    source = str(write_operations(here.folder))
    words = (
        "check",
        "python:library:call",
        "--in-process",
        "--from",
        source,
        "--operations",
        "all",
        "--no-once",
    )
    more = ("--profile", "quick", "-n", "2", "--report", "jsonl=-")
    with subprocess.Popen(
        [*MAIN, *words, *more],
        cwd=here.folder,
        env={**os.environ, **ENVIRONMENT},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(4)]  # header, plan, two operations
        process.send_signal(signal.SIGINT)
        lines += process.stdout.readlines()
    assert process.returncode == 130
    events = [json.loads(line) for line in lines]
    operations = [each for each in events if each["event"] == "operation"]
    assert len({each["operation"] for each in operations}) == len(operations) == 40
    reasons = {each["reason"] for each in operations if each["verdict"] == "not-run"}
    assert reasons == {"the run was interrupted"}
    footer = events[-1]
    assert footer["interrupted"]
    assert footer["operations"]["judged"] == sum(each["verdict"] in ("pass", "fail") for each in operations)
