from __future__ import annotations

import pytest

from graphcontract.exchange import Exchange, Outcome, WireResponse
from tests.clauses import (
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


def answered(status: int, outcome: Outcome) -> Exchange:
    return exchange(request(), answer=response(status), outcome=outcome)


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
        ("response.redirection", 302, failure(302), []),
        ("response.redirection", 301, CRASH, []),
        ("response.redirection", 302, SUCCESS, ["success"]),
        ("response.not-modified", 304, failure(304), []),
        ("response.not-modified", 304, SUCCESS, ["success"]),
    ],
)
def test_by_status(id: str, status: int, outcome: Outcome, found: list[str]) -> None:
    assert kinds(id, answered(status, outcome)) == found


@pytest.mark.parametrize(
    ("id", "status"),
    [
        ("response.no-content", 200),
        ("response.other-success", 204),
        ("response.other-success", 302),
        ("response.redirection", 304),
        ("response.redirection", 400),
        ("response.not-modified", 302),
    ],
)
def test_other_statuses_are_others_business(id: str, status: int) -> None:
    assert not judges(id, answered(status, CRASH))


@pytest.mark.parametrize("id", ["response.no-content", "response.other-success", "response.redirection"])
def test_nothing_is_judged_where_nothing_was_asked(id: str) -> None:
    assert not judges(id, exchange(outcome=CRASH))


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
            (409, failure(103), ["other-status"]),
            (409, failure(None), []),
        ],
    )
    def test_the_final_answer_decides(self, status: int, outcome: Outcome, found: list[str]) -> None:
        control = CONTROL if status == 204 else FAILED_CONTROL
        answer = response(status, interim=(103,))
        assert kinds("response.interim", control, self.step(outcome, answer)) == found

    def test_waits_for_a_control_that_held(self) -> None:
        answer = response(204, interim=(100,))
        assert not judges("response.interim", answered(204, CRASH), self.step(CRASH, answer))

    def test_waits_for_an_interim_answer(self) -> None:
        assert not judges("response.interim", CONTROL, answered(204, CRASH))


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
        ],
    )
    def test_the_next_call(self, strayed: Exchange, following: Exchange, found: list[str]) -> None:
        assert kinds("response.stray-content", CONTROL, FAILED_CONTROL, strayed, following) == found

    def test_chunks_are_stray_content_too(self) -> None:
        framed = response(204, fields=(("Transfer-Encoding", "chunked"),))
        assert judges("response.stray-content", CONTROL, exchange(request(), answer=framed), CONTROL)

    @pytest.mark.parametrize(
        "steps",
        [(CONTROL, CONTROL), (CONTROL, CONTROL, CONTROL), (answered(204, CRASH), STRAYED, CONTROL)],
        ids=["too few", "nothing stray", "control failed"],
    )
    def test_is_not_judged(self, steps: tuple[Exchange, ...]) -> None:
        assert not judges("response.stray-content", *steps)


def test_an_answer_to_other_traffic_is_none() -> None:
    telemetry = request("/collect", fields={"Authorization": None})
    assert not judges("response.no-content", exchange(telemetry, outcome=CRASH, asked=call("x1")))
