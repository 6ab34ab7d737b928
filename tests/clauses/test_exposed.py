"""What an error exposes beside code, message and request id."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from graphcontract.exchange import Exchange, Outcome
from graphcontract.wire import WireResponse
from tests.clauses import ID, error_answer, exchange, findings, judges, kinds, request, response

INNER = {"code": "a", "innererror": {"request-id": ID, "innerError": {"code": "b"}}}
RESPONSE = error_answer(429, innerError=INNER, details=[{"code": "d"}, {"target": "x"}, {"code": "e"}, 1])
RESPONSE = replace(RESPONSE, fields=(*RESPONSE.fields, ("Retry-After", "10")))
ALL = ("error.retry-after", "error.inner-codes", "error.details", "error.fields")


def reported(answer: WireResponse = RESPONSE, **members: Any) -> Exchange:
    """An error with this response and these members; the call took no time."""
    return exchange(request(), outcome=Outcome.failure(kind="http", status=429, **members), answer=answer)


@pytest.mark.parametrize(
    ("id", "members"),
    [
        *(("error.retry-after", {"retry_after": wait}) for wait in (9.0, 10, 10.9)),
        ("error.inner-codes", {"inner_codes": ("a", "b")}),
        ("error.details", {"details": ("d", "e")}),
        *(("error.fields", {"fields": {name: ID, "x": "y"}}) for name in ("request-id", "Request-Id")),
    ],
)
def test_exposed(id: str, members: dict[str, Any]) -> None:
    assert kinds(id, reported(**members)) == []


@pytest.mark.parametrize(
    ("id", "members"),
    [
        *(("error.retry-after", {"retry_after": wait}) for wait in (8.0, 11.5, 10_000.0)),
        *(("error.inner-codes", {"inner_codes": codes}) for codes in (("a",), ("b", "a"), ("a", "b", "c"))),
        *(("error.details", {"details": codes}) for codes in (("d",), ("e", "d"))),
        *(("error.fields", {"fields": fields}) for fields in ({"x": "y"}, {"request-id": "other"})),
    ],
)
def test_exposed_otherwise(id: str, members: dict[str, Any]) -> None:
    assert kinds(id, reported(**members)) == ["other"]


@pytest.mark.parametrize("id", ALL)
def test_not_exposed(id: str) -> None:
    assert kinds(id, reported()) == ["missing"]


@pytest.mark.parametrize("id", ALL)
@pytest.mark.parametrize("content", [b"", b"[]", b"null", json.dumps({"error": {"details": 1}}).encode()])
def test_responses_without_these_parts_are_not_judged(id: str, content: bytes) -> None:
    for fields in ((), (("Retry-After", "soon"),), (("Retry-After", "0"),)):
        assert not judges(id, reported(response(429, content, fields=fields)))


@pytest.mark.parametrize(
    ("id", "members", "expected", "actual"),
    [
        ("error.retry-after", {"retry_after": 8.5}, "10.0", "8.5"),
        ("error.retry-after", {}, "10.0", "no retry-after"),
        ("error.inner-codes", {"inner_codes": ("b", "a")}, "a, b", "b, a"),
        ("error.inner-codes", {"inner_codes": ()}, "a, b", "no inner-codes"),
        ("error.details", {"details": ("x",)}, "d, e", "x"),
        ("error.details", {}, "d, e", "no details"),
        ("error.fields", {"fields": {"Age": "1", "Date": "2"}}, f"request-id: {ID}", "Age, Date"),
        ("error.fields", {"fields": {}}, f"request-id: {ID}", "no fields"),
    ],
)
def test_report(id: str, members: dict[str, Any], expected: str, actual: str) -> None:
    (found,) = findings(id, reported(**members))
    assert found.kind == ("missing" if actual.startswith("no ") else "other")
    assert (found.expected, found.actual) == (expected, actual)


@pytest.mark.parametrize("seconds", [1, 2])
def test_short_wait_that_is_missing(seconds: int) -> None:
    short = response(429, fields=(("Retry-After", str(seconds)),))
    assert kinds("error.retry-after", reported(short)) == ["missing"]
    assert kinds("error.retry-after", reported(short, retry_after=seconds - 1.0)) == []


@pytest.mark.parametrize("value", ["Fri, 31 Dec 2027 23:59:59 GMT", "10.5", "10 s", "-10"])
def test_only_whole_seconds_are_compared(value: str) -> None:
    fields = (("Retry-After", value), ("Date", "Fri, 31 Dec 2027 23:59:00 GMT"))
    assert not judges("error.retry-after", reported(response(429, fields=fields)))


@pytest.mark.parametrize(("levels", "found"), [(8, []), (9, ["other"])])
def test_eight_levels_of_inner_errors_are_read(levels: int, found: list[str]) -> None:
    inner: dict[str, Any] = {}
    for level in range(10, 0, -1):
        inner = {"code": f"c{level}", "innerError": inner}
    codes = tuple(f"c{level}" for level in range(1, levels + 1))
    assert (
        kinds("error.inner-codes", reported(error_answer(429, innerError=inner), inner_codes=codes)) == found
    )


def test_inner_errors_without_a_code_are_passed_over() -> None:
    inner = {"innerError": {"code": 1, "innererror": {"code": "b", "innerError": "text"}}}
    answer = error_answer(429, innerError=inner)
    assert kinds("error.inner-codes", reported(answer, inner_codes=("b",))) == []


@pytest.mark.parametrize("details", [[1, {"code": 2}], {"code": "d"}, "d", []])
def test_details_without_a_code_are_not_judged(details: object) -> None:
    assert not judges("error.details", reported(error_answer(429, details=details)))


def test_field_that_occurs_twice_is_not_compared() -> None:
    two = replace(RESPONSE, fields=(("request-id", ID), ("Request-Id", "other")))
    assert not judges("error.fields", reported(two))


@pytest.mark.parametrize("value", [f" {ID}", f"{ID}\t"])
def test_spaces_around_a_field_make_no_difference(value: str) -> None:
    assert kinds("error.fields", reported(fields={"REQUEST-ID": value})) == []


@pytest.mark.parametrize("id", ALL)
def test_outcomes_without_an_error_are_not_judged(id: str) -> None:
    assert not judges(id, replace(reported(), outcome=Outcome.success(status=429)))
    assert not judges(id, replace(reported(), outcome=Outcome.crash("KeyError")))
