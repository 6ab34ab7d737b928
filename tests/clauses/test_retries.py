"""What a Retry-After asks for, and what the record of time shows of a client's retries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from graphcontract.clauses.retries import parse_retry_after
from graphcontract.exchange import Exchange, Outcome
from graphcontract.wire import Fault, WireRequest, WireResponse
from tests.clauses import (
    CRASH,
    HANG,
    NAMES,
    SUCCESS,
    TASK,
    TOKEN,
    call,
    error_answer,
    exchange,
    failure,
    findings,
    judges,
    kinds,
    request,
    response,
    target,
)

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
    asked = parse_retry_after(response(503, fields=fields))
    assert (asked.form, asked.seconds) == (form, seconds)


def test_a_date_without_the_answers_own_asks_for_no_time_that_is_known() -> None:
    asked = parse_retry_after(response(503, fields=(("Retry-After", LATER),)))
    assert (asked.form, asked.seconds) == ("date", None)


def repeated(
    *times: float, status: int = 429, retry_after: str | None = "1", outcome: Outcome = SUCCESS
) -> Exchange:
    """Requests at these times, each answered at once with this status."""
    answer = error_answer(status)
    fields = (*answer.fields, *((("Retry-After", retry_after),) if retry_after is not None else ()))
    made = exchange(*(replace(request(), at=time) for time in times), outcome=outcome)
    answers = (replace(answer, fields=fields, at=time, request=index) for index, time in enumerate(times))
    return replace(made, responses=tuple(answers))


@pytest.mark.parametrize(("time", "found"), [(0.94, ["too-early"]), (0.96, []), (3.0, [])])
def test_timers_may_be_a_little_early(time: float, found: list[str]) -> None:
    assert kinds("retry.after", repeated(0.0, time)) == found


@pytest.mark.parametrize(("time", "found"), [(1.3, ["too-early"]), (1.5, [])])
def test_a_wait_begins_when_a_slow_response_does(time: float, found: list[str]) -> None:
    made = repeated(0.0, time)
    slow = replace(made.responses[0], split="at-start", pause=0.5)
    assert kinds("retry.after", replace(made, responses=(slow, *made.responses[1:]))) == found
    late_content = replace(slow, split="in-content")
    assert kinds("retry.after", replace(made, responses=(late_content, *made.responses[1:]))) == []


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


def throttled(status: int = 429, retry_after: str = "1") -> WireResponse:
    return response(status, fields=(("Date", NOW), ("Retry-After", retry_after)))


def in_turn(
    *answers: WireResponse | int | None,
    sent: Sequence[WireRequest] | None = None,
    outcome: Outcome = SUCCESS,
    start: float = 100.0,
) -> Exchange:
    """A request a second, each with its own answer: a whole one, one of this status, or none."""
    requests = sent or [request()] * len(answers)
    responses = [
        replace(response(answer) if isinstance(answer, int) else answer, request=index, at=start + index)
        for index, answer in enumerate(answers)
        if answer is not None
    ]
    return Exchange(
        call(),
        tuple(replace(each, at=start + index) for index, each in enumerate(requests)),
        tuple(responses),
        outcome,
        started=start,
        ended=start + len(requests),
    )


class TestThrottled:
    @pytest.mark.parametrize("status", [429, 503, 504])
    @pytest.mark.parametrize("retry_after", ["0", "1"])
    def test_a_retry_is_expected_after_a_short_wait(self, status: int, retry_after: str) -> None:
        gave_up = in_turn(throttled(status, retry_after), outcome=failure(status))
        (found,) = findings("retry.throttled", gave_up)
        assert (found.kind, found.input) == ("gave-up", str(status))
        assert found.expected == f"a retry after status {status} with Retry-After: {retry_after}"

    @pytest.mark.parametrize(
        "answer",
        [
            None,
            429,
            *(throttled(status) for status in (428, 430, 500, 502, 505)),
            *(throttled(retry_after=value) for value in ("2", "0.5", "soon", "-1", NOW)),
        ],
    )
    def test_nothing_is_expected_after_other_answers(self, answer: WireResponse | int | None) -> None:
        assert not judges("retry.throttled", in_turn(answer))

    @pytest.mark.parametrize(("timeout", "judged"), [(2.0, True), (1.9, False), (1.0, False), (60.0, True)])
    def test_a_wait_may_take_half_of_the_callers_time(self, timeout: float, judged: bool) -> None:
        asked = replace(call(), timeout=timeout)
        assert judges("retry.throttled", replace(in_turn(throttled()), call=asked)) == judged
        assert not judges("retry.throttled", replace(in_turn(throttled(retry_after="2")), call=asked))

    def test_the_first_answer_invites(self) -> None:
        assert judges("retry.throttled", in_turn(throttled(), 204))
        assert not judges("retry.throttled", in_turn(204, throttled()))
        assert not judges("retry.throttled", exchange())

    @pytest.mark.parametrize(
        ("second", "outcome", "found"),
        [
            (204, SUCCESS, []),
            (204, failure(429), ["lost"]),
            (204, CRASH, ["lost"]),
            (None, failure(None), []),
            (200, failure(200), []),
            (429, failure(429), []),
        ],
    )
    def test_the_second_tries_success_is_the_calls(
        self, second: int | None, outcome: Outcome, found: list[str]
    ) -> None:
        assert kinds("retry.throttled", in_turn(throttled(), second, outcome=outcome)) == found


class TestAfter:
    def test_every_wait_is_judged_by_the_answer_before_it(self) -> None:
        tries = in_turn(None, 503, throttled(retry_after="2"), 204)
        (found,) = findings("retry.after", tries)
        assert (found.at, found.input) == (tries.requests[3], "seconds")
        assert found.expected == "at least 2 s after status 429 with Retry-After: 2"
        assert found.actual == "1.00 s"

    def test_is_not_judged_where_no_time_is_known(self) -> None:
        assert not judges("retry.after", in_turn(throttled(retry_after="soon"), 204))
        assert not judges("retry.after", in_turn(None, 204))
        assert not judges("retry.after", in_turn(throttled()))


class TestAfterMalformed:
    @pytest.mark.parametrize("value", ["1", "1.5", LATER])
    def test_what_can_be_read_is_not_malformed(self, value: str) -> None:
        assert not judges("retry.after-malformed", in_turn(throttled(retry_after=value)))

    def test_absent_is_not_malformed(self) -> None:
        assert not judges("retry.after-malformed", in_turn(429))
        assert not judges("retry.after-malformed", in_turn(None))

    @pytest.mark.parametrize(
        ("outcome", "found"), [(failure(429), []), (SUCCESS, []), (CRASH, [("crash", "soon")])]
    )
    def test_a_crash(self, outcome: Outcome, found: list[tuple[str, str]]) -> None:
        step = in_turn(throttled(retry_after="soon"), outcome=outcome)
        assert [(each.kind, each.input) for each in findings("retry.after-malformed", step)] == found

    @pytest.mark.parametrize(
        ("times", "seen"),
        [
            ([0, 0.1, 0.2, 0.3, 0.4], None),
            ([0, 0.2, 0.4, 0.6, 0.8, 1.0], None),
            ([0, 2, 2.1, 2.2, 2.3, 2.4, 2.5, 2.6], "6 requests in 0.50 s"),
        ],
    )
    def test_a_storm_is_six_requests_in_less_than_a_second(
        self, times: list[float], seen: str | None
    ) -> None:
        step = repeated(*(64 + time for time in times), retry_after="soon", outcome=failure(429))
        found = findings("retry.after-malformed", step)
        assert [each.actual for each in found] == ([seen] if seen else [])


class TestBackoff:
    @pytest.mark.parametrize("status", [429, 503, 504])
    def test_six_requests_in_a_second_are_a_storm(self, status: int) -> None:
        times = [60.0, 60.1, 60.2, 60.3, 60.4, 60.9]
        step = repeated(*times, status=status, retry_after=None, outcome=failure(status))
        (found,) = findings("retry.backoff", step)
        assert (found.kind, found.actual) == ("storm", "6 requests in 0.90 s")
        assert found.expected == "at most 5 requests in a second"
        assert found.at is step.requests[5]

    @pytest.mark.parametrize(
        "times", [[0, 0, 0, 0, 0], [0, 0.2, 0.4, 0.6, 0.8, 1.0], [0, 0, 0, 0.2, 0.6, 1.4], [0, 0.1]]
    )
    def test_fewer_are_not(self, times: list[float]) -> None:
        assert kinds("retry.backoff", repeated(*times, retry_after=None, outcome=failure(429))) == []

    def test_a_storm_may_begin_later(self) -> None:
        times = [0, 2, 2.1, 2.2, 2.3, 2.4, 2.5]
        step = repeated(*times, retry_after=None, outcome=failure(429))
        assert [each.actual for each in findings("retry.backoff", step)] == ["6 requests in 0.50 s"]

    def test_retries_after_a_retry_after_do_not_count(self) -> None:
        without = repeated(*[0.0] * 5, retry_after=None, outcome=failure(429))
        having = repeated(*[0.0] * 7, retry_after="0", outcome=failure(429))
        mixed = replace(having, responses=(*without.responses, *having.responses[5:]))
        assert judges("retry.backoff", without)
        assert not judges("retry.backoff", having)
        assert kinds("retry.backoff", mixed) == []

    @pytest.mark.parametrize("status", [408, 425, 500, 502])
    def test_is_not_judged_after_other_errors(self, status: int) -> None:
        assert not judges("retry.backoff", repeated(0.0, 0.0, status=status, retry_after=None))

    def test_is_not_judged_without_a_retry(self) -> None:
        assert not judges("retry.backoff", repeated(0.0, retry_after=None, outcome=failure(429)))
        assert not judges("retry.backoff", in_turn(None, 204))


class TestBounded:
    @pytest.mark.parametrize(
        ("answers", "judged"),
        [
            ([400], True),
            ([429, 503], True),
            ([None], True),
            ([None, 500], True),
            ([399], False),
            ([302], False),
            ([429, 204], False),
            ([], False),
        ],
    )
    def test_is_judged_where_every_try_was_refused(self, answers: list[int | None], judged: bool) -> None:
        assert judges("retry.bounded", in_turn(*answers)) == judged

    @pytest.mark.parametrize(
        ("answers", "outcome", "found"),
        [
            ([503, 503], HANG, ["hang"]),
            ([503], HANG, []),
            ([503, 503], failure(503), []),
            ([503, 503], CRASH, []),
            ([503, 503], SUCCESS, []),
        ],
    )
    def test_a_hang_among_retries(self, answers: list[int], outcome: Outcome, found: list[str]) -> None:
        assert kinds("retry.bounded", in_turn(*answers, outcome=outcome)) == found

    def test_a_request_just_after_the_grace_is_not_late(self) -> None:
        assert kinds("retry.bounded", repeated(0.0, 4.52, outcome=failure(429))) == []
        patient = replace(call(), timeout=4.0)
        for time, found in ((6.0, []), (6.1, ["late"])):
            step = replace(repeated(0.0, time, outcome=failure(429)), call=patient)
            assert kinds("retry.bounded", step) == found


def asked_with(token: str) -> WireRequest:
    return request(fields={"Authorization": f"Bearer {token}"})


class TestEquivalent:
    CHALLENGE = response(401, fields=(("WWW-Authenticate", 'Bearer error="x", claims="e30="'),))

    def test_is_judged_on_more_than_one_request(self) -> None:
        assert [judges("retry.equivalent", in_turn(*[503] * count)) for count in range(4)] == [
            *(False, False),
            *(True, True),
        ]

    @pytest.mark.parametrize(
        ("second", "found"),
        [
            (request(), []),
            (request(method="PUT"), ["method"]),
            (request(method="GET"), ["method"]),
            (request("/beta"), ["target"]),
            (request("/v1.0"), ["target"]),
            (request(content="{}"), ["content"]),
            (request(fields={"Authorization": None}), ["token"]),
            (asked_with("a"), ["token"]),
            (asked_with("~"), ["token"]),
        ],
    )
    def test_a_retry_is_the_same_request(self, second: WireRequest, found: list[str]) -> None:
        tries = in_turn(503, 503, 204, sent=[request(), second, request()])
        seen = findings("retry.equivalent", tries)
        assert [each.kind for each in seen] == found
        assert all(each.at is tries.requests[1] for each in seen)

    @pytest.mark.parametrize(
        ("first", "found"),
        [
            (CHALLENGE, []),
            (None, ["token"]),
            (401, ["token"]),
            (replace(CHALLENGE, status=400), ["token"]),
            (replace(CHALLENGE, status=402), ["token"]),
            (replace(CHALLENGE, fields=(("WWW-Authenticate", "Bearer"),)), ["token"]),
        ],
    )
    def test_a_claims_challenge_alone_is_answered_with_another_token(
        self, first: WireResponse | int | None, found: list[str]
    ) -> None:
        tries = in_turn(first, 503, 204, sent=[request(), asked_with("b"), asked_with("b")])
        assert kinds("retry.equivalent", tries) == found


REFUSALS = [
    ("retry.refused", 400),
    ("retry.refused", 403),
    ("retry.not-found", 404),
    ("retry.not-found", 422),
    ("retry.conflict", 409),
    ("retry.server-error", 500),
    ("retry.server-error", 502),
]


class TestNoResponse:
    @pytest.mark.parametrize(
        ("by", "kind"),
        [
            ("stalled", "silence"),
            ("dripped", "silence"),
            ("half-content", "broken-response"),
            ("garbage", "broken-response"),
        ],
    )
    def test_a_second_request_without_a_response(self, by: Fault, kind: str) -> None:
        tries = replace(in_turn(None, 204), fault=by)
        (found,) = findings("retry.no-response", tries)
        assert (found.kind, found.input, found.at) == (kind, by, tries.requests[1])
        assert kinds("retry.no-response", replace(in_turn(None), fault=by)) == []

    def test_the_request_after_the_lost_response_is_shown(self) -> None:
        tries = replace(in_turn(503, None, 204), fault="stalled")
        (found,) = findings("retry.no-response", tries)
        assert found.at is tries.requests[2]

    def test_a_retry_after_a_complete_response_is_not_one(self) -> None:
        assert kinds("retry.no-response", replace(in_turn(503, None), fault="stalled")) == []

    def test_reading_the_task_is_not_a_retry(self) -> None:
        sent = [request(), request(target().removesuffix("/cancel"), method="GET")]
        tries = replace(in_turn(None, 200, sent=sent), fault="stalled")
        assert kinds("retry.no-response", tries) == []

    @pytest.mark.parametrize("by", [None, "reset", "refused", "idle-closed"])
    def test_is_not_judged_on_other_faults(self, by: Fault | None) -> None:
        assert not judges("retry.no-response", replace(in_turn(None, 204), fault=by))


class TestWhatIsNotRepeated:
    @pytest.mark.parametrize(("id", "status"), REFUSALS)
    def test_a_refusal(self, id: str, status: int) -> None:
        assert kinds(id, in_turn(status, outcome=failure(status))) == []
        tries = in_turn(None, 429, status, 204, 204)
        (found,) = findings(id, tries)
        assert (found.kind, found.at) == (f"repeated-{status}", tries.requests[3])
        assert (found.expected, found.actual) == (
            f"no retry after status {status}",
            "2 more requests",
        )

    @pytest.mark.parametrize(
        ("values", "found"),
        [
            (["Bearer b"], 0),
            (["Bearer b", "Bearer c"], 0),
            ([f"Bearer {TOKEN}"], 1),
            ([f"bearer   {TOKEN}"], 1),
            ([None], 1),
            (["Bearer b", f"Bearer {TOKEN}"], 1),
            (["Bearer b", "Bearer b"], 1),
        ],
    )
    def test_403_is_repeated_with_other_credentials_alone(self, values: list[str | None], found: int) -> None:
        sent = [request(), *(request(fields={"Authorization": value}) for value in values)]
        tries = in_turn(*[403] * len(sent), sent=sent, outcome=failure(403))
        seen = findings("retry.refused", tries)
        assert [each.kind for each in seen] == ["repeated-403"] * found

    def test_other_credentials_after_403_are_equivalent(self) -> None:
        tries = in_turn(403, 204, sent=[request(), asked_with("b")])
        assert kinds("retry.equivalent", tries) == []

    def test_other_credentials_do_not_excuse_a_retry_after_400(self) -> None:
        tries = in_turn(400, 204, sent=[request(), asked_with("b")])
        assert kinds("retry.refused", tries) == ["repeated-400"]

    def test_401_is_repeated_once_with_another_token(self) -> None:
        assert kinds("retry.refused", in_turn(401, outcome=failure(401))) == []
        assert kinds("retry.refused", in_turn(429, 401, 204)) == []
        tries = in_turn(429, 401, 401, 204)
        (found,) = findings("retry.refused", tries)
        assert (found.kind, found.at) == ("repeated-401", tries.requests[3])
        assert found.expected == "at most 1 retry after status 401"

    @pytest.mark.parametrize(("id", "status"), REFUSALS)
    def test_is_judged_on_its_own_statuses(self, id: str, status: int) -> None:
        others = {other for _, other in REFUSALS} - {mine for other, mine in REFUSALS if other == id}
        assert judges(id, in_turn(429, status))
        assert not judges(id, in_turn(None, *sorted(others - {401})))


class TestConnectionLost:
    @pytest.mark.parametrize(
        ("by", "kind"),
        [
            ("reset", "repeated"),
            ("closed", "repeated"),
            ("half-head", "repeated"),
            ("reset-stream", "stream-reset"),
        ],
    )
    def test_a_stream_that_is_reset_is_distinguished(self, by: Fault, kind: str) -> None:
        (found,) = findings("retry.connection-lost", replace(in_turn(None, 204), fault=by))
        assert (found.kind, found.input) == (kind, by)

    @pytest.mark.parametrize("by", ["reset", "closed", "half-head"])
    @pytest.mark.parametrize("count", [1, 2, 3])
    def test_a_lost_answer_is_not_asked_for_again(self, by: Fault, count: int) -> None:
        lost = replace(in_turn(*[None] * count), fault=by)
        if count == 1:
            assert kinds("retry.connection-lost", lost) == []
        else:
            (found,) = findings("retry.connection-lost", lost)
            assert (found.kind, found.input, found.at) == ("repeated", by, lost.requests[1])

    @pytest.mark.parametrize("by", ["reset", "closed"])
    def test_reading_the_task_asks_for_no_lost_answer(self, by: Fault) -> None:
        read = request(target().removesuffix("/cancel"), method="GET")
        assert (
            kinds("retry.connection-lost", replace(in_turn(None, 200, sent=[request(), read]), fault=by))
            == []
        )
        sent = [request(), read, request()]
        tries = replace(in_turn(None, 200, 204, sent=sent), fault=by)
        (found,) = findings("retry.connection-lost", tries)
        assert (found.actual, found.at) == ("2 requests", tries.requests[2])

    @pytest.mark.parametrize("by", [None, "stalled", "refused", "idle-closed"])
    def test_other_faults_lose_nothing(self, by: Fault | None) -> None:
        assert not judges("retry.connection-lost", replace(in_turn(None, None), fault=by))

    def test_nothing_is_lost_that_was_not_sent(self) -> None:
        assert not judges("retry.connection-lost", replace(exchange(), fault="reset"))


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_read_of_the_task_does_not_count(status: int) -> None:
    read = request(f"{NAMES}/{TASK}", method="GET")
    error = response(status)
    clause = "retry.refused"
    assert kinds(clause, exchange(request(), read, read, answer=error, outcome=failure(status))) == []
    again = exchange(request(), read, request(), request(), answer=error, outcome=failure(status))
    assert kinds(clause, again) == [f"repeated-{status}"]
    other_method = exchange(*[request(), request(method="GET"), request(method="GET")], answer=error)
    assert kinds(clause, other_method) == [f"repeated-{status}"]
