"""Responses that are slow or late, and calls after a pause."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphcontract.exchange import Exchange, Outcome
from graphcontract.wire import SILENT_FAULTS, Fault, Split, WireResponse
from tests.clauses import (
    CONTROL,
    CRASH,
    FAILED_CONTROL,
    HANG,
    SUCCESS,
    error_answer,
    exchange,
    failure,
    fault,
    findings,
    judges,
    kinds,
    request,
    response,
)

SLOW = response(204, split="at-start", pause=1.0)
SLOW_ERROR = replace(error_answer(409), split="after-head", pause=0.1)
TIMED_OUT = Outcome.failure(kind="timeout")


class TestSlow:
    @pytest.mark.parametrize(
        ("answer", "outcome", "found"),
        [
            (SLOW, SUCCESS, []),
            (SLOW, TIMED_OUT, ["failure"]),
            (SLOW, CRASH, ["crash"]),
            (SLOW, HANG, ["hang"]),
            (SLOW_ERROR, failure(), []),
            (SLOW_ERROR, SUCCESS, ["success"]),
            (SLOW_ERROR, failure(None, code=None, message=None), ["other-error"]),
            (SLOW_ERROR, failure(message=None), ["other-error"]),
            (SLOW_ERROR, failure(400), ["other-status"]),
        ],
    )
    def test_is_reported_like_one_at_once(
        self, answer: WireResponse, outcome: Outcome, found: list[str]
    ) -> None:
        control = CONTROL if answer is SLOW else FAILED_CONTROL
        step = exchange(request(), answer=answer, outcome=outcome)
        assert kinds("response.slow", step, control=control) == found

    @pytest.mark.parametrize(
        ("split", "input"),
        [
            ("at-start", "pause"),
            ("after-interim", "pause"),
            ("after-head", "content"),
            ("in-content", "content"),
            ("each-byte", "bytes"),
            ("in-status", "head"),
            ("in-line-end", "head"),
        ],
    )
    def test_class_of_input(self, split: Split, input: str) -> None:
        step = exchange(request(), answer=replace(SLOW, split=split), outcome=TIMED_OUT)
        assert fault("response.slow", step, control=CONTROL) == ("failure", input)

    def test_a_redirect_counts_though_the_client_did_not_get_further(self) -> None:
        moved = response(307, split="after-head", pause=0.3, fields=(("Location", "?step=1"),))
        given_up = exchange(request(), answer=moved, outcome=TIMED_OUT)
        assert kinds("response.slow", given_up, control=CONTROL) == ["failure"]
        not_followed = exchange(request(), answer=replace(moved, split=None), outcome=failure(307))
        assert kinds("response.slow", given_up, control=not_followed) == []

    def test_needs_a_pause_and_a_control_that_was_reported_correctly(self) -> None:
        step = exchange(request(), answer=SLOW, outcome=TIMED_OUT)
        assert not judges("response.slow", step)
        assert not judges("response.slow", step, control=replace(CONTROL, outcome=CRASH))
        assert not judges("response.slow", exchange(request(), outcome=TIMED_OUT), control=CONTROL)


def late(outcome: Outcome = TIMED_OUT, by: Fault = "late") -> Exchange:
    return replace(exchange(request(), answer=response(204, fault=by), outcome=outcome), fault=by)


class TestLate:
    @pytest.mark.parametrize("by", ["late", "late-between"])
    @pytest.mark.parametrize(
        ("outcome", "found"),
        [
            (failure(), []),
            (SUCCESS, ["misread"]),
            (failure(400), ["misread"]),
            (failure(code="other"), ["misread"]),
            (CRASH, ["crash"]),
            (HANG, ["hang"]),
        ],
    )
    def test_does_not_become_the_response_of_the_next_call(
        self, by: Fault, outcome: Outcome, found: list[str]
    ) -> None:
        following = exchange(request(), answer=error_answer(409), outcome=outcome)
        assert kinds("calls.late-response", late(by=by), following, control=FAILED_CONTROL) == found

    def test_the_next_call_sends_its_request(self) -> None:
        following = exchange(outcome=TIMED_OUT)
        assert fault("calls.late-response", late(), following, control=CONTROL) == ("lost", "late")

    @pytest.mark.parametrize("outcome", [SUCCESS, CRASH, HANG])
    def test_only_after_a_call_that_ended_in_failure(self, outcome: Outcome) -> None:
        assert not judges("calls.late-response", late(outcome), CONTROL, control=CONTROL)

    def test_only_after_a_late_response_and_with_a_control(self) -> None:
        assert not judges("calls.late-response", late(by="stalled"), CONTROL, control=CONTROL)
        assert not judges("calls.late-response", late(), CONTROL)
        assert not judges("calls.late-response", late(), CONTROL, control=replace(CONTROL, outcome=CRASH))
        assert not judges("calls.late-response", CONTROL, control=CONTROL)


class TestIdle:
    @staticmethod
    def after(seconds: float, outcome: Outcome) -> Exchange:
        return replace(CONTROL, outcome=outcome, started=1.0 + seconds)

    @pytest.mark.parametrize(
        ("by", "seconds"), [("closed-between", 0.1), ("reset-between", 0.1), (None, 3.1)]
    )
    @pytest.mark.parametrize(
        ("outcome", "found"),
        [(SUCCESS, []), (TIMED_OUT, ["failure"]), (CRASH, ["crash"]), (HANG, ["hang"])],
    )
    def test_the_call_after_a_pause_works(
        self, by: Fault | None, seconds: float, outcome: Outcome, found: list[str]
    ) -> None:
        before = replace(CONTROL, fault=by, ended=1.0)
        assert kinds("transport.idle", before, self.after(seconds, outcome)) == found
        if found:
            input = fault("transport.idle", before, self.after(seconds, outcome))[1]
            assert input == (by or "pause")

    @pytest.mark.parametrize(
        ("by", "became"), [(None, "became idle"), ("closed-between", "closed"), ("reset-between", "reset")]
    )
    def test_a_report_names_the_pause_after_the_call_before(self, by: Fault | None, became: str) -> None:
        earlier, before = replace(CONTROL, ended=0.5, fault="stalled"), replace(CONTROL, ended=1.5, fault=by)
        (found,) = findings("transport.idle", earlier, before, self.after(4.1, CRASH))
        assert found.expected.startswith("success 3.6 s after the connection ")
        assert became in found.expected

    def test_the_call_before_decides(self) -> None:
        before = replace(CONTROL, ended=1.0)
        assert not judges("transport.idle", before, replace(before, ended=4.0), self.after(3.5, CRASH))
        assert not judges("transport.idle", before, self.after(3.0, CRASH))  # the timeout, and no more

    def test_not_after_a_short_pause_or_a_failure(self) -> None:
        before, following = replace(CONTROL, ended=1.0), self.after(2.9, CRASH)
        assert not judges("transport.idle", before, following)
        assert not judges("transport.idle", following)
        broken = replace(before, fault="closed-between", outcome=TIMED_OUT)
        assert not judges("transport.idle", broken, following)

    @pytest.mark.parametrize("by", ["closed-between", "reset-between"])
    def test_what_happens_between_calls_does_not_make_the_call_before_fail(self, by: Fault) -> None:
        before = replace(CONTROL, fault=by)
        assert kinds("transport.failure", before, CONTROL) == []
        assert not judges("transport.timeout", before)


@pytest.mark.parametrize("by", SILENT_FAULTS)
@pytest.mark.parametrize(("outcome", "found"), [(TIMED_OUT, []), (SUCCESS, ["success"]), (HANG, ["hang"])])
def test_a_timeout_ends_every_silence(by: Fault, outcome: Outcome, found: list[str]) -> None:
    answered = by in ("late", "late-between", "interim-only")
    answers = (response(0, fault=by),) if answered else ()
    step = replace(exchange(request(), outcome=outcome), fault=by, responses=answers)
    assert kinds("transport.timeout", step) == found
