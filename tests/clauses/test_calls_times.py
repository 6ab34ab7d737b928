"""What findings on cancelled and on blocked calls say, and the times on which they depend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from graphcontract.clauses import Finding
from graphcontract.exchange import Call, Exchange, Outcome
from graphcontract.wire import WireResponse
from tests.clauses import (
    CONTROL,
    CRASH,
    HANG,
    SUCCESS,
    TASK,
    call,
    exchange,
    failure,
    findings,
    judges,
    kinds,
    request,
    response,
)

CANCELLED = Outcome.failure(kind="cancelled")
UNSUPPORTED = Outcome.unsupported("not in this driver")
FIRST = exchange(request())
SECOND = exchange(request())


class TestCancellation:
    """The call before was cancelled two seconds after it began."""

    @staticmethod
    def cancelled(
        outcome: Outcome = CANCELLED,
        *answers: WireResponse,
        ended: float = 2.1,
        sent: Sequence[float] = (0.1,),
        at: float = 2.0,
    ) -> Exchange:
        requests = tuple(replace(request(), at=each) for each in sent)
        return Exchange(call(), requests, answers, outcome, 0.0, ended, cancelled=at)

    @pytest.mark.parametrize(
        ("outcome", "ended", "actual"),
        [
            pytest.param(CANCELLED, 3.0, None, id="in-time"),
            pytest.param(CANCELLED, 3.01, "an outcome after 1.0 s", id="barely-late"),
            pytest.param(CANCELLED, 4.5, "an outcome after 2.5 s", id="failure"),
            pytest.param(Outcome.rejected("late"), 4.5, "an outcome after 2.5 s", id="rejected"),
            pytest.param(HANG, 4.5, "no outcome", id="hang"),
            pytest.param(HANG, 2.5, "no outcome", id="hang-that-the-harness-ended"),
        ],
    )
    def test_late(self, outcome: Outcome, ended: float, actual: str | None) -> None:
        expected = "an outcome within 1 s of the cancellation"
        found = [Finding("late", expected, actual, "response")] if actual else []
        assert findings("calls.cancelled", self.cancelled(outcome, ended=ended), SECOND) == found

    def test_late_after_a_cancellation_when_the_clock_began(self) -> None:
        (found,) = findings("calls.cancelled", self.cancelled(ended=1.5, at=0.0, sent=(0.0,)), SECOND)
        assert (found.kind, found.actual) == ("late", "an outcome after 1.5 s")

    @pytest.mark.parametrize(
        ("outcome", "text"), [(CRASH, "crash: KeyError: 'x'"), (SUCCESS, "success with status 204")]
    )
    def test_an_outcome_that_is_not_a_failure(self, outcome: Outcome, text: str) -> None:
        assert findings("calls.cancelled", self.cancelled(outcome), SECOND) == [
            Finding(outcome.kind, "failure for a call that was cancelled", text, "response")
        ]

    @pytest.mark.parametrize(
        ("answer", "found"),
        [
            pytest.param(response(204), [], id="success"),
            pytest.param(response(204, fault="half-content"), ["success"], id="cut-off-success"),
            pytest.param(response(503), ["success"], id="error"),
        ],
    )
    def test_success_is_right_if_the_service_reported_it(
        self, answer: WireResponse, found: list[str]
    ) -> None:
        assert kinds("calls.cancelled", self.cancelled(SUCCESS, answer), SECOND) == found

    def test_what_a_driver_cannot_express_says_nothing(self) -> None:
        assert kinds("calls.cancelled", self.cancelled(UNSUPPORTED), SECOND) == []

    def test_a_crash_is_wrong_after_a_success_too(self) -> None:
        assert kinds("calls.cancelled", self.cancelled(CRASH, response(204)), SECOND) == ["crash"]

    @pytest.mark.parametrize(
        ("sent", "actual"),
        [
            pytest.param((0.1, 2.2), None, id="crossed-the-cancellation"),
            pytest.param((0.1, 2.25), "a request 0.2 s after it", id="barely-after"),
            pytest.param((0.1, 0.2, 2.9), "a request 0.9 s after it", id="third"),
            pytest.param((2.9,), None, id="the-only-one"),
        ],
    )
    def test_requests_after_the_cancellation(self, sent: Sequence[float], actual: str | None) -> None:
        step = self.cancelled(sent=sent)
        expected = "no request after the cancellation"
        found = [Finding("sent-after", expected, actual, "response", step.requests[-1])] if actual else []
        assert findings("calls.cancelled", step, SECOND) == found

    @pytest.mark.parametrize(
        ("answers", "during"),
        [
            pytest.param((), "response", id="no-response"),
            pytest.param((response(503),), "wait", id="before-the-retry"),
            pytest.param((response(503, fault="half-content"),), "response", id="in-the-response"),
            pytest.param(
                (response(503, fault="half-content"), response(503, request=1)),
                "response",
                id="first-cut-off",
            ),
            pytest.param((response(503), response(503, fault="half-content")), "wait", id="second-cut-off"),
        ],
    )
    def test_when_the_call_was_cancelled(self, answers: tuple[WireResponse, ...], during: str) -> None:
        step = self.cancelled(HANG, *answers, sent=(0.1, 2.9))
        found = findings("calls.cancelled", step, SECOND)
        assert [(each.kind, each.input) for each in found] == [("late", during), ("sent-after", during)]
        unusable = findings(
            "calls.cancelled", self.cancelled(CRASH, *answers), replace(SECOND, outcome=CRASH)
        )
        assert [(each.kind, each.input) for each in unusable] == [("crash", during), ("unusable", during)]

    @pytest.mark.parametrize(
        ("outcome", "text"),
        [
            pytest.param(failure(), "failure with status 409: In progress.", id="failure"),
            pytest.param(CRASH, "crash: KeyError: 'x'", id="crash"),
            pytest.param(HANG, "hang: no outcome within 4.5 s", id="hang"),
            pytest.param(Outcome.rejected("closed"), "rejected: closed", id="rejected"),
        ],
    )
    def test_the_next_call(self, outcome: Outcome, text: str) -> None:
        expected = "success in the call after the cancelled one"
        found = Finding("unusable", expected, text, "response")
        failed = replace(SECOND, outcome=outcome)
        assert findings("calls.cancelled", self.cancelled(), failed) == [found]
        assert findings("calls.cancelled", self.cancelled(), failed, control=CONTROL) == [found]

    @pytest.mark.parametrize("usual", [failure(), CRASH, UNSUPPORTED], ids=lambda outcome: str(outcome.kind))
    def test_the_next_call_of_a_client_that_never_succeeds(self, usual: Outcome) -> None:
        failed, control = replace(SECOND, outcome=failure()), replace(CONTROL, outcome=usual)
        assert kinds("calls.cancelled", self.cancelled(), failed, control=control) == []

    def test_the_next_call_after_a_late_end(self) -> None:
        failed = replace(SECOND, outcome=failure())
        assert kinds("calls.cancelled", self.cancelled(ended=4.5), failed) == ["late"]

    def test_the_call_just_before_counts(self) -> None:
        assert judges("calls.cancelled", FIRST, self.cancelled(), SECOND)
        assert not judges("calls.cancelled", self.cancelled(), FIRST, SECOND)
        assert kinds("calls.cancelled", self.cancelled(CRASH), self.cancelled(), SECOND) == []
        assert kinds("calls.cancelled", FIRST, self.cancelled(CRASH), SECOND) == ["crash"]


Times = Sequence[float]


def timed(sent: Times, answered: Times, ended: float, asked: Call | None = None) -> Exchange:
    """A call that began a tenth of a second before its first request."""
    requests = [replace(request(), at=at) for at in sent]
    answers = [replace(response(503), at=at, request=index) for index, at in enumerate(answered)]
    started = (sent[0] if sent else 10.0) - 0.1
    return Exchange(asked or call(), tuple(requests), tuple(answers), SUCCESS, started, ended)


class TestBlockedCalls:
    """A call waits from 10 s to 12 s before its retry."""

    WAITING = timed((9.9, 12.0), (10.0, 12.1), 12.2)

    def blocked(self, *others: Exchange, waiting: Exchange = WAITING) -> list[Exchange | None]:
        found = findings("calls.concurrent", waiting, *others)
        assert {each.kind for each in found} <= {"blocked"}
        return [each.exchange for each in found]

    def test_a_finding(self) -> None:
        other = timed((9.9,), (12.05,), 12.1)
        assert findings("calls.concurrent", other, self.WAITING) == [
            Finding(
                "blocked",
                "an outcome while another call waited 2.0 s before its retry",
                "an outcome after 2.3 s",
                exchange=other,
            )
        ]

    @pytest.mark.parametrize(
        ("sent", "ended", "found"),
        [
            pytest.param(10.5, 12.0, True, id="sent-in-the-first-quarter"),
            pytest.param(10.55, 12.0, False, id="sent-after-it"),
            pytest.param(9.9, 11.5, False, id="ended-before-the-last-quarter"),
            pytest.param(9.9, 11.55, True, id="ended-in-it"),
        ],
    )
    def test_the_first_and_the_last_quarter_of_the_wait(self, sent: float, ended: float, found: bool) -> None:
        other = timed((sent,), (ended,), ended)
        assert self.blocked(other) == ([other] if found else [])

    @pytest.mark.parametrize(
        ("wait", "found"),
        [
            pytest.param(0.9, False, id="short"),
            pytest.param(1.0, True, id="shortest"),
            pytest.param(1.5, True, id="long"),
            pytest.param(30.0, True, id="longest"),
        ],
    )
    def test_a_wait_of_at_least_a_second(self, wait: float, found: bool) -> None:
        waiting = timed((9.9, 10.0 + wait), (10.0, 10.1 + wait), 10.2 + wait)
        other = timed((9.9,), (10.1 + wait,), 10.1 + wait)
        assert self.blocked(other, waiting=waiting) == ([other] if found else [])

    @pytest.mark.parametrize("sent", [(9.9, 12.0, 12.3), (9.9, 12.0, 12.3, 12.4)], ids=["two", "three"])
    def test_a_call_with_further_retries(self, sent: Times) -> None:
        other = timed((9.9,), (12.1,), 12.1)
        (found,) = findings("calls.concurrent", timed(sent, (10.0, 12.1, 12.35), 12.5), other)
        assert found.expected == "an outcome while another call waited 2.0 s before its retry"

    def test_a_retry_after_no_response_is_not_a_wait(self) -> None:
        assert self.blocked(timed((9.9,), (12.1,), 12.1), waiting=timed((9.9, 12.0), (), 12.2)) == []

    @pytest.mark.parametrize(
        ("sent", "answered"),
        [
            pytest.param((), (), id="no-request"),
            pytest.param((9.9,), (), id="no-response"),
            pytest.param((9.9, 9.95), (10.0,), id="two-requests-one-response"),
            pytest.param((9.9, 9.95), (9.94, 12.1), id="retried"),
        ],
    )
    def test_other_calls_have_one_request_with_its_response(self, sent: Times, answered: Times) -> None:
        task = "a" if not sent else TASK
        other = replace(timed(sent, answered, 12.1, call(task)), outcome=Outcome.rejected("no"))
        found = findings("calls.concurrent", self.WAITING, other)
        assert "blocked" not in [each.kind for each in found]

    @pytest.mark.parametrize(
        ("ended", "found"),
        [
            pytest.param(9.95, True, id="before-the-wait"),
            pytest.param(10.0, False, id="when-it-began"),
            pytest.param(10.6, False, id="meanwhile"),
            pytest.param(12.1, True, id="afterwards"),
        ],
    )
    def test_no_call_is_blocked_if_one_ended_meanwhile(self, ended: float, found: bool) -> None:
        blocked, third = timed((9.9,), (12.1,), 12.1), timed((9.8,), (9.9,), ended)
        assert (blocked in self.blocked(blocked, third)) == found
        assert (blocked in self.blocked(third, blocked)) == found

    @pytest.mark.parametrize("order", [1, -1])
    def test_each_call_that_waits_is_compared(self, order: int) -> None:
        brief = timed((9.9, 10.2), (10.0, 10.3), 10.4)
        other = timed((9.9,), (12.1,), 12.1)
        assert self.blocked(*[brief, other, self.WAITING][::order], waiting=brief) == [other]
