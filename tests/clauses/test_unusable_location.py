"""Redirects whose Location cannot be followed, and what the client does then."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphcontract.clauses.locations import find_unusable_location
from graphcontract.exchange import Exchange, Outcome
from tests.clauses import CRASH, HANG, SUCCESS, exchange, failure, findings, judges, kinds, request, response

CLAUSE = "redirect.unusable-location"


def led(location: str, count: int = 1, status: int = 302, outcome: Outcome = CRASH) -> Exchange:
    """As many requests, each of which got this redirect."""
    answer = response(status, fields=(("Location", location),))
    return exchange(*[request()] * count, answer=answer, outcome=outcome)


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("mailto:someone@example.com", "scheme"),
        ("x-graph://127.0.0.1/", "scheme"),
        ("javascript:0", "scheme"),
        ("http://[", "malformed"),
        ("http://[bad/x", "malformed"),
        ("http://127.0.0.1:99999/", "malformed"),
        ("http://127.0.0.1:port/", "malformed"),
        ("/moved\x01", "characters"),
        ("/moved\x7f", "characters"),
        ("/moved here", "characters"),
        ("/d\xe9plac\xe9", "characters"),
        ("", None),
        ("?step=1", None),
        ("//127.0.0.1:2/x", None),
        ("HTTPS://127.0.0.1/x", None),
        ("cancel", None),
    ],
)
def test_which_locations_cannot_be_followed(location: str, reason: str | None) -> None:
    assert find_unusable_location(response(307, fields=(("Location", location),))) == reason
    assert judges(CLAUSE, led(location)) == (reason is not None)
    assert judges("redirect.bounded", led(location)) == (reason is None)


def test_statuses_of_redirects() -> None:
    fields = (("Location", "mailto:a@b"),)
    found = [status for status in range(200, 600) if find_unusable_location(response(status, fields=fields))]
    assert found == [status for status in range(300, 400) if status != 304]


def test_statuses() -> None:
    judged = [status for status in range(200, 600) if judges(CLAUSE, led("mailto:a@b", status=status))]
    assert judged == [status for status in range(300, 400) if status != 304]
    assert not judges(CLAUSE, exchange(request(), answer=response(302)))


@pytest.mark.parametrize(
    ("outcome", "found"),
    [
        (CRASH, ["crash"]),
        (HANG, ["hang"]),
        (failure(302), []),
        (failure(None), []),
        (SUCCESS, []),
        (Outcome.rejected("no"), []),
    ],
)
@pytest.mark.parametrize("count", [1, 5])
def test_outcomes(outcome: Outcome, found: list[str], count: int) -> None:
    assert kinds(CLAUSE, led("http://[", count, outcome=outcome)) == found


@pytest.mark.parametrize("outcome", [CRASH, HANG, failure(302), SUCCESS])
def test_fifty_more_requests_are_the_most(outcome: Outcome) -> None:
    assert "endless" not in kinds(CLAUSE, led("mailto:a@b", 51, outcome=outcome))
    (found,) = findings(CLAUSE, led("mailto:a@b", 52, outcome=outcome))
    assert (found.kind, found.input, found.actual) == ("endless", "", "52 requests")
    assert found.expected == 'failure for Location: "mailto:a@b", and at most 50 more requests'


def test_what_came_after_another_response_is_for_other_clauses() -> None:
    step = led("mailto:a@b", 2)
    last = replace(response(204), request=1)
    assert not judges(CLAUSE, replace(step, responses=(step.responses[0], last)))


@pytest.mark.parametrize(
    ("location", "input"), [("x:y", "scheme"), ("//[", "malformed"), ("\x01", "characters")]
)
def test_each_reason_is_a_class_of_input(location: str, input: str) -> None:
    assert [each.input for each in findings(CLAUSE, led(location))] == [input]
    assert [each.input for each in findings(CLAUSE, led(location, outcome=HANG))] == [""]


@pytest.mark.parametrize("count", [1, 3])
def test_success_is_for_another_clause(count: int) -> None:
    assert kinds("response.redirection", led("mailto:a@b", count, outcome=SUCCESS)) == ["success"]
    assert kinds("response.redirection", led("mailto:a@b", count, outcome=failure(302))) == []
    assert judges("response.redirection", led("", count, outcome=SUCCESS)) == (count == 1)
    assert kinds("redirect.bounded", led("", count, outcome=SUCCESS)) == (["success"] if count > 1 else [])
