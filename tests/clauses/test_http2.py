"""Refused streams and GOAWAY."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphcontract.clauses.retries import MAX_REQUESTS
from graphcontract.exchange import Exchange, Outcome
from graphcontract.wire import Fault, WireResponse
from tests.clauses import (
    CONTRACT,
    CRASH,
    HANG,
    SUCCESS,
    findings,
    judges,
    kinds,
    response,
)
from tests.clauses.http2_calls import (
    FAILED,
    REJECTED,
    TEXTS,
    event,
    over_http1,
    over_http2,
    sent,
    telemetry,
)

REFUSED_STREAM = "http2.refused-stream"
GOAWAY = "http2.goaway"
GOAWAY_RESPONSE = "http2.goaway-response"

REFUSED = event("refused-stream")
LAST = "GOAWAY last stream 1, NO_ERROR"
HIGHEST = "GOAWAY last stream 2147483647, NO_ERROR"
LEFT_OUT = event("goaway-below")
CASES = [
    pytest.param(REFUSED_STREAM, "refused-stream", "RST_STREAM with REFUSED_STREAM", id="refused stream"),
    pytest.param(GOAWAY, "goaway-below", "GOAWAY with a last stream below the request's", id="below"),
    pytest.param(
        GOAWAY,
        "goaway-lost",
        "GOAWAY with the request's stream as the last, and no response",
        id="in place of the response",
    ),
    pytest.param(
        GOAWAY,
        "goaway-before",
        "GOAWAY with the request's stream as the last, and then the response",
        id="before the response",
    ),
]


@pytest.mark.parametrize(("clause", "fault", "what"), CASES)
class TestMisreports:
    """Each of these events comes with status 409, or with none, so that success needs another response."""

    @pytest.mark.parametrize("outcome", [CRASH, HANG], ids=lambda each: each.kind)
    @pytest.mark.parametrize("repeated", [(), (response(204),)], ids=["once", "repeated"])
    def test_no_outcome(
        self, clause: str, fault: Fault, what: str, outcome: Outcome, repeated: tuple[WireResponse, ...]
    ) -> None:
        (found,) = findings(clause, over_http2(event(fault, 409), *repeated, outcome=outcome))
        assert (found.kind, found.input) == (outcome.kind, fault)
        assert (found.expected, found.actual) == (f"an outcome after {what}", TEXTS[outcome.kind])

    @pytest.mark.parametrize(
        "repeated", [(), (response(409),), (None,)], ids=["once", "failed", "no response"]
    )
    def test_success_without_a_successful_response(
        self, clause: str, fault: Fault, what: str, repeated: tuple[WireResponse | None, ...]
    ) -> None:
        step = over_http2(event(fault, 409), *repeated, outcome=SUCCESS)
        (found,) = findings(clause, step)
        assert (found.kind, found.input) == ("success", fault)
        assert (found.expected, found.actual) == (f"failure after {what}", TEXTS["success"])
        for outcome in (FAILED, REJECTED):
            assert kinds(clause, replace(step, outcome=outcome)) == []

    def test_success_of_the_repeated_request(self, clause: str, fault: Fault, what: str) -> None:
        step = over_http2(event(fault, 409), response(204), outcome=SUCCESS)
        assert kinds(clause, step) == []
        for outcome in (FAILED, REJECTED):
            (found,) = findings(clause, replace(step, outcome=outcome))
            assert (found.kind, found.input) == ("lost", fault)
            expected = "success, for status 204 of the repeated request"
            assert (found.expected, found.actual) == (expected, TEXTS[outcome.kind])

    @pytest.mark.parametrize("count", [2, MAX_REQUESTS, MAX_REQUESTS + 1, MAX_REQUESTS + 2])
    def test_as_many_requests_as_a_retry_policy_has(
        self, clause: str, fault: Fault, what: str, count: int
    ) -> None:
        found = findings(clause, over_http2(*[event(fault, 409)] * count, outcome=FAILED))
        if count <= MAX_REQUESTS:
            assert found == []
        else:
            (one,) = found
            assert (one.kind, one.input) == ("too-many", fault)
            assert (one.expected, one.actual) == (f"at most {MAX_REQUESTS} requests", f"{count} requests")

    def test_other_traffic_is_not_counted(self, clause: str, fault: Fault, what: str) -> None:
        answers = [event(fault, 409)] * MAX_REQUESTS
        requests = [sent(connection=number) for number in range(1, MAX_REQUESTS + 1)]
        step = over_http2(*answers, requests=[*requests, telemetry()], outcome=FAILED)
        assert kinds(clause, step) == []

    def test_is_judged_where_a_request_of_the_call_got_the_event_over_http2(
        self, clause: str, fault: Fault, what: str
    ) -> None:
        step = over_http2(event(fault, 409), outcome=FAILED)
        assert judges(clause, step)
        assert not judges(clause, over_http1(step))
        assert not judges(clause, replace(step, requests=(telemetry(),)))
        assert not judges(clause, replace(step, requests=(sent(malformed="no :path"),)))
        assert not judges(clause, over_http2(event("reset-stream"), outcome=FAILED))
        assert not judges(clause, over_http2(response(204)))
        assert not judges(clause, over_http2(None, outcome=FAILED))


def test_a_response_after_goaway_is_for_the_clause_on_it() -> None:
    step = over_http2(event("goaway-before", 204, LAST), outcome=FAILED)
    assert kinds(GOAWAY, step) == []
    assert kinds(GOAWAY_RESPONSE, step) == ["failure"]
    assert kinds(GOAWAY, replace(step, outcome=SUCCESS)) == []


class TestRepeatedAfterRefusal:
    @pytest.mark.parametrize(
        "answers",
        [
            pytest.param([REFUSED], id="not repeated"),
            pytest.param([REFUSED, response(204)], id="repeated once"),
            pytest.param([REFUSED, REFUSED, response(204)], id="refused twice"),
            pytest.param([REFUSED, response(503), response(503), response(204)], id="retried"),
            pytest.param([REFUSED, None, response(204)], id="no response"),
        ],
    )
    def test_one_request_succeeds(self, answers: list[WireResponse | None]) -> None:
        outcome = SUCCESS if len(answers) > 1 else FAILED
        assert kinds(REFUSED_STREAM, over_http2(*answers, outcome=outcome)) == []

    @pytest.mark.parametrize("count", [2, 3])
    def test_several_requests_succeed(self, count: int) -> None:
        step = over_http2(REFUSED, *[response(204)] * count)
        (found,) = findings(REFUSED_STREAM, step)
        assert (found.kind, found.input) == ("repeated", "refused-stream")
        assert found.expected == "at most one request that succeeds"
        assert found.actual == f"{count} requests with a successful response"
        assert found.at is step.requests[2]

    def test_every_status_of_success_counts(self) -> None:
        rule = replace(CONTRACT.success, alternatives=(200,))
        contract = replace(CONTRACT, success=rule)
        step = over_http2(REFUSED, response(200), response(204))
        assert kinds(REFUSED_STREAM, step) == []
        assert kinds(REFUSED_STREAM, step, contract=contract) == ["repeated"]

    def test_the_success_of_other_traffic_is_not_counted(self) -> None:
        requests = [sent(), sent(connection=2), telemetry()]
        step = over_http2(REFUSED, response(204), response(204), requests=requests)
        assert kinds(REFUSED_STREAM, step) == []

    def test_each_fault_is_reported(self) -> None:
        answers = [REFUSED, *[response(204)] * MAX_REQUESTS]
        assert kinds(REFUSED_STREAM, over_http2(*answers, outcome=FAILED)) == ["lost", "too-many", "repeated"]


class TestSameConnection:
    def repeated(self, *connections: int, answers: list[WireResponse | None] | None = None) -> Exchange:
        """A call whose second request got GOAWAY, unless other answers are given."""
        requests = [sent(2 * at + 1, connection=each) for at, each in enumerate(connections)]
        answers = answers or [response(503), LEFT_OUT, *[response(503)] * (len(requests) - 2)]
        return over_http2(*answers, requests=requests, outcome=FAILED)

    @pytest.mark.parametrize(
        "connections",
        [
            pytest.param((4, 4), id="a request before GOAWAY"),
            pytest.param((4, 4, 5), id="a new connection"),
            pytest.param((4, 4, 3), id="an older connection"),
            pytest.param((4, 4, 5, 3, 5), id="several other connections"),
        ],
    )
    def test_a_request_on_another_connection(self, connections: tuple[int, ...]) -> None:
        assert kinds(GOAWAY, self.repeated(*connections)) == []

    @pytest.mark.parametrize(
        ("connections", "at"),
        [
            pytest.param((4, 4, 4), 2, id="the next request"),
            pytest.param((4, 4, 4, 4), 2, id="the first of two"),
            pytest.param((4, 4, 5, 4), 3, id="after one on another"),
            pytest.param((4, 4, 3, 4, 4), 3, id="after one on an older"),
        ],
    )
    def test_a_request_on_the_same_connection(self, connections: tuple[int, ...], at: int) -> None:
        step = self.repeated(*connections)
        (found,) = findings(GOAWAY, step)
        assert (found.kind, found.input) == ("same-connection", "")
        assert found.expected == "another connection after GOAWAY"
        assert found.actual == f"a request on stream {2 * at + 1} of the same connection"
        assert found.at is step.requests[at]

    def test_other_traffic_on_the_same_connection(self) -> None:
        step = over_http2(LEFT_OUT, None, requests=[sent(), telemetry(connection=1)], outcome=FAILED)
        (found,) = findings(GOAWAY, step)
        assert (found.kind, found.at) == ("same-connection", step.requests[1])

    def test_is_judged_from_the_first_request_on(self) -> None:
        step = self.repeated(4, 5, 4, answers=[LEFT_OUT, None, None])
        (found,) = findings(GOAWAY, step)
        assert found.at is step.requests[2]


class TestGoawayResponse:
    @pytest.mark.parametrize("fault", ["goaway-lost", "goaway-before"])
    def test_one_request(self, fault: Fault) -> None:
        answer = event(fault, 204 if fault == "goaway-before" else 0, LAST)
        assert kinds(GOAWAY_RESPONSE, over_http2(answer, outcome=SUCCESS)) == []
        requests = [sent(), telemetry(), telemetry()]
        assert kinds(GOAWAY_RESPONSE, over_http2(answer, requests=requests, outcome=SUCCESS)) == []

    @pytest.mark.parametrize(
        ("fault", "frames", "after"),
        [
            pytest.param(
                "goaway-lost",
                [LAST],
                "GOAWAY with the request's stream as the last, and no response",
                id="no response",
            ),
            pytest.param(
                "goaway-before",
                [LAST, "HEADERS stream 1, END_STREAM"],
                "GOAWAY with the request's stream as the last, and then the response",
                id="then the response",
            ),
            pytest.param(
                "goaway-before",
                ["WINDOW_UPDATE +2147483647", LAST, "WINDOW_UPDATE stream 1, +2147483647"],
                "GOAWAY with the request's stream as the last, and then the response",
                id="the highest number elsewhere",
            ),
            pytest.param(
                "goaway-before",
                [HIGHEST, "HEADERS stream 1, END_STREAM"],
                "GOAWAY with the highest stream as the last, and then the response",
                id="notice",
            ),
            pytest.param(
                "goaway-lost",
                [HIGHEST],
                "GOAWAY with the highest stream as the last, and no response",
                id="notice without a response",
            ),
        ],
    )
    @pytest.mark.parametrize("count", [2, 3])
    def test_a_repeated_request(self, fault: Fault, frames: list[str], after: str, count: int) -> None:
        step = over_http2(event(fault, 204, *frames), *[response(204)] * (count - 1))
        (found,) = findings(GOAWAY_RESPONSE, step)
        assert (found.kind, found.input) == ("repeated", fault)
        assert (found.expected, found.actual) == (f"one request after {after}", f"{count} requests")
        assert found.at is step.requests[1]
        assert kinds(GOAWAY_RESPONSE, replace(step, outcome=FAILED)) == ["repeated"]

    def test_failure_after_a_response(self) -> None:
        step = over_http2(event("goaway-before", 204, LAST), outcome=FAILED)
        (found,) = findings(GOAWAY_RESPONSE, step)
        assert (found.kind, found.input) == ("failure", "goaway-before")
        assert found.expected == "success for status 204, which came after GOAWAY"
        assert found.actual == TEXTS["failure"]

    @pytest.mark.parametrize("outcome", [CRASH, HANG], ids=lambda each: each.kind)
    def test_the_lack_of_an_outcome_is_for_the_clause_on_goaway(self, outcome: Outcome) -> None:
        step = over_http2(event("goaway-before", 204, LAST), outcome=outcome)
        assert kinds(GOAWAY_RESPONSE, step) == []
        assert kinds(GOAWAY, step) == [outcome.kind]

    def test_failure_without_a_response(self) -> None:
        assert kinds(GOAWAY_RESPONSE, over_http2(event("goaway-lost", 0, LAST), outcome=FAILED)) == []
        assert kinds(GOAWAY_RESPONSE, over_http2(event("goaway-before", 409), outcome=FAILED)) == []

    def test_is_judged_where_goaway_includes_the_request(self) -> None:
        assert judges(GOAWAY_RESPONSE, over_http2(event("goaway-lost")))
        assert judges(GOAWAY_RESPONSE, over_http2(event("goaway-before", 204)))
        assert not judges(GOAWAY_RESPONSE, over_http2(LEFT_OUT))
        assert not judges(GOAWAY_RESPONSE, over_http2(event("goaway-after", 204)))
        assert not judges(GOAWAY_RESPONSE, over_http1(over_http2(event("goaway-before", 204))))
