"""Known failures and the baseline of a run over many operations: by operation and by pattern."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from graphcontract.clients import Implementation
from graphcontract.contract.jsonfile import ContractError
from graphcontract.contract.model import list_current_ids
from graphcontract.exchange import Call, Outcome
from graphcontract.judging.known_failures import Entry, load
from graphcontract.operations.baseline import Baseline, format_baseline, load_baseline
from graphcontract.operations.known_findings import KnownFindings
from graphcontract.operations.known_update import format_updated
from graphcontract.operations.run import load_conventions
from graphcontract.operations.tally import Lists
from graphcontract.reporting.events import Event, Footer
from graphcontract.reporting.jsonl import JsonLines
from graphcontract.reporting.operations_reader import OperationsReport, read_operations_report
from tests.operations import AnyOperation
from tests.operations.many import Ran, load_operations, run_many
from tests.reporting import problems

TODAY = date(2026, 6, 1)
CLIENT = Implementation("lib", "1.2")
DELETIONS = [id for id in load_operations().ids if " DELETE " in load_operations().name_of(id)]
MESSAGE = next(id for id in DELETIONS if id.startswith("users-id-messages-id-delete"))


class PutForDelete(AnyOperation):
    """The wrong method in eight of forty operations."""

    def method(self, call: Call) -> str:
        return "PUT" if call.method == "DELETE" else super().method(call)


class PutForOne(AnyOperation):
    """The wrong method in one of them."""

    def method(self, call: Call) -> str:
        return "PUT" if call.operation == MESSAGE else super().method(call)


@cache
def found() -> str:
    (finding,) = run_many(PutForDelete().cancel, profile="quick", clauses=["request.method"]).findings
    assert finding["operations"] == len(DELETIONS) == 8
    return finding["evidence"]["id"]


def entry(*operations: str, id: str = "", expires: date | None = None, client: str | None = None) -> Entry:
    patterns = tuple(operations) or None
    ids = frozenset([id or found()])
    return Entry("request.method", ids, "waits for 2.0", client, None, expires, "known.json:3", patterns)


def run(client: AnyOperation, *entries: Entry, patterns: tuple[str, ...] = ()) -> Ran:
    known = KnownFindings(entries, CLIENT, today=TODAY)
    ran = run_many(client.cancel, *patterns, profile="quick", clauses=["request.method"], lists=Lists(known))
    assert [problem for event in ran.events for problem in problems(event)] == []
    return ran


def footer(ran: Ran) -> Footer:
    last = ran.events[-1]
    assert last["event"] == "footer"
    return last


@pytest.mark.parametrize(
    "listed",
    [(), ("all",), ("DELETE *",), ("* DELETE /*",), tuple(DELETIONS), ("*delete*", "DELETE */$ref")],
    ids=["every operation", "all", "method", "name", "ids", "two patterns"],
)
def test_a_listed_failure_is_accepted_in_the_operations_that_match(listed: tuple[str, ...]) -> None:
    ran = run(PutForDelete(), entry(*listed))
    assert ran.status == 0
    assert footer(ran)["counts"] == {"known-failure": 8, "pass": 32}
    assert "fixed" not in footer(ran)
    (finding,) = ran.findings
    assert (finding["operations"], finding["fails_run"], finding["accepted"]) == (8, False, True)
    assert finding["reason"] == "waits for 2.0"
    (row,) = footer(ran)["accepted"]
    assert row.get("operations", []) == list(listed)


def test_the_same_failure_in_another_operation_fails_the_run() -> None:
    ran = run(PutForDelete(), entry(MESSAGE))
    assert ran.status == 1
    new, known = ran.findings
    assert (new["operations"], new["fails_run"]) == (7, True)
    assert MESSAGE not in new["examples"]
    assert new["evidence"]["input"]["arguments"] != known["evidence"]["input"]["arguments"]
    assert (known["operations"], known["examples"], known["fails_run"]) == (1, [MESSAGE], False)
    assert ran.operations[MESSAGE]["verdict"] == "known-failure"
    assert ran.operations[MESSAGE]["accepted"] == [found()]


def test_an_entry_by_pattern_is_fixed_only_when_no_operation_shows_it() -> None:
    assert run(PutForOne(), entry("DELETE *")).status == 0
    ran = run(AnyOperation(), entry("DELETE *"))
    assert ran.status == 1
    assert footer(ran)["fixed"] == [
        {
            "clause": "request.method",
            "evidence": found(),
            "operations": "DELETE *",
            "entry": "known.json:3",
        }
    ]


def test_of_an_entry_by_ids_each_operation_must_show_it() -> None:
    ran = run(PutForOne(), entry(*DELETIONS))
    assert ran.status == 1
    assert [each["operations"] for each in footer(ran)["fixed"]] == [id for id in DELETIONS if id != MESSAGE]


@pytest.mark.parametrize("listed", [("DELETE *",), (MESSAGE,), ("no-such-operation",)])
def test_an_entry_whose_operations_did_not_run_is_neither_fixed_nor_failing(listed: tuple[str, ...]) -> None:
    ran = run(AnyOperation(), entry(*listed), patterns=("POST *",))
    assert ran.status == 0
    assert "fixed" not in footer(ran)


def test_an_operation_without_a_verdict_leaves_an_entry_open() -> None:
    class Rejects(AnyOperation):
        def cancel(self, call: Call) -> Outcome:
            if call.operation == MESSAGE:
                return Outcome.rejected("not that")
            return super().cancel(call)

    assert "fixed" not in footer(run(Rejects(), entry("DELETE *")))


def test_an_entry_of_a_clause_that_is_not_checked_is_left_open() -> None:
    other = Entry("retry.bounded", frozenset(["retry.bounded-0123456789ab"]), "x", None, None, None, "k:1")
    assert run(AnyOperation(), other).status == 0


def test_an_expired_entry_accepts_nothing_and_says_so() -> None:
    ran = run(PutForDelete(), entry(expires=date(2026, 5, 31)))
    assert ran.status == 1
    (finding,) = ran.findings
    assert "the entry expired on 2026-05-31" in finding["reason"]


def test_an_entry_for_another_client_is_ignored() -> None:
    assert run(AnyOperation(), entry(client="other")).status == 0
    assert run(PutForDelete(), entry(client="other")).status == 1


def test_with_a_list_a_should_that_is_not_listed_fails_the_run() -> None:
    class NoLength(AnyOperation):
        def framing(self, call: Call) -> list[tuple[str, str]]:
            return []

    known = KnownFindings([], CLIENT, today=TODAY)
    clauses = ["request.content-length"]
    assert run_many(NoLength().cancel, "POST *", profile="quick", clauses=clauses).status == 0
    ran = run_many(NoLength().cancel, "POST *", profile="quick", clauses=clauses, lists=Lists(known))
    assert ran.status == 1


def read_run(ran: Ran, folder: Path) -> OperationsReport:
    path = folder / "report.jsonl"
    with path.open("w", encoding="utf-8") as stream:
        listener = JsonLines(stream)
        for event in ran.events:
            listener.pytest_graphcontract_event(event)
    return read_operations_report(str(path))


def update(ran: Ran, folder: Path, *rows: object) -> list[dict[str, object]]:
    ids = list_current_ids(load_conventions().clauses)
    path = folder / "known.json"
    path.write_text(json.dumps({"known_failures": rows}), encoding="utf-8")
    text = format_updated(load(path, ids, drafts=True), read_run(ran, folder), ids)
    path.write_text(text, encoding="utf-8")
    load(path, ids, drafts=True)
    listed: list[dict[str, object]] = json.loads(text)["known_failures"]
    return listed


def row(*operations: str, reason: str = "waits") -> dict[str, object]:
    named = {"operations": list(operations)} if operations else {}
    return {"clause": "request.method", "evidence": [found()], **named, "reason": reason}


def test_update_names_the_operations_and_keeps_patterns(tmp_path: Path) -> None:
    ran = run(PutForDelete())
    (new,) = update(ran, tmp_path)
    assert new["operations"] == sorted(DELETIONS)
    assert update(ran, tmp_path, row("DELETE *")) == [row("DELETE *")]
    assert update(ran, tmp_path, row()) == [row()]
    kept, added = update(ran, tmp_path, row(MESSAGE))
    assert kept == row(MESSAGE)
    assert added["operations"] == sorted(id for id in DELETIONS if id != MESSAGE)


def test_update_drops_what_is_fixed_and_keeps_what_did_not_run(tmp_path: Path) -> None:
    assert update(run(AnyOperation()), tmp_path, row("DELETE *")) == []
    assert update(run(PutForOne()), tmp_path, row(*DELETIONS)) == [row(MESSAGE)]
    only_posts = run(AnyOperation(), patterns=("POST *",))
    assert update(only_posts, tmp_path, row("DELETE *")) == [row("DELETE *")]


def test_an_updated_list_is_accepted(tmp_path: Path) -> None:
    ran = run(PutForDelete())
    (new,) = update(ran, tmp_path)
    operations = new["operations"]
    assert isinstance(operations, list)
    assert run(PutForDelete(), entry(*operations)).status == 0


class Lacks(AnyOperation):
    """Has no deletions."""

    def cancel(self, call: Call) -> Outcome:
        if call.method == "DELETE":
            return Outcome.unsupported("no such method")
        return super().cancel(call)


def test_an_operation_that_is_newly_unsupported_fails_the_run() -> None:
    baseline = Baseline(frozenset([MESSAGE, "not-in-this-run", "print-printers-id-x"]))
    ran = run_many(Lacks().cancel, profile="quick", lists=Lists(baseline=baseline))
    assert ran.status == 1
    (failing,) = (each for each in ran.operations.values() if each["fails_run"])
    assert (failing["operation"], failing["reason"]) == (MESSAGE, "no such method")
    assert failing["newly_unsupported"]
    assert footer(ran)["baseline"] == {"listed": 1, "lost": 1, "gained": 32}
    assert [problem for event in ran.events for problem in problems(event)] == []


def test_an_operation_that_never_was_supported_does_not_fail_the_run() -> None:
    baseline = Baseline(frozenset(["teams-id-archive-beta"]))
    assert run_many(Lacks().cancel, profile="quick", lists=Lists(baseline=baseline)).status == 0


def test_a_baseline_follows_a_report_and_keeps_what_it_leaves_open(tmp_path: Path) -> None:
    listed = Baseline(frozenset(["a", "b", "c", "d"]))
    text = format_baseline(
        listed, {"a": "not-supported", "b": "not-run", "d": "fail", "e": "pass", "f": "not-exercised"}
    )
    path = tmp_path / "base.json"
    path.write_text(text, encoding="utf-8")
    assert load_baseline(path).ids == {"b", "c", "d", "e"}


@pytest.mark.parametrize("text", ["", "[]", '{"supported_operations": [1]}', '{"supported_operations": "x"}'])
def test_a_baseline_that_is_not_valid_is_one_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "base.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ContractError, match=r"base\.json"):
        load_baseline(path)


def test_an_interrupted_run_shows_nothing_as_fixed() -> None:
    def interrupt(event: Event) -> None:
        if event["event"] == "operation" and event["verdict"] == "pass":
            raise KeyboardInterrupt

    known = KnownFindings([entry()], CLIENT, today=TODAY)
    ran = run_many(AnyOperation().cancel, profile="quick", lists=Lists(known), emit=interrupt)
    assert ran.status == 130
    assert "fixed" not in footer(ran)
