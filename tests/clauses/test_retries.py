"""What a Retry-After asks for, and what the record of time shows of a client's retries."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphcontract.clauses.retries import retry_after
from graphcontract.exchange import Exchange, Outcome
from tests.clauses import HANG, SUCCESS, call, error_answer, exchange, failure, kinds, request, response

NOW = "Wed, 12 Nov 2025 09:30:00 GMT"
LATER = "Wed, 12 Nov 2025 09:30:10 GMT"


@pytest.mark.parametrize(
    ("values", "form", "seconds"),
    [
        ([], "absent", None),
        (["0"], "seconds", 0),
        (["007"], "seconds", 7),
        (["9" * 400], "seconds", float("inf")),
        (["1.9"], "fraction", 1),
        ([LATER], "date", 9),
        (["Wed Nov 12 09:30:10 2025"], "date", 9),
        (["Wednesday, 12-Nov-25 09:30:10 GMT"], "date", 9),
        (["Wed, 12 Nov 2025 09:30:10 -0000"], "date", 9),
        (["Wed, 12 Nov 2025 09:29:00 GMT"], "date", 0),
        (["1", "2"], "malformed", None),
        *(
            ([value], "malformed", None)
            for value in ("", "-1", "+1", "1e3", "1,5", ".5", "1.", "\xb2", "soon")
        ),
        (["Wed, 32 Nov 2025 25:61:61 GMT"], "malformed", None),
        (["Wed, 12 Nov 99999999999 09:30:00 GMT"], "malformed", None),
    ],
)
def test_what_a_retry_after_asks_for(values: list[str], form: str, seconds: float | None) -> None:
    fields = (("Date", NOW), *(("retry-After", value) for value in values))
    asked = retry_after(response(503, fields=fields))
    assert (asked.form, asked.seconds) == (form, seconds)


def test_a_date_without_the_answers_own_asks_for_no_time_that_is_known() -> None:
    asked = retry_after(response(503, fields=(("Retry-After", LATER),)))
    assert (asked.form, asked.seconds) == ("date", None)


def repeated(
    *times: float, status: int = 429, retry_after: str = "1", outcome: Outcome = SUCCESS
) -> Exchange:
    """Requests at these times, each answered at once with this status."""
    answer = error_answer(status)
    fields = (*answer.fields, ("Retry-After", retry_after))
    made = exchange(*(replace(request(), at=time) for time in times), outcome=outcome)
    answers = (replace(answer, fields=fields, at=time, request=index) for index, time in enumerate(times))
    return replace(made, responses=tuple(answers))


@pytest.mark.parametrize(("time", "found"), [(0.94, ["too-early"]), (0.96, []), (3.0, [])])
def test_timers_may_be_a_little_early(time: float, found: list[str]) -> None:
    assert kinds("retry.after", repeated(0.0, time)) == found


@pytest.mark.parametrize(("tries", "found"), [(11, []), (12, ["too-many"])])
def test_ten_retries_are_the_most(tries: int, found: list[str]) -> None:
    assert kinds("retry.bounded", repeated(*[0.0] * tries, outcome=failure(429))) == found


def test_a_request_after_timeout_and_grace_is_late() -> None:
    late = replace(repeated(100.0, 104.6, outcome=failure(429)), started=100.0)
    assert kinds("retry.bounded", late) == ["late"]
    assert kinds("retry.bounded", replace(late, call=replace(call(), timeout=4.0))) == []


def test_a_hang_is_a_retrys_where_a_wait_was_asked_for() -> None:
    asleep = repeated(0.0, retry_after="3600", outcome=HANG)
    assert kinds("retry.bounded", asleep) == ["hang"]
    assert kinds("retry.bounded", replace(asleep, bounds="attempt")) == []
    assert (
        kinds("retry.bounded", exchange(replace(request(), at=0.0), outcome=HANG, answer=error_answer(404)))
        == []
    )


@pytest.mark.parametrize(
    ("times", "found"), [([0, 1, 2, 3, 4, 5], []), ([0, 0.1, 0.2, 0.3, 0.4, 0.99], ["storm"])]
)
def test_six_requests_in_a_second_are_a_storm(times: list[float], found: list[str]) -> None:
    assert kinds("retry.after-malformed", repeated(*times, retry_after="soon", outcome=failure(429))) == found
