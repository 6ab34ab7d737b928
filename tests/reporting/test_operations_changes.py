"""What changed between two runs over many operations: every difference is in one entry."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from graphcontract.errors import UserError
from graphcontract.judging.verdict import ClauseResult
from graphcontract.reporting.changes import Change
from graphcontract.reporting.comparison import compare_operations
from graphcontract.reporting.comparison_files import write_html, write_markdown
from graphcontract.reporting.operations_changes import OperationsChange, list_operation_changes
from graphcontract.reporting.operations_reader import OperationsReport, read_operations_report
from graphcontract.reporting.verdict_text import SUPPORTED
from tests.cli.running import Here
from tests.operations import AnyOperation
from tests.operations.many import run_many
from tests.reporting import broken, events_of, evidence

PASSED = ClauseResult("request.method", "pass", 3)
FAULTS = ("request.path-000000000001", "request.query-000000000002")
Operations = Mapping[str, tuple[str, list[str]]]
EMPTY: Operations = {}


def operation(id: str, verdict: str, findings: list[str] = [], **members: Any) -> Any:  # noqa: B006 - not kept
    found = {"findings": findings} if findings else {}
    return {
        "event": "operation",
        "operation": id,
        "request": f"beta POST /users/{id}",
        "verdict": verdict,
        "fails_run": verdict == "fail",
        "exchanges": 4,
        "duration": 0.1,
        **found,
        **members,
    }


def fault(id: str, shown: list[str]) -> Any:
    return {
        "event": "finding",
        "clause": id.rpartition("-")[0],
        "level": "MUST",
        "fails_run": True,
        "evidence": {**evidence(), "id": id, "text": f"What {id} is."},
        "operation": shown[0],
        "operations": len(shown),
        "examples": shown[:3],
    }


def report(
    operations: Operations = EMPTY, *, name: str = "a", path: str = "a.jsonl", once: Any = (), **header: Any
) -> OperationsReport:
    events: Any = events_of(*(once or [PASSED]))
    head: Any = {
        **events[0],
        "kind": "operations",
        "implementation": {"name": name, "version": "1"},
        **header,
    }
    shown = {
        id: [each for each, (_, findings) in operations.items() if id in findings]
        for id in dict.fromkeys(id for _, findings in operations.values() for id in findings)
    }
    return OperationsReport(
        path,
        head,
        {"event": "plan", "clauses": [], "operations": len(operations)},
        events[-1],
        [operation(id, verdict, findings) for id, (verdict, findings) in operations.items()],
        [fault(id, ids) for id, ids in shown.items()],
        [each for each in events if once and each["event"] == "verdict"],
    )


def changes(before: Operations, after: Operations) -> list[OperationsChange]:
    found = list_operation_changes(report(before), report(after))
    assert all(isinstance(each, OperationsChange) for each in found)
    return [each for each in found if isinstance(each, OperationsChange)]


def test_each_kind_of_change_is_one_entry() -> None:
    path, query = FAULTS
    before = {
        "breaks": ("pass", []),
        "breaks-too": ("pass", []),
        "heals": ("fail", [query]),
        "same": ("fail", [query]),
        "lost": ("pass", []),
        "lost-too": ("fail", [query]),
        "gone": ("pass", []),
        "comes": ("not-supported", []),
        "comes-broken": ("not-supported", []),
        "never": ("not-supported", []),
    }
    after = {
        "breaks": ("fail", [path]),
        "breaks-too": ("fail", [path]),
        "heals": ("pass", []),
        "same": ("fail", [query]),
        "lost": ("not-supported", []),
        "lost-too": ("not-supported", []),
        "comes": ("pass", []),
        "comes-broken": ("fail", [path]),
        "never": ("not-supported", []),
        "new": ("pass", []),
    }
    found = changes(before, after)
    assert [each.describe() for each in found] == [
        f"newly failing: request.path (MUST) in 2 operations: breaks, breaks-too: What {path} is.",
        f"failing, and not judged before: request.path (MUST) in 1 operation: comes-broken: What {path} is.",
        "not judged any more: in 2 operations: lost, lost-too: not supported",
        "not in the later run: in 1 operation: gone: 1 of them judged",
        f"fixed: request.query (MUST) in 1 operation: heals: What {query} is.",
        "judged now: in 2 operations: comes, comes-broken",
        "only in the later run: in 1 operation: new: 1 of them judged",
    ]
    assert [each.is_worse for each in found] == [True, True, True, True, False, False, False]
    assert changes(before, before) == []


VERDICTS = ("pass", "fail", "known-failure", "not-supported", "not-run", "not-exercised", "error")
RUNS = st.dictionaries(
    st.sampled_from([f"operation-{number}" for number in range(6)]),
    st.tuples(st.sampled_from(VERDICTS), st.lists(st.sampled_from(FAULTS), unique=True)).map(
        lambda each: each if each[0] in ("fail", "known-failure") else (each[0], [])
    ),
)


@given(RUNS, RUNS)
def test_every_difference_is_in_one_entry(before: Operations, after: Operations) -> None:
    found = changes(before, after)

    def pairs(*kinds: str) -> list[tuple[str, str]]:
        return [
            (id, each) for row in found if row.kind in kinds for id in row.evidence for each in row.operations
        ]

    def named(kind: str) -> list[str]:
        return [each for row in found if row.kind == kind for each in row.operations]

    def shown(run: Operations) -> set[tuple[str, str]]:
        return {(id, each) for each, (_, findings) in run.items() for id in findings}

    def judged(run: Operations) -> set[str]:
        return {each for each, (verdict, _) in run.items() if verdict in SUPPORTED}

    came, went = shown(after) - shown(before), shown(before) - shown(after)
    assert sorted(pairs("newly failing", "failing, and not judged before")) == sorted(came)
    assert sorted(pairs("newly failing")) == sorted(each for each in came if each[1] in judged(before))
    assert sorted(pairs("fixed")) == sorted(each for each in went if each[1] in judged(after))
    assert sorted(named("not judged any more")) == sorted((judged(before) - judged(after)) & set(after))
    assert sorted(named("judged now")) == sorted((judged(after) - judged(before)) & set(before))
    assert sorted(named("not in the later run")) == sorted(set(before) - set(after))
    assert sorted(named("only in the later run")) == sorted(set(after) - set(before))
    worse = [each.is_worse for each in found]
    assert worse == sorted(worse, reverse=True)


def test_thousands_of_operations_stay_readable() -> None:
    ids = [f"an-operation-of-a-service-with-a-long-name-number-{number}" for number in range(4_000)]
    before = report({id: ("pass", []) for id in ids})
    after = report(
        {id: ("fail", list(FAULTS)) if index % 2 else ("not-supported", []) for index, id in enumerate(ids)}
    )
    made = compare_operations([before, after])
    assert [len(each.operations) for each in made.changes if isinstance(each, OperationsChange)] == [2000] * 3
    markdown = "".join(write_markdown(made))
    assert "in 2,000 operations: an" in markdown
    assert len(markdown) < 4_000
    page = "".join(write_html(made))
    assert len(page) < 250_000
    parsed: Any = html.fromstring(page)
    (first, *_) = parsed.xpath("//section[@aria-labelledby='changes']//details")
    assert len(first.xpath(".//code")) == 200
    assert "and 1800 more" in first.text_content()


def test_reasons_fold() -> None:
    before = report({str(number): ("pass", []) for number in range(30)})
    after = report({str(number): ("not-supported", []) for number in range(30)})
    for number, each in enumerate(after.operations):
        each["reason"] = f"no builder \x1b for /{number // 15}"
    (found,) = list_operation_changes(before, after)
    assert isinstance(found, OperationsChange)
    assert found.text == r"not supported, for example: no builder \x1b for /0"


def test_what_is_checked_once_is_compared_too() -> None:
    run: Operations = {"a": ("pass", [])}
    old = report(run, once=(broken("retry.bounded"), broken("retry.bounded")))
    new = report(run, once=(broken("retry.after"),))
    found = list_operation_changes(old, new)
    assert all(isinstance(each, Change) for each in found)
    assert [(each.kind, each.clause) for each in found] == [
        ("newly failing", "retry.after"),
        ("stopped running", "retry.bounded"),
        ("started running", "retry.after"),
    ]


def test_only_the_newest_two_runs_of_one_implementation_are_compared() -> None:
    run: Operations = {"a": ("pass", [])}
    other = {"a": ("fail", [FAULTS[0]])}
    assert [each.kind for each in compare_operations([report(run), report(run), report(other)]).changes] == [
        "newly failing"
    ]
    made = compare_operations([report(run), report(other, name="another")])
    assert (made.changed, list(made.changes)) == (None, [])


@pytest.mark.parametrize(
    ("header", "note"),
    [
        ({"profile": "quick"}, "profile: gate, then quick."),
        ({"transport": "proxy"}, "transport: loopback, then proxy."),
        ({"options": {"operations": ["POST *"]}}, "--operations: none, then POST *."),
        ({"options": {"select": ["request.*", "error.*"]}}, "--select: none, then request.*, error.*."),
    ],
)
def test_other_settings_are_noted(header: Any, note: str) -> None:
    before, after = report({"a": ("pass", [])}), report({"a": ("pass", [])}, **header)
    made = compare_operations([before, after])
    assert list(made.notes) == [f"The runs differ in {note}"]
    assert made.notes[0] in "".join(write_html(made))
    assert "The runs differ in" in "".join(write_markdown(made))
    assert list(compare_operations([before, before]).notes) == []


def test_sets_of_different_sources_are_compared_if_they_overlap() -> None:
    folder = {"id": "mine", "sha256": "0" * 64}
    before = report({"a": ("pass", []), "b": ("pass", [])})
    after = report({"b": ("pass", []), "c": ("pass", [])}, contract=folder)
    made = compare_operations([before, after])
    assert made.title == f"{before.header['contract']['id']} and mine"
    assert [each.kind for each in made.changes] == ["not in the later run", "only in the later run"]
    apart = report({"x": ("pass", [])}, contract=folder, path="x.jsonl")
    with pytest.raises(UserError, match=r"x\.jsonl cannot be compared with a\.jsonl"):
        compare_operations([before, apart])


@pytest.mark.parametrize("part", [None, (2, 2), (1, 3)])
def test_parts_of_a_run_do_not_belong_together(part: tuple[int, int] | None) -> None:
    def make(path: str, part: tuple[int, int] | None) -> OperationsReport:
        shard: Any = {"shard": {"index": part[0], "of": part[1], "operations": 2}} if part else {}
        return report({"a": ("pass", [])}, path=path, **shard)

    first, other = make("a.jsonl", (1, 2)), make("b.jsonl", part)
    with pytest.raises(UserError, match=r"b\.jsonl cannot be compared with a\.jsonl: .* of shard 1 of 2"):
        compare_operations([first, other])
    assert list(compare_operations([first, first]).changes) == []


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Here:
    """An empty folder, in which commands run."""
    return Here(monkeypatch, capsys, tmp_path)


def test_the_command(here: Here) -> None:
    class Putting(AnyOperation):
        def method(self, call: Any) -> str:
            return "PUT" if call.path.endswith("/softDelete") else super().method(call)

    for name, client in (("old", AnyOperation()), ("new", Putting())):
        events = run_many(client.cancel, profile="quick").events
        text = "".join(json.dumps(each) + "\n" for each in events)
        (here.folder / f"{name}.jsonl").write_text(text)
        assert read_operations_report(str(here.folder / f"{name}.jsonl")).planned == 40
    ended = here("report", "compare", "old.jsonl", "new.jsonl")
    assert ended.status == 0
    (line,) = [each for each in ended.out.splitlines() if each.startswith("- ")]
    assert line.startswith("- newly failing: request.method (MUST) in 1 operation: ")
    assert here("report", "compare", "old.jsonl", "new.jsonl", "-o", "page.html").status == 0
    page: Any = html.fromstring((here.folder / "page.html").read_text())
    (entry,) = page.xpath("//section[@aria-labelledby='changes']/ul/li")
    assert entry.text_content().split()[:2] == ["newly", "failing"]
    assert "softdelete" in entry.xpath(".//details")[0].text_content()


def test_hostile_names_are_text(tmp_path: Path) -> None:
    name = "<script>alert(1)</script>|`\x1b"
    before, after = report({"a": ("pass", [])}), report({"a": ("pass", []), name: ("pass", [])})
    after.operations[1]["request"] = f"beta POST /{name}"
    made = compare_operations([before, after])
    page = "".join(write_html(made))
    assert "<script>alert" not in page
    assert "\x1b" not in page + "".join(write_markdown(made))
    assert "<script>" not in "".join(write_markdown(made))
