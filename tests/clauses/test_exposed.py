"""What an error exposes beside code, message and request id."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from graphcontract.exchange import Exchange, Outcome
from graphcontract.wire import WireResponse
from tests.clauses import ID, error_answer, exchange, judges, kinds, request, response

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
