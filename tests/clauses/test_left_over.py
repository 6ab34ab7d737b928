"""What earlier calls leave behind in a later request, and what a client may keep."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphcontract.exchange import Exchange, Outcome
from tests.clauses import SUCCESS, exchange, failure, fault, findings, kinds, request, response, target

CLAUSE = "calls.independent"
TAG = "left-over-entity-tag-1"
PLAIN = exchange(request())


def sent(*more: tuple[str, str], path: str = target()) -> Exchange:
    """A successful call whose request has these additional fields."""
    return exchange(request(path, more=more))


def received(status: int, *fields: tuple[str, str], content: bytes = b"") -> Exchange:
    """A call that got this response."""
    return exchange(request(), answer=response(status, content, fields=fields), outcome=failure(status))


@pytest.mark.parametrize(
    "earlier",
    [
        received(409, ("ETag", f'W/"{TAG}"')),
        received(307, ("Location", f"?x={TAG}")),
        received(409, content=f'{{"error": {{"code": "{TAG}"}}}}'.encode()),
    ],
)
@pytest.mark.parametrize(
    "later",
    [sent(("If-Match", f'"{TAG}"')), sent(path=f"{target()}?x={TAG}"), exchange(request(content=TAG))],
)
def test_value_of_an_earlier_response(earlier: Exchange, later: Exchange) -> None:
    assert kinds(CLAUSE, earlier, later) == ["left-over"]
    assert kinds(CLAUSE, later, earlier) == []


@pytest.mark.parametrize("status", [301, 308])
def test_location_of_a_permanent_redirect_may_be_kept(status: int) -> None:
    moved = received(status, ("Location", f"{target()}?x={TAG}"))
    assert kinds(CLAUSE, moved, sent(path=f"{target()}?x={TAG}")) == []


@pytest.mark.parametrize("name", ["ETag", "X-Tag"])
def test_other_fields_of_a_permanent_redirect(name: str) -> None:
    moved = received(308, ("Location", target()), (name, TAG))
    assert kinds(CLAUSE, moved, sent(("If-Match", TAG))) == ["left-over"]


@pytest.mark.parametrize("name", ["Cookie", "cookie", "Alt-Used", "DPoP", "Sec-Fetch-Site"])
def test_fields_that_clients_keep_by_design(name: str) -> None:
    earlier = received(409, ("Set-Cookie", f"id={TAG}"))
    assert kinds(CLAUSE, PLAIN, earlier, sent((name, f"id={TAG}")), control=PLAIN) == []


@pytest.mark.parametrize("control", [PLAIN, Exchange(PLAIN.call, (), (), failure(None))])
def test_calls_that_sent_nothing_have_no_usual_fields(control: Exchange) -> None:
    unsent = Exchange(PLAIN.call, (), (), failure(None))
    assert kinds(CLAUSE, unsent, unsent, sent(("X-Feature", "a")), control=control) == []


def test_value_that_the_client_had_sent_before_the_response() -> None:
    mine = ("x-correlation", TAG)
    echoed = replace(sent(mine), responses=(response(409, fields=(mine,)),), outcome=failure())
    assert kinds(CLAUSE, echoed, sent(mine)) == []
    assert kinds(CLAUSE, received(409, mine), sent(mine), control=sent(mine)) == []


def test_value_that_a_retry_repeats_is_still_of_the_response() -> None:
    answers = (response(503, fields=(("ETag", TAG),)), response(204, request=1))
    repeated = replace(exchange(request(), request(more=[("If-Match", TAG)])), responses=answers)
    assert kinds(CLAUSE, PLAIN, repeated) == []
    assert kinds(CLAUSE, repeated, sent(("If-Match", TAG))) == ["left-over"]


def test_field_that_no_earlier_call_began_with() -> None:
    number = ("X-Retry-Attempt", "1")
    retried = replace(PLAIN, requests=(request(), request(more=[number])))
    assert kinds(CLAUSE, PLAIN, retried, sent(number), control=PLAIN) == ["left-over"]
    assert kinds(CLAUSE, PLAIN, retried, PLAIN, control=PLAIN) == []
    assert kinds(CLAUSE, PLAIN, retried, retried, control=PLAIN) == [], "its retry has the number again"
    assert kinds(CLAUSE, PLAIN, sent(number), control=PLAIN) == [], "one call shows nothing usual"
    assert kinds(CLAUSE, PLAIN, sent(number), sent(number), control=PLAIN) == []
    assert kinds(CLAUSE, PLAIN, retried, sent(number)) == [], "there is nothing to compare it with"


def test_finding_shows_the_first_request_with_a_new_field() -> None:
    last = exchange(request(more=[("X-Retry-Attempt", "1"), ("X-Error", "503")]), request())
    (found,) = findings(CLAUSE, PLAIN, PLAIN, last, control=PLAIN)
    assert found.at is last.requests[0]
    assert found.expected == "a request as from a new client object"
    assert found.actual == "the field X-Retry-Attempt: 1, which it did not have before"


def calls_with(*values: str) -> list[Exchange]:
    return [sent(("User-Agent", value)) for value in values]


def test_value_that_grows_with_every_call() -> None:
    *before, last = calls_with(*("a" * size for size in range(1, 12)))
    assert kinds(CLAUSE, *before, last, control=before[0]) == ["growing"]


def test_eight_longer_values_in_a_row_are_growth() -> None:
    control, *calls = calls_with("xyz", *("a" * size for size in (5, 1, 2, 3, 4, 5, 6, 7, 8, 9)))
    (found,) = findings(CLAUSE, *calls, control=control)
    assert (found.kind, found.input, found.at) == ("growing", "", calls[-1].requests[0])
    assert found.expected == "user-agent field as from a new client object: xyz"
    assert found.actual == "a" * 9
    assert kinds(CLAUSE, *calls[1:], control=control) == ["growing"]
    assert kinds(CLAUSE, *calls[2:], control=calls[1]) == [], "they are seven"


@pytest.mark.parametrize(
    "sizes",
    [
        [1, 2, 3, 4, 5, 6, 6, 6, 6, 6, 6],
        [1, 2, 1, 2, 3, 4, 5, 6, 7, 8, 7],
        [1] * 8 + [2, 2, 2],
        [1, 3, 4],
    ],
)
def test_value_that_grows_now_and_then(sizes: list[int]) -> None:
    *before, last = calls_with(*("a" * size for size in sizes))
    assert kinds(CLAUSE, *before, last, control=calls_with("aa")[0]) == []


def test_lines_of_one_field_are_one_value() -> None:
    *before, last = [sent(*[("X-Error", "409")] * lines) for lines in range(11)]
    assert kinds(CLAUSE, *before, last, control=before[0]) == ["growing"]


def test_value_that_something_was_appended_to() -> None:
    first, second, appended, other = calls_with("sdk/1", "sdk/1", "sdk/1 retry/1", "another/2.0")
    assert kinds(CLAUSE, first, second, appended, control=first) == ["growing"]
    assert kinds(CLAUSE, first, second, other, control=first) == []
    *_, counted = calls_with("1", "2", "12")
    assert kinds(CLAUSE, *calls_with("1", "2"), counted, control=first) == []


def test_only_the_first_request_of_a_call_is_compared() -> None:
    agents = [("User-Agent", "sdk/1 retry/1")], [("User-Agent", "sdk/1")]
    first, second = calls_with("sdk/1", "sdk/1")
    appended = exchange(*(request(more=each) for each in agents))
    (found,) = findings(CLAUSE, first, second, appended, control=first)
    assert (found.kind, found.actual, found.at) == ("growing", "sdk/1 retry/1", appended.requests[0])
    on_retry = exchange(*(request(more=each) for each in reversed(agents)))
    assert kinds(CLAUSE, first, second, on_retry, control=first) == []


def retried(count: int = 2, outcome: Outcome = SUCCESS, status: int = 503) -> Exchange:
    """A call that got this status, and was retried if `count` is 2."""
    made = exchange(*[request()] * count, outcome=outcome)
    return replace(made, responses=(response(status), *made.responses[1:]))


GIVEN_UP = retried(1, failure(503))


def test_retry_that_is_no_longer_made() -> None:
    assert kinds(CLAUSE, retried(), GIVEN_UP) == ["no-retry"]
    assert kinds(CLAUSE, *[retried()] * 4, GIVEN_UP) == ["no-retry"]
    assert kinds(CLAUSE, *[retried()] * 5, GIVEN_UP) == [], "a budget for retries may be used up"
    assert kinds(CLAUSE, retried(), GIVEN_UP, GIVEN_UP) == []
    assert kinds(CLAUSE, retried(status=429), GIVEN_UP) == [], "the statuses differ"
    assert kinds(CLAUSE, retried(), retried(1, failure(429), 429)) == [], "the statuses differ"
    assert kinds(CLAUSE, retried(), retried()) == []
    in_vain = exchange(request(), request(), outcome=failure(503), answer=response(503))
    assert kinds(CLAUSE, retried(), in_vain) == [], "it was retried, in vain"
    assert kinds(CLAUSE, in_vain, GIVEN_UP) == [], "no retry has helped before"
    assert kinds(CLAUSE, retried(1), GIVEN_UP, control=PLAIN) == [], "the call before was not retried either"
    assert kinds(CLAUSE, retried(), retried(1)) == [], "a success is not a matter of retries"


def test_call_that_took_long_had_no_time_for_a_retry() -> None:
    at = 1000.0
    assert kinds(CLAUSE, retried(), replace(GIVEN_UP, started=at, ended=at + 0.9)) == ["no-retry"]
    assert kinds(CLAUSE, retried(), replace(GIVEN_UP, started=at, ended=at + 1.1)) == []


@pytest.mark.parametrize("status", [429, 503])
def test_finding_names_the_status_that_was_not_retried(status: int) -> None:
    given_up = retried(1, failure(status), status)
    (found,) = findings(CLAUSE, retried(status=status), given_up)
    assert (found.kind, found.at) == ("no-retry", given_up.requests[0])
    assert found.expected == f"a retry after {status}, as in the calls before"
    assert found.actual == "no retry"


def sent_at(*times: float, started: float = 0.0) -> Exchange:
    """A successful call with requests at these times after its start, and a 503 at once if it has two."""
    clock = [started + at for at in times]
    made = replace(retried() if len(times) > 1 else PLAIN, started=started)
    requests = tuple(replace(request(), at=at) for at in clock)
    responses = tuple(replace(each, at=at) for each, at in zip(made.responses, clock, strict=True))
    return replace(made, requests=requests, responses=responses)


@pytest.mark.parametrize(("at", "found"), [(0.1, []), (1.7, []), (1.9, ["delayed"])])
def test_delay_of_an_earlier_retry(at: float, found: list[str]) -> None:
    assert kinds(CLAUSE, sent_at(0), sent_at(0, 2), sent_at(at), control=sent_at(0)) == found
    assert kinds(CLAUSE, sent_at(0), sent_at(0, 1), sent_at(at), control=sent_at(0)) == []


def test_client_that_is_always_slow() -> None:
    assert kinds(CLAUSE, sent_at(2.1), sent_at(2.1, 4.2), sent_at(2.1), control=sent_at(2.1)) == []


@pytest.mark.parametrize(("at", "found"), [(0.1, []), (1.9, ["delayed"])])
def test_delay_counts_from_the_start_of_each_call(at: float, found: list[str]) -> None:
    first, second, last = sent_at(0, started=10), sent_at(0, 2, started=20), sent_at(at, started=30)
    assert kinds(CLAUSE, second, last, control=first) == found


@pytest.mark.parametrize(("at", "found"), [(1.9, []), (2.1, ["delayed"])])
def test_delay_beyond_half_the_wait_and_the_usual_one(at: float, found: list[str]) -> None:
    assert kinds(CLAUSE, sent_at(1, 3), sent_at(at), control=sent_at(1)) == found


def test_shortest_delay_of_all_calls_is_the_usual_one() -> None:
    assert kinds(CLAUSE, sent_at(0, 2), sent_at(2.1), control=sent_at(2.1)) == ["delayed"]
    assert kinds(CLAUSE, sent_at(0, 2), sent_at(1.9), control=sent_at(0, 2)) == ["delayed"]


def test_wait_before_a_retry_of_the_same_call_is_not_a_delay() -> None:
    assert kinds(CLAUSE, sent_at(0, 2), sent_at(0, 2), control=sent_at(0)) == []


def test_finding_says_how_long_the_call_waited() -> None:
    last = sent_at(1.92, 1.95)
    (found,) = findings(CLAUSE, sent_at(0, 2), last, control=sent_at(0))
    assert (found.kind, found.at) == ("delayed", last.requests[0])
    assert (found.expected, found.actual) == ("a request at once", "a request after 1.9 s")


def test_finding_names_the_request() -> None:
    later = sent(("If-Match", TAG), ("If-None-Match", f"{TAG}-and-another"))
    (found,) = findings(CLAUSE, received(409, ("ETag", TAG), ("Age", f"{TAG}-and-another")), later)
    assert found.at is later.requests[0]
    assert found.expected == "only values of the call and of the client"
    assert found.actual == f"{TAG}, from the response to an earlier call"
    assert fault(CLAUSE, received(409, ("ETag", TAG)), later) == ("left-over", "")


def test_every_argument_of_a_call_is_its_own() -> None:
    earlier = received(409, ("ETag", f'W/"{TAG}"'))
    later = sent(path=f"{target()}?x={TAG}")
    two = replace(later, call=replace(later.call, arguments={**later.call.arguments, "other": TAG}))
    assert kinds(CLAUSE, earlier, two) == []
