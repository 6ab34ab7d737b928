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


def test_field_that_no_earlier_call_began_with() -> None:
    number = ("X-Retry-Attempt", "1")
    retried = replace(PLAIN, requests=(request(), request(more=[number])))
    assert kinds(CLAUSE, PLAIN, retried, sent(number), control=PLAIN) == ["left-over"]
    assert kinds(CLAUSE, PLAIN, retried, PLAIN, control=PLAIN) == []
    assert kinds(CLAUSE, PLAIN, sent(number), sent(number), control=PLAIN) == []
    assert kinds(CLAUSE, PLAIN, retried, sent(number)) == [], "there is nothing to compare it with"


def calls_with(*values: str) -> list[Exchange]:
    return [sent(("User-Agent", value)) for value in values]


def test_value_that_grows_with_every_call() -> None:
    *before, last = calls_with(*("a" * size for size in range(1, 12)))
    assert kinds(CLAUSE, *before, last, control=before[0]) == ["growing"]


@pytest.mark.parametrize(
    "sizes", [[1, 2, 3, 4, 5, 6, 6, 6, 6, 6, 6], [1, 2, 1, 2, 3, 4, 5, 6, 7, 8, 7], [1] * 8 + [2, 2, 2]]
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
    assert kinds(CLAUSE, retried(), retried()) == []
    assert kinds(CLAUSE, retried(), replace(GIVEN_UP, ended=1.1)) == [], "its timeout had nearly passed"


def sent_at(*times: float) -> Exchange:
    """A successful call with requests at these times after its start, and a 503 at once if it has two."""
    requests = tuple(replace(request(), at=at) for at in times)
    made = replace(retried() if len(times) > 1 else PLAIN, requests=requests)
    return replace(made, responses=(replace(made.responses[0], at=times[0]), *made.responses[1:]))


@pytest.mark.parametrize(("at", "found"), [(0.1, []), (1.7, []), (1.9, ["delayed"])])
def test_delay_of_an_earlier_retry(at: float, found: list[str]) -> None:
    assert kinds(CLAUSE, sent_at(0), sent_at(0, 2), sent_at(at), control=sent_at(0)) == found
    assert kinds(CLAUSE, sent_at(0), sent_at(0, 1), sent_at(at), control=sent_at(0)) == []


def test_client_that_is_always_slow() -> None:
    assert kinds(CLAUSE, sent_at(2.1), sent_at(2.1, 4.2), sent_at(2.1), control=sent_at(2.1)) == []


def test_finding_names_the_request() -> None:
    later = sent(("If-Match", TAG))
    (found,) = findings(CLAUSE, received(409, ("ETag", TAG)), later)
    assert found.at is later.requests[0]
    assert found.actual == f"{TAG}, from the response to an earlier call"
    assert fault(CLAUSE, received(409, ("ETag", TAG)), later) == ("left-over", "")


def test_every_argument_of_a_call_is_its_own() -> None:
    earlier = received(409, ("ETag", f'W/"{TAG}"'))
    later = sent(path=f"{target()}?x={TAG}")
    two = replace(later, call=replace(later.call, arguments={**later.call.arguments, "other": TAG}))
    assert kinds(CLAUSE, earlier, two) == []
