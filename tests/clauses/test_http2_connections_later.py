"""What follows on a connection over HTTP/2 that got GOAWAY, and after one that was lost under calls."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphcontract.exchange import Exchange, Outcome
from graphcontract.wire import WireResponse
from tests.clauses import CRASH, HANG, SUCCESS, findings, judges, kinds, response
from tests.clauses.http2_calls import (
    FAILED,
    REJECTED,
    TEXTS,
    UNSUCCESSFUL,
    event,
    over_http1,
    over_http2,
    sent,
    telemetry,
)

LATER = "http2.goaway-later"
LOST = "http2.connection-lost"

LEFT = event("goaway-after", 204)
LEFT_IN_WAIT = event("goaway-after", 503)


def step(
    at: float, *answers: WireResponse | None, connections: tuple[int, ...] = (), outcome: Outcome = SUCCESS
) -> Exchange:
    """A call whose requests came from this time on, 0.1 s apart, each with a stream that tells when."""
    used = connections or tuple(range(10 + round(at), 10 + round(at) + len(answers)))
    requests = [
        sent(round(10 * at) + 2 * number + 1, connection=each, at=at + number / 10)
        for number, each in enumerate(used)
    ]
    return over_http2(*answers, requests=requests, outcome=outcome)


FIRST = step(1.0, LEFT, connections=(5,))
NEXT = step(2.0, response(204))
RETRIED = step(1.0, LEFT_IN_WAIT, response(204))
UNREADABLE = over_http2(None, requests=[sent(malformed="no :path")])


class TestConnectionAfterGoaway:
    @pytest.mark.parametrize(
        "later",
        [
            pytest.param([(6,)], id="another connection"),
            pytest.param([(4,)], id="an older connection"),
            pytest.param([(6,), (7,), (6,)], id="other connections"),
            pytest.param([(5,)], id="one request on the same"),
            pytest.param([(5, 6)], id="one request on the same and a retry"),
            pytest.param([(6,), (5,), (4,)], id="one request on the same in between"),
        ],
    )
    def test_at_most_one_request_on_the_same(self, later: list[tuple[int, ...]]) -> None:
        calls = [
            step(2.0 + number, *[response(503)] * (len(each) - 1), response(204), connections=each)
            for number, each in enumerate(later)
        ]
        assert kinds(LATER, FIRST, *calls) == []

    @pytest.mark.parametrize(
        ("later", "shown", "stream"),
        [
            pytest.param([(5,), (5,)], 1, 31, id="two calls"),
            pytest.param([(5,), (5,), (5,)], 1, 31, id="three calls"),
            pytest.param([(5, 5)], 0, 23, id="a call and its retry"),
            pytest.param([(5,), (6,), (4, 5)], 2, 43, id="with others in between"),
        ],
    )
    def test_a_second_request_on_the_same(
        self, later: list[tuple[int, ...]], shown: int, stream: int
    ) -> None:
        calls = [
            step(2.0 + number, *[response(503)] * (len(each) - 1), response(204), connections=each)
            for number, each in enumerate(later)
        ]
        (found,) = findings(LATER, FIRST, *calls)
        assert (found.kind, found.input, found.expected) == ("same-connection", "", "another connection")
        assert found.actual == f"a second request after GOAWAY, on stream {stream} of the same connection"
        assert found.exchange is calls[shown]
        assert found.at is calls[shown].requests[-1]

    def test_two_retries_on_the_same(self) -> None:
        answers = (LEFT_IN_WAIT, response(503), response(204))
        (found,) = findings(LATER, step(1.0, *answers, connections=(5, 5, 5)))
        assert (found.kind, found.expected) == ("same-connection", "another connection")
        assert kinds(LATER, step(1.0, *answers, connections=(5, 5, 6))) == []
        assert kinds(LATER, step(1.0, *answers, connections=(5, 6, 5))) == []

    def test_requests_before_goaway_are_accepted(self) -> None:
        used = step(0.0, response(204), connections=(5,))
        first = step(1.0, response(503), LEFT, connections=(5, 5))
        last = step(2.0, response(204), connections=(5,))
        assert kinds(LATER, used, used, first, last) == []
        assert kinds(LATER, used, used, first, last, step(3.0, response(204), connections=(5,))) == [
            "same-connection"
        ]

    def test_other_traffic_on_the_same(self) -> None:
        requests = [
            sent(connection=6, at=2.0),
            telemetry(connection=5, at=2.1),
            telemetry(connection=5, at=2.2),
        ]
        last = over_http2(response(204), requests=requests)
        (found,) = findings(LATER, FIRST, last)
        assert (found.kind, found.at) == ("same-connection", last.requests[2])

    def test_the_outcome_is_reported_too(self) -> None:
        calls = [step(2.0 + each, response(204), connections=(5,), outcome=CRASH) for each in (0, 1)]
        assert kinds(LATER, FIRST, *calls) == ["same-connection", "crash"]


class TestOutcomesAfterGoaway:
    @pytest.mark.parametrize("outcome", [CRASH, HANG], ids=lambda each: each.kind)
    @pytest.mark.parametrize(
        ("calls", "at", "what"),
        [
            pytest.param([RETRIED], 0, "a retry after GOAWAY", id="retry"),
            pytest.param([FIRST, NEXT], 1, "a later call", id="later call"),
            pytest.param([FIRST, NEXT, NEXT], 2, "a later call", id="last call"),
            pytest.param([NEXT, FIRST, NEXT, NEXT], 2, "a later call", id="later call after one before"),
            pytest.param([NEXT, RETRIED], 1, "a retry after GOAWAY", id="retry after a call"),
        ],
    )
    def test_no_outcome(self, outcome: Outcome, calls: list[Exchange], at: int, what: str) -> None:
        steps = [replace(each, outcome=outcome) if n == at else each for n, each in enumerate(calls)]
        (found,) = findings(LATER, *steps)
        assert (found.kind, found.input) == (outcome.kind, "")
        assert (found.expected, found.actual) == (f"an outcome of {what}", TEXTS[outcome.kind])
        assert found.exchange is steps[at]

    @pytest.mark.parametrize("answer", [response(503), None], ids=["error", "no response"])
    def test_success_without_a_successful_response(self, answer: WireResponse | None) -> None:
        retried, later = step(1.0, LEFT_IN_WAIT, answer), step(2.0, answer)
        for calls, at in (([retried], 0), ([FIRST, later], 1), ([FIRST, NEXT, later, NEXT], 2)):
            (found,) = findings(LATER, *calls)
            assert (found.kind, found.input) == ("success", "")
            expected = "failure without a successful response"
            assert (found.expected, found.actual) == (expected, TEXTS["success"])
            assert found.exchange is calls[at]

    @pytest.mark.parametrize("outcome", [FAILED, REJECTED], ids=lambda each: each.kind)
    def test_a_successful_retry_is_not_reported(self, outcome: Outcome) -> None:
        calls = [replace(RETRIED, outcome=outcome), NEXT]
        for each in (calls, calls[:1]):
            (found,) = findings(LATER, *each)
            assert (found.kind, found.input) == ("lost", "")
            assert found.expected == "success, for the successful response to a retry after GOAWAY"
            assert found.actual == TEXTS[outcome.kind]
            assert found.exchange is calls[0]

    def test_a_call_without_a_retry_is_not_called_one(self) -> None:
        (lost,) = findings(LATER, replace(FIRST, outcome=FAILED), NEXT)
        assert (lost.kind, lost.expected) == (
            "lost",
            "success, for the successful response to the call that got GOAWAY",
        )
        (crash,) = findings(LATER, replace(FIRST, outcome=CRASH), NEXT)
        assert crash.expected == "an outcome of the call that got GOAWAY"

    @pytest.mark.parametrize("outcome", [FAILED, REJECTED], ids=lambda each: each.kind)
    def test_failure_of_the_retry_or_of_the_next_call_is_accepted(self, outcome: Outcome) -> None:
        failed = step(1.0, LEFT_IN_WAIT, response(503), outcome=outcome)
        following = step(2.0, None, outcome=outcome)
        assert kinds(LATER, failed) == []
        assert kinds(LATER, FIRST, following) == []
        assert kinds(LATER, failed, following, NEXT) == []
        assert kinds(LATER, NEXT, failed, following) == []

    @pytest.mark.parametrize(
        "answer", [response(503), response(204), None], ids=["503", "204", "no response"]
    )
    @pytest.mark.parametrize("outcome", [FAILED, REJECTED], ids=lambda each: each.kind)
    @pytest.mark.parametrize("at", [2, 3])
    def test_calls_after_the_next_one_work(
        self, answer: WireResponse | None, outcome: Outcome, at: int
    ) -> None:
        failed = step(4.0, answer, outcome=outcome)
        calls = [FIRST, *[NEXT] * (at - 1), failed]
        (found,) = findings(LATER, *calls)
        assert (found.kind, found.input) == ("unusable", "")
        assert found.expected == f"success of call {at + 1}, the first of which got GOAWAY"
        assert (found.actual, found.exchange) == (TEXTS[outcome.kind], failed)

    def test_only_the_first_call_is_reported(self) -> None:
        following = step(2.0, None, outcome=FAILED)
        crashed, hung = step(3.0, None, outcome=CRASH), step(4.0, None, outcome=HANG)
        found = findings(LATER, FIRST, following, crashed, hung)
        assert [(each.kind, each.exchange) for each in found] == [("crash", crashed)]

    def test_calls_before_goaway_have_clauses_of_their_own(self) -> None:
        crashed = step(0.0, None, outcome=CRASH)
        assert kinds(LATER, crashed, FIRST, NEXT) == []
        assert kinds(LATER, FIRST, NEXT, control=crashed) == []
        assert kinds(LATER, NEXT, crashed, control=FIRST) == ["crash"]


class TestGoesOn:
    @pytest.mark.parametrize(
        ("calls", "judged"),
        [
            pytest.param([FIRST], False, id="nothing follows"),
            pytest.param([NEXT, FIRST], False, id="a call before"),
            pytest.param([step(1.0, response(503), LEFT)], False, id="a retry before"),
            pytest.param([RETRIED], True, id="a retry"),
            pytest.param([step(1.0, response(503), LEFT_IN_WAIT, None)], True, id="a retry after one"),
            pytest.param([step(1.0, LEFT_IN_WAIT, response(503), response(204))], True, id="two retries"),
            pytest.param([NEXT, RETRIED], True, id="a retry after a call"),
            pytest.param([FIRST, NEXT], True, id="a call"),
            pytest.param([NEXT, FIRST, NEXT], True, id="a call after two"),
            pytest.param([FIRST, over_http2(outcome=FAILED)], True, id="a call without a request"),
            pytest.param([NEXT, NEXT], False, id="no GOAWAY"),
            pytest.param([over_http2(event("goaway-before", 204)), NEXT], False, id="GOAWAY before"),
            pytest.param([over_http1(FIRST), NEXT], False, id="over HTTP/1.1"),
        ],
    )
    def test_is_judged_where_a_request_follows(self, calls: list[Exchange], judged: bool) -> None:
        assert judges(LATER, *calls) == judged

    def test_other_traffic_does_not_follow(self) -> None:
        assert not judges(LATER, over_http2(LEFT, requests=[sent(), telemetry()]))

    def test_is_not_judged_where_a_request_of_any_call_could_not_be_read(self) -> None:
        assert not judges(LATER, FIRST, UNREADABLE)
        assert not judges(LATER, UNREADABLE, FIRST, NEXT)
        assert not judges(LATER, FIRST, NEXT, control=UNREADABLE)

    def test_the_control_is_a_call_before(self) -> None:
        assert judges(LATER, NEXT, control=FIRST)
        assert not judges(LATER, FIRST, control=NEXT)


def lost(*answers: WireResponse | None, outcome: Outcome = FAILED) -> Exchange:
    return over_http2(event("reset"), *answers, outcome=outcome)


class TestConnectionLost:
    @pytest.mark.parametrize("outcome", [SUCCESS, CRASH, HANG], ids=lambda each: each.kind)
    @pytest.mark.parametrize(("count", "at"), [(2, 0), (2, 1), (3, 1)])
    def test_each_call_ends(self, outcome: Outcome, count: int, at: int) -> None:
        calls = [lost(outcome=outcome if number == at else FAILED) for number in range(count)]
        (found,) = findings(LOST, *calls, NEXT)
        assert (found.kind, found.input) == (outcome.kind, "several calls")
        assert found.expected == f"failure after the loss of a connection under {count} calls"
        assert (found.actual, found.exchange) == (TEXTS[outcome.kind], calls[at])

    @pytest.mark.parametrize("outcome", [FAILED, REJECTED], ids=lambda each: each.kind)
    def test_failure_of_each_call(self, outcome: Outcome) -> None:
        assert kinds(LOST, lost(outcome=outcome), lost(outcome=outcome), NEXT) == []

    def test_success_of_a_repeated_request(self) -> None:
        repeated = lost(response(204), outcome=SUCCESS)
        assert kinds(LOST, repeated, repeated, NEXT) == []
        (found,) = findings(LOST, repeated, lost(response(503), outcome=SUCCESS), repeated, NEXT)
        assert (found.kind, found.expected) == (
            "success",
            "failure after the loss of a connection under 3 calls",
        )

    def test_only_the_first_is_reported(self) -> None:
        calls = [lost(), lost(outcome=HANG), lost(outcome=CRASH), replace(NEXT, outcome=CRASH)]
        (found,) = findings(LOST, *calls)
        assert (found.kind, found.exchange) == ("hang", calls[1])

    def test_calls_on_other_connections_have_clauses_of_their_own(self) -> None:
        other = step(1.0, response(503), outcome=CRASH)
        assert kinds(LOST, lost(), other, lost(), NEXT) == []
        calls = [lost(), other, lost(outcome=SUCCESS), NEXT]
        (found,) = findings(LOST, *calls)
        assert found.expected == "failure after the loss of a connection under 2 calls"

    @pytest.mark.parametrize("outcome", UNSUCCESSFUL, ids=lambda each: each.kind)
    def test_the_next_call_works(self, outcome: Outcome) -> None:
        (found,) = findings(LOST, lost(), lost(), replace(NEXT, outcome=outcome))
        assert (found.kind, found.input) == ("unusable", "next call")
        assert found.expected == "success of the call after a lost connection"
        assert (found.actual, found.exchange) == (TEXTS[outcome.kind], None)

    def test_the_next_call_may_follow_another(self) -> None:
        between = step(1.0, None, outcome=FAILED)
        assert kinds(LOST, lost(), lost(), between, NEXT) == []

    @pytest.mark.parametrize(
        ("calls", "judged"),
        [
            pytest.param([NEXT], False, id="none"),
            pytest.param([lost(), NEXT], False, id="one"),
            pytest.param([lost(), lost(), NEXT], True, id="two"),
            pytest.param([lost(), NEXT, lost(), lost(), NEXT], True, id="three"),
            pytest.param([lost(), lost()], False, id="the last one"),
            pytest.param([NEXT, NEXT, NEXT], False, id="no loss"),
            pytest.param([over_http1(lost()), over_http1(lost()), NEXT], False, id="over HTTP/1.1"),
            pytest.param([lost(), over_http2(event("reset-stream")), NEXT], False, id="another event"),
        ],
    )
    def test_is_judged_after_several_calls(self, calls: list[Exchange], judged: bool) -> None:
        assert judges(LOST, *calls) == judged

    def test_is_not_judged_where_a_request_of_any_call_could_not_be_read(self) -> None:
        assert not judges(LOST, lost(), lost(), UNREADABLE)
        assert not judges(LOST, lost(), UNREADABLE, lost(), NEXT)
        assert not judges(LOST, lost(), lost(), NEXT, control=UNREADABLE)

    def test_the_control_is_not_one_of_them(self) -> None:
        assert not judges(LOST, lost(), NEXT, control=lost())
