from __future__ import annotations

from dataclasses import replace

import pytest

from graphcontract.exchange import Exchange, Outcome
from graphcontract.wire import WireResponse
from tests.clauses import (
    CONTRACT,
    CONTROL,
    CRASH,
    FAILED_CONTROL,
    HANG,
    SUCCESS,
    call,
    error_answer,
    exchange,
    failure,
    judges,
    kinds,
    request,
    response,
)

REJECTED = Outcome.rejected("no such id")


SUCCESS_202 = Outcome.success(status=202)
TELEMETRY = request("/collect", fields={"Authorization": None})


def answered(status: int, outcome: Outcome) -> Exchange:
    return exchange(request(), answer=response(status), outcome=outcome)


def report(outcome: Outcome) -> Exchange:
    return exchange(request(), answer=error_answer(409), outcome=outcome)


@pytest.mark.parametrize(
    ("id", "status", "outcome", "found"),
    [
        ("response.no-content", 204, SUCCESS, []),
        ("response.no-content", 204, failure(204), ["failure"]),
        ("response.no-content", 204, CRASH, ["crash"]),
        ("response.no-content", 204, HANG, ["hang"]),
        ("response.no-content", 204, REJECTED, ["rejected"]),
        ("response.other-success", 200, SUCCESS, []),
        ("response.other-success", 202, failure(202), []),
        ("response.other-success", 299, CRASH, ["crash"]),
        ("response.other-success", 200, HANG, ["hang"]),
        ("response.other-success", 200, REJECTED, ["rejected"]),
        ("response.redirection", 302, failure(302), []),
        ("response.redirection", 301, CRASH, []),
        ("response.redirection", 302, SUCCESS, ["success"]),
        ("response.redirection", 300, SUCCESS, ["success"]),
        ("response.redirection", 305, SUCCESS, ["success"]),
        ("response.redirection", 399, SUCCESS, ["success"]),
        ("response.redirection", 302, REJECTED, []),
        ("response.not-modified", 304, failure(304), []),
        ("response.not-modified", 304, HANG, []),
        ("response.not-modified", 304, SUCCESS, ["success"]),
    ],
)
def test_by_status(id: str, status: int, outcome: Outcome, found: list[str]) -> None:
    assert kinds(id, answered(status, outcome)) == found


@pytest.mark.parametrize(
    ("id", "status"),
    [
        ("response.no-content", 200),
        ("response.no-content", 205),
        ("response.other-success", 204),
        ("response.other-success", 199),
        ("response.other-success", 300),
        ("response.other-success", 302),
        ("response.redirection", 299),
        ("response.redirection", 304),
        ("response.redirection", 400),
        ("response.redirection", 404),
        ("response.not-modified", 302),
        ("response.not-modified", 305),
    ],
)
def test_other_statuses_are_others_business(id: str, status: int) -> None:
    assert not judges(id, answered(status, CRASH))


@pytest.mark.parametrize("id", ["response.no-content", "response.other-success", "response.redirection"])
def test_nothing_is_judged_where_nothing_was_asked(id: str) -> None:
    assert not judges(id, exchange(outcome=CRASH))


class TestRedirection:
    LEADING = response(302, fields=(("Location", "/x"),))

    @pytest.mark.parametrize("count", [2, 3])
    def test_one_that_was_followed_is_another_clause_s(self, count: int) -> None:
        assert not judges("response.redirection", exchange(*[request()] * count, answer=self.LEADING))
        assert judges("response.redirection", exchange(*[request()] * count, answer=response(302)))

    def test_one_that_was_followed_elsewhere_is_too(self) -> None:
        alone = exchange(request(), answer=self.LEADING)
        assert kinds("response.redirection", alone) == ["success"]
        assert not judges("response.redirection", replace(alone, elsewhere=(request(),)))


class TestLargeHead:
    LONG = (("x-ms-diagnostics", "4" * 9000),)
    MANY = tuple((f"x-{number}", "4") for number in range(85))

    @pytest.mark.parametrize("fields", [LONG, MANY])
    @pytest.mark.parametrize(
        ("status", "outcome", "found"),
        [
            (204, SUCCESS, []),
            (204, failure(None), ["failure"]),
            (204, CRASH, ["crash"]),
            (409, failure(409), []),
            (409, SUCCESS, ["success"]),
            (409, failure(409, code=None), ["other-error"]),
            (409, failure(400), ["other-status"]),
        ],
    )
    def test_is_reported_like_a_short_one(
        self, fields: tuple[tuple[str, str], ...], status: int, outcome: Outcome, found: list[str]
    ) -> None:
        control = CONTROL if status == 204 else FAILED_CONTROL
        step = exchange(request(), answer=response(status, fields=fields), outcome=outcome)
        assert kinds("response.large-head", step, control=control) == found

    def test_is_not_judged_on_usual_heads(self) -> None:
        usual = exchange(request(), answer=response(204, fields=(("x-ms-diagnostics", "4" * 4000),)))
        assert not judges("response.large-head", usual, control=CONTROL)

    def test_needs_a_control_that_was_reported_correctly(self) -> None:
        step = exchange(request(), answer=response(204, fields=self.LONG), outcome=failure(None))
        assert not judges("response.large-head", step, control=exchange(request(), outcome=CRASH))
        assert not judges("response.large-head", step, control=FAILED_CONTROL)


class TestInterim:
    @staticmethod
    def step(outcome: Outcome, answer: WireResponse) -> Exchange:
        return exchange(request(), answer=answer, outcome=outcome)

    @pytest.mark.parametrize(
        ("status", "outcome", "found"),
        [
            (204, SUCCESS, []),
            (409, failure(409), []),
            (204, failure(None), ["failure"]),
            (409, SUCCESS, ["success"]),
            (204, CRASH, ["crash"]),
            (204, HANG, ["hang"]),
            (204, REJECTED, ["rejected"]),
            (409, REJECTED, ["rejected"]),
            (204, Outcome.success(status=103), ["other-status"]),
            (204, Outcome.success(), []),
            (409, failure(103), ["other-status"]),
            (409, failure(None), []),
            (409, failure(409, message="In progress. Call 7."), []),
            (409, failure(409, message=None), ["other-error"]),
            (409, failure(409, code="x"), ["other-error"]),
            (409, failure(409, request_id=None), ["other-error"]),
        ],
    )
    def test_the_final_answer_decides(self, status: int, outcome: Outcome, found: list[str]) -> None:
        control = CONTROL if status == 204 else FAILED_CONTROL
        answer = response(status, interim=(103,))
        assert kinds("response.interim", self.step(outcome, answer), control=control) == found

    def test_tells_no_less_than_it_does_without(self) -> None:
        control = self.step(failure(409, code=None), error_answer(409))
        answer = replace(error_answer(409), interim=(100,))
        assert kinds("response.interim", self.step(failure(409, code=None), answer), control=control) == []

    @pytest.mark.parametrize(
        "control",
        [
            answered(204, CRASH),
            answered(204, failure(200)),
            answered(204, Outcome.success(status=200)),
            exchange(request(), request()),
            FAILED_CONTROL,
            answered(200, Outcome.success(status=200)),
        ],
        ids=["crash", "failure", "other status", "sent twice", "another answer", "another success"],
    )
    def test_waits_for_a_control_that_held(self, control: Exchange) -> None:
        answer = response(204, interim=(100,))
        assert not judges("response.interim", self.step(CRASH, answer), control=control)
        assert not judges("response.interim", self.step(CRASH, answer))

    @pytest.mark.parametrize("control", [report(REJECTED), CONTROL, answered(409, REJECTED)])
    def test_waits_for_a_control_of_the_same_error(self, control: Exchange) -> None:
        step = self.step(CRASH, response(409, interim=(100,)))
        assert not judges("response.interim", step, control=control)

    def test_is_compared_with_its_control(self) -> None:
        step = self.step(failure(409, code=None), replace(error_answer(409), interim=(100,)))
        assert kinds("response.interim", step, control=FAILED_CONTROL) == ["other-error"]
        assert not judges("response.interim", step, control=CONTROL)

    def test_waits_for_a_control_that_was_understood(self) -> None:
        step = self.step(CRASH, response(204, interim=(100,)))
        assert judges("response.interim", step, control=CONTROL)
        assert not judges("response.interim", step, control=answered(204, CRASH))

    def test_another_success_owes_nothing(self) -> None:
        accepted = Outcome.success(status=200)
        step = self.step(CRASH, response(200, interim=(100,)))
        assert not judges("response.interim", answered(200, accepted), step)

    def test_waits_for_an_interim_answer(self) -> None:
        assert not judges("response.interim", answered(204, CRASH), control=CONTROL)


class TestStrayContent:
    STRAYED = exchange(request(), answer=response(204, stray=b"{}"))

    @pytest.mark.parametrize(
        ("strayed", "following", "found"),
        [
            (STRAYED, CONTROL, []),
            (STRAYED, FAILED_CONTROL, []),
            (exchange(request(), answer=response(204, b"{}"), outcome=failure(204)), CONTROL, []),
            (exchange(request(), answer=response(204, stray=b"{}"), outcome=CRASH), CONTROL, ["crash"]),
            (exchange(request(), answer=response(204, stray=b"{}"), outcome=HANG), CONTROL, ["hang"]),
            (STRAYED, exchange(outcome=failure(None)), ["next-lost"]),
            (STRAYED, answered(204, failure(200)), ["next-misread"]),
            (STRAYED, exchange(request(), answer=error_answer(409), outcome=failure(200)), ["next-misread"]),
            (STRAYED, exchange(request(), request()), ["next-repeated"]),
            (STRAYED, exchange(TELEMETRY, request()), []),
            (STRAYED, answered(204, Outcome.success(status=200)), ["next-misread"]),
            (STRAYED, report(failure(message="{}")), ["next-misread"]),
            (STRAYED, report(failure(code=None)), ["next-misread"]),
            (STRAYED, report(failure(message="In progress. Call 7.")), []),
        ],
    )
    def test_the_next_call(self, strayed: Exchange, following: Exchange, found: list[str]) -> None:
        refused = any(response.status == 409 for response in following.responses)
        control = FAILED_CONTROL if refused else CONTROL
        assert kinds("response.stray-content", CONTROL, strayed, following, control=control) == found

    def test_the_call_after_the_next(self) -> None:
        calls = (CONTROL, self.STRAYED, CONTROL)
        assert kinds("response.stray-content", *calls, CONTROL, control=CONTROL) == []
        misread = answered(204, failure(None))
        assert kinds("response.stray-content", *calls, misread, control=CONTROL) == ["next-misread"]

    def test_what_another_success_brings_is_not_stray(self) -> None:
        accepted = replace(CONTRACT, success=replace(CONTRACT.success, status=202))
        control, after = answered(202, SUCCESS_202), answered(202, SUCCESS_202)
        brought = exchange(request(), answer=response(202, b"{}"), outcome=SUCCESS_202)
        strayed = exchange(request(), answer=response(202, stray=b"{}"), outcome=SUCCESS_202)
        assert not judges("response.stray-content", brought, after, control=control, contract=accepted)
        assert judges("response.stray-content", strayed, after, control=control, contract=accepted)

    def test_chunks_are_stray_content_too(self) -> None:
        framed = response(204, fields=(("Transfer-Encoding", "chunked"),))
        assert judges("response.stray-content", exchange(request(), answer=framed), CONTROL, control=CONTROL)

    @pytest.mark.parametrize(
        ("control", "calls"),
        [
            (None, (STRAYED, CONTROL)),
            (CONTROL, (CONTROL, CONTROL)),
            (CONTROL, (STRAYED,)),
            (answered(204, CRASH), (STRAYED, CONTROL)),
            (exchange(request(), request()), (STRAYED, CONTROL)),
            (CONTROL, (report(SUCCESS), STRAYED, CONTROL)),
            (CONTROL, (STRAYED, FAILED_CONTROL)),
            (CONTROL, (exchange(outcome=failure(None)), CONTROL)),
        ],
        ids=[
            *("no control", "nothing stray", "nothing after", "control failed", "sent twice"),
            *("an earlier call failed", "control of another status", "unanswered"),
        ],
    )
    def test_is_not_judged(self, control: Exchange | None, calls: tuple[Exchange, ...]) -> None:
        assert not judges("response.stray-content", *calls, control=control)


def test_an_answer_to_other_traffic_is_not_an_answer() -> None:
    assert not judges("response.no-content", exchange(TELEMETRY, outcome=CRASH, asked=call("x1")))
