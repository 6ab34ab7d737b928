from __future__ import annotations

from typing import Any

import pytest

from graphcontract.clients import Implementation
from graphcontract.judging.run_recorder import ExitStatus
from graphcontract.judging.verdict import ClauseResult
from graphcontract.reporting.events import FailOn, VerdictKind
from tests.clauses import CONTRACT
from tests.reporting import events_of, verdicts
from tests.reporting import evidence as an_evidence

MUST, SHOULD = "request.method", "request.content-length"
RECORDED: dict[str, Any] = {"requests": [], "responses": [], "outcome": {"kind": "success"}, "duration": 0.1}


def part(clause: str, verdict: VerdictKind, exercised: int = 3, **members: object) -> ClauseResult:
    evidence = an_evidence() if verdict == "fail" else None
    reason = None if verdict in ("pass", "fail") else "for a reason"
    return ClauseResult(clause, verdict, exercised, evidence=evidence, reason=reason, **members)  # type: ignore[arg-type]


PASSED = part(MUST, "pass")


class TestExitStatus:
    @pytest.mark.parametrize(
        ("parts", "fail_on", "status"),
        [
            ([PASSED], "must", 0),
            ([part(MUST, "fail")], "must", 1),
            ([PASSED, part(SHOULD, "fail")], "must", 0),
            ([PASSED, part(SHOULD, "fail")], "should", 1),
            ([part(MUST, "not-run"), part(SHOULD, "pass")], "must", 1),
            ([PASSED, part(SHOULD, "not-run")], "should", 0),
            ([PASSED, part(SHOULD, "not-supported", 0)], "should", 0),
            ([part(MUST, "not-supported", 0), part(SHOULD, "pass")], "must", 0),
            ([part(MUST, "not-supported", 0)], "must", 5),
            ([part(MUST, "not-run", 0)], "must", 5),
            ([part(MUST, "not-exercised", 0), part(SHOULD, "pass")], "must", 1),
            ([PASSED, part(SHOULD, "not-exercised", 0)], "should", 0),
            ([part(MUST, "not-exercised", 0)], "must", 5),
            ([], "must", 5),
            ([part(MUST, "error")], "must", 6),
            ([part(MUST, "error", 0)], "must", 6),
            ([part(MUST, "fail"), part(SHOULD, "error")], "must", 6),
        ],
    )
    def test_of_a_run(self, parts: list[ClauseResult], fail_on: FailOn, status: int) -> None:
        footer = events_of(*parts, fail_on=fail_on, planned=(MUST, SHOULD) if parts else (MUST,))[-1]
        assert footer["exit_status"] == status
        assert "interrupted" not in footer

    @pytest.mark.parametrize("verdict", ["pass", "fail", "error"])
    def test_of_an_interrupted_run(self, verdict: VerdictKind) -> None:
        footer = events_of(part(MUST, verdict), interrupted=True)[-1]
        assert (footer["exit_status"], footer["interrupted"]) == (130, True)

    def test_numbers_stay(self) -> None:
        assert {each.name: int(each) for each in ExitStatus} == {
            "OK": 0,
            "VIOLATED": 1,
            "USAGE": 2,
            "UNREACHABLE": 3,
            "DRIFT": 4,
            "NOTHING_EXERCISED": 5,
            "HARNESS": 6,
            "INTERRUPTED": 130,
        }


class TestEvents:
    def test_order(self) -> None:
        parts = [part(MUST, "pass", recorded=(RECORDED, RECORDED)), part(SHOULD, "fail")]
        assert [event["event"] for event in events_of(*parts)] == [
            "header",
            "plan",
            "exchange",
            "exchange",
            "verdict",
            "progress",
            "verdict",
            "progress",
            "footer",
        ]

    def test_header_says_who_and_how(self) -> None:
        header = events_of(PASSED, client=Implementation("x", None, "go"))[0]
        assert header["implementation"] == {"name": "x", "language": "go"}
        assert header["contract"]["sha256"] == CONTRACT.sha256
        assert (header["profile"], header["seed"], header["fail_on"]) == ("gate", 0, "must")

    def test_plan_says_what_each_clause_rests_on(self) -> None:
        (row,) = events_of(PASSED)[1]["clauses"]
        assert (row["clause"], row["level"], row["group"]) == (MUST, "MUST", "Request")
        assert row["basis"] == ["documented", "standard"]

    def test_a_clause_has_its_verdict_when_its_last_part_is_in(self) -> None:
        events = events_of(PASSED, part(SHOULD, "pass"), PASSED, expect={MUST: 2, SHOULD: 1})
        order = [event["clause"] for event in events if event["event"] == "verdict"]
        assert order == [SHOULD, MUST]
        assert verdicts(events)[MUST]["exercised"] == 6

    def test_progress_counts_clauses(self) -> None:
        events = events_of(PASSED, PASSED, part(SHOULD, "pass"), expect={MUST: 2, SHOULD: 1})
        progress = [(event["done"], event["of"]) for event in events if event["event"] == "progress"]
        assert progress == [(0, 2), (1, 2), (2, 2)]

    def test_what_comes_late_or_is_not_planned_is_left_out(self) -> None:
        events = events_of(PASSED, part(MUST, "fail"), part(SHOULD, "fail"), planned=(MUST,))
        assert verdicts(events)[MUST]["verdict"] == "pass"

    def test_footer_counts(self) -> None:
        footer = events_of(
            part(MUST, "fail", exchanges=7),
            part("request.path", "not-run", 0, exchanges=1),
            part(SHOULD, "pass", exchanges=2),
        )[-1]
        assert footer["counts"] == {"fail": 1, "not-run": 1, "pass": 1}
        assert footer["must"] == {"judged": 1, "planned": 2}
        assert footer["exchanges"] == 10


class TestLeftOver:
    @pytest.mark.parametrize(
        ("parts", "expect", "interrupted", "verdict", "reason"),
        [
            ([], {}, False, "not-run", "no test of this run checks this clause"),
            ([], {MUST: 1}, False, "not-run", "the run ended before all tests of this clause had run"),
            ([PASSED], {MUST: 2}, False, "not-run", "the run ended before all tests of this clause had run"),
            ([PASSED], {MUST: 2}, True, "not-run", "the run was interrupted"),
            ([], {MUST: 1}, True, "not-run", "the run was interrupted"),
            ([part(MUST, "fail")], {MUST: 2}, False, "fail", None),
            ([part(MUST, "fail")], {MUST: 2}, True, "fail", None),
        ],
    )
    def test_is_not_run(
        self,
        parts: list[ClauseResult],
        expect: dict[str, int],
        interrupted: bool,
        verdict: str,
        reason: str | None,
    ) -> None:
        events = events_of(*parts, planned=(MUST,), expect=expect, interrupted=interrupted)
        found = verdicts(events)[MUST]
        assert (found["verdict"], found.get("reason")) == (verdict, reason)
