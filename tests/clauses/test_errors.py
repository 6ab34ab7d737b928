from __future__ import annotations

import gzip
from dataclasses import replace

import pytest

from graphcontract.exchange import Exchange, Outcome
from graphcontract.wire import WireResponse
from tests.clauses import (
    CRASH,
    FAILED_CONTROL,
    HANG,
    ID,
    SUCCESS,
    TASK,
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

REJECTED = Outcome.rejected("Gone.")
HTML = response(409, b"<html>Conflict</html>")
CODED = error_answer(409)


def report(outcome: Outcome, answer: WireResponse | None = None) -> Exchange:
    return exchange(request(), answer=answer or error_answer(409), outcome=outcome)


@pytest.mark.parametrize(
    ("outcome", "found"),
    [(failure(), []), (REJECTED, ["rejected"]), (SUCCESS, ["success"]), (CRASH, ["crash"]), (HANG, ["hang"])],
)
def test_an_error_is_failure(outcome: Outcome, found: list[str]) -> None:
    assert kinds("error.failure", report(outcome)) == found


def test_another_status_is_another_fault() -> None:
    assert fault("error.failure", report(SUCCESS, error_answer(404))) == ("success", "404")
    assert fault("error.status", report(failure(400), error_answer(404))) == ("other", "404")


@pytest.mark.parametrize("status", [400, 599])
def test_is_judged_from_400_on(status: int) -> None:
    assert kinds("error.failure", report(SUCCESS, response(status))) == ["success"]


@pytest.mark.parametrize("status", [204, 302, 399])
def test_is_judged_on_errors_alone(status: int) -> None:
    assert not judges("error.failure", exchange(request(), answer=response(status), outcome=CRASH))


@pytest.mark.parametrize(
    ("id", "outcome", "found"),
    [
        ("error.status", failure(409), []),
        ("error.status", failure(None), ["missing"]),
        ("error.status", failure(500), ["other"]),
        ("error.code", failure(), []),
        ("error.code", failure(code=None), ["missing"]),
        ("error.code", failure(code="Conflict"), ["other"]),
        ("error.code", failure(code="the code is conflict"), ["other"]),
        ("error.message", failure(), []),
        ("error.message", failure(message="409: In progress. (conflict)"), []),
        ("error.message", failure(message=None), ["missing"]),
        ("error.message", failure(message="Something went wrong."), ["other"]),
        ("error.request-id", failure(), []),
        ("error.request-id", failure(request_id=None), ["missing"]),
        ("error.request-id", failure(request_id=f"<{ID}>"), ["other"]),
    ],
)
def test_what_an_error_exposes(id: str, outcome: Outcome, found: list[str]) -> None:
    assert kinds(id, report(outcome)) == found


def test_a_report_names_the_text_that_is_expected() -> None:
    (found,) = findings("error.code", report(failure(code="Conflict")))
    assert (found.expected, found.actual) == ("conflict", "Conflict")
    (found,) = findings("error.code", report(failure(code=None)))
    assert (found.expected, found.actual) == ("conflict", "no code")


@pytest.mark.parametrize("id", ["error.status", "error.code", "error.message", "error.request-id"])
def test_what_no_answer_reported_is_not_judged(id: str) -> None:
    assert not judges(id, exchange(outcome=failure()))
    assert not judges(id, report(Outcome("failure")))


@pytest.mark.parametrize("id", ["error.status", "error.code", "error.message", "error.request-id"])
def test_an_error_response_to_another_method_is_not_judged(id: str) -> None:
    """A redirect was followed as GET: the error may be about the redirect."""
    followed = report(failure(307))
    assert judges(id, followed)
    assert not judges(id, replace(followed, requests=(replace(followed.requests[0], method="GET"),)))


@pytest.mark.parametrize("id", ["error.status", "error.code", "error.message", "error.request-id"])
@pytest.mark.parametrize("outcome", [SUCCESS, CRASH, REJECTED])
def test_one_fault_violates_no_second_clause(id: str, outcome: Outcome) -> None:
    assert not judges(id, report(outcome))


@pytest.mark.parametrize(
    ("id", "answer"),
    [
        ("error.code", HTML),
        ("error.code", error_answer(409, code=7)),
        ("error.message", error_answer(409, message=None)),
        ("error.message", response(409, b"[" * 100_000)),
        ("error.request-id", error_answer(409, innerError=None)),
        ("error.request-id", replace(error_answer(409), fields=(("request-id", TASK),))),
        ("error.request-id", response(409, b'{"error": "invalid_grant"}')),
    ],
)
def test_what_is_not_reported_need_not_be_exposed(id: str, answer: WireResponse) -> None:
    assert not judges(id, report(failure(code=None, message=None, request_id=None), answer))


class TestTime:
    """A client may retry until its time is up, and then tell of that."""

    UP = failure(None, code=None, message=None, request_id=None)

    @pytest.mark.parametrize("id", ["error.status", "error.code", "error.message", "error.request-id"])
    def test_what_is_reported_when_it_is_up_is_not_judged(self, id: str) -> None:
        in_time, late, later = (
            replace(report(self.UP), started=1.0, ended=ended) for ended in (3.9, 4.0, 5.5)
        )
        assert kinds(id, in_time) == ["missing"]
        assert not judges(id, late)
        assert not judges(id, later)

    def test_success_when_it_is_up_is_not_a_failure(self) -> None:
        assert kinds("error.failure", replace(report(SUCCESS), ended=9.0)) == ["success"]

    def test_trying_on_is_not_a_hang_where_nothing_bounds_it(self) -> None:
        trying = exchange(request(), request(), answer=error_answer(503), outcome=HANG)
        assert kinds("error.failure", trying) == ["hang"]
        assert not judges("error.failure", replace(trying, bounds="attempt"))
        assert not judges("error.failure", replace(report(HANG, error_answer(429)), bounds="attempt"))
        assert judges("error.failure", replace(report(HANG), bounds="attempt"))
        again = exchange(request(), request(), answer=error_answer(500), outcome=HANG)
        assert not judges("error.failure", replace(again, bounds="attempt"))

    def test_these_answers_invite_another_try(self) -> None:
        trying = {
            status
            for status in range(400, 600)
            if not judges("error.failure", replace(report(HANG, response(status)), bounds="attempt"))
        }
        assert trying == {408, 425, 429, 503, 504}

    @pytest.mark.parametrize("outcome", [SUCCESS, CRASH, REJECTED])
    def test_who_returned_is_not_trying(self, outcome: Outcome) -> None:
        returned = replace(report(outcome, error_answer(503)), bounds="attempt")
        assert kinds("error.failure", returned) == [outcome.kind]


@pytest.mark.parametrize("id", ["error.shape", "error.malformed"])
class TestHolds:
    @pytest.mark.parametrize(
        ("outcome", "found"),
        [
            (failure(code=None, message=None), []),
            (REJECTED, ["rejected"]),
            (SUCCESS, ["success"]),
            (CRASH, ["crash"]),
            (HANG, ["hang"]),
            (failure(None), ["no-status"]),
            (failure(200), ["other-status"]),
        ],
    )
    def test_goes_no_worse_than_its_control(self, id: str, outcome: Outcome, found: list[str]) -> None:
        assert kinds(id, report(outcome, HTML), control=FAILED_CONTROL) == found

    def test_a_client_that_never_tells_the_status(self, id: str) -> None:
        assert kinds(id, report(failure(None), HTML), control=report(failure(None))) == []

    def test_is_compared_with_its_control(self, id: str) -> None:
        unfit = report(failure(None))
        assert kinds(id, report(failure(200), HTML), control=FAILED_CONTROL) == ["other-status"]
        assert kinds(id, report(failure(200), HTML), control=unfit) == []

    @pytest.mark.parametrize("outcome", [CRASH, HANG, REJECTED, SUCCESS])
    def test_waits_for_a_control_that_failed(self, id: str, outcome: Outcome) -> None:
        assert not judges(id, report(CRASH, HTML), control=report(outcome))
        assert not judges(id, report(CRASH, HTML))


class TestEncoded:
    CODED = response(409, gzip.compress(b"{}", mtime=0), fields=(("Content-Encoding", "gzip"),))
    BROKEN = (b"", b"{}", b"\x1f\x8b", gzip.compress(b"{}" * 99, mtime=0)[:-9])

    @pytest.mark.parametrize(
        ("outcome", "found"),
        [
            (failure(), []),
            (failure(code=None), ["garbled"]),
            (failure(message="\x1f\x8b"), ["garbled"]),
            (failure(message="In progress. Call 7."), []),
            (failure(request_id=None), ["garbled"]),
            (REJECTED, ["rejected"]),
            (failure(None), ["no-status"]),
            (failure(400), ["other-status"]),
            (SUCCESS, ["success"]),
            (CRASH, ["crash"]),
            (HANG, ["hang"]),
        ],
    )
    def test_as_its_control(self, outcome: Outcome, found: list[str]) -> None:
        assert kinds("error.encoded", report(outcome, self.CODED), control=FAILED_CONTROL) == found

    @pytest.mark.parametrize("content", BROKEN)
    @pytest.mark.parametrize(
        ("outcome", "found"),
        [(failure(None), []), (failure(code=None), []), (SUCCESS, ["success"]), (CRASH, ["crash"])],
    )
    def test_content_that_cannot_be_decoded_is_a_failure(
        self, content: bytes, outcome: Outcome, found: list[str]
    ) -> None:
        step = report(outcome, replace(self.CODED, content=content))
        assert kinds("error.encoded", step, control=FAILED_CONTROL) == found

    def test_is_compared_with_its_control(self) -> None:
        unfit = report(failure(code=None))
        step = report(failure(code=None), self.CODED)
        assert kinds("error.encoded", step, control=FAILED_CONTROL) == ["garbled"]
        assert kinds("error.encoded", step, control=unfit) == []

    def test_is_for_clients_that_ask_for_a_coding(self) -> None:
        assert not judges("error.encoded", report(CRASH), control=FAILED_CONTROL)
