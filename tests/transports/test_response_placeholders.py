"""Placeholders in fields: roots, and dates that can be waited for."""

from __future__ import annotations

import time
from datetime import UTC
from email.utils import parsedate_to_datetime

import httpx
import pytest

from graphcontract.http.stub_response import ResponseScript, StubResponse
from graphcontract.transports import response_placeholders
from graphcontract.transports.loopback import Loopback
from graphcontract.transports.mock import Mock
from graphcontract.transports.response_placeholders import fill_placeholders

from .wire import done

ROOTS = {"self": "http://127.0.0.1:1", "other-host": "http://localhost:2"}


def values(answer: StubResponse) -> list[str]:
    return [value for _, value in answer.fields]


def date(value: str) -> float:
    moment = parsedate_to_datetime(value)
    assert moment.tzinfo is UTC
    return moment.timestamp()


def test_places() -> None:
    answer = StubResponse(307, (("Location", "{self}/a"), ("A", "x{other-host}{self}"), ("B", "")))
    assert values(fill_placeholders(answer, ROOTS)) == [
        "http://127.0.0.1:1/a",
        "xhttp://localhost:2http://127.0.0.1:1",
        "",
    ]


def test_authorities_of_places() -> None:
    answer = StubResponse(307, (("Location", "//{@other-host}/a"), ("A", "{self}@{@other-host}")))
    assert values(fill_placeholders(answer, ROOTS)) == ["//localhost:2/a", "http://127.0.0.1:1@localhost:2"]


def test_nothing_to_fill_is_the_same_answer() -> None:
    answer = StubResponse(307, (("Location", "/a"),))
    assert fill_placeholders(answer, ROOTS) is answer


@pytest.mark.parametrize(
    "value", ["{}", "{id}", "{SELF}", "{date}", "{date+}", "{date-1}", "{", '{"self":1}']
)
def test_other_braces_are_left_alone(value: str) -> None:
    answer = StubResponse(503, (("A", value),))
    response_placeholders.check(answer, ())
    assert fill_placeholders(answer, {}) == answer


@pytest.mark.parametrize("now", [1_762_939_800.0, 1_762_939_800.001, 1_762_939_800.999])
def test_a_date_is_whole_seconds_ahead(monkeypatch: pytest.MonkeyPatch, now: float) -> None:
    monkeypatch.setattr(time, "time", lambda: now)
    answer = fill_placeholders(StubResponse(503, (("Date", "{date+0}"), ("Retry-After", "{date+2}"))), {})
    shown, until = values(answer)
    assert until == "Wed, 12 Nov 2025 09:30:02 GMT"
    assert 1 < date(until) - now <= 2
    assert date(until) - date(shown) == 2


def test_dates_and_places_on_the_wire(server: Loopback) -> None:
    endpoint = done(
        server, StubResponse(503, (("Location", "{same-host-name}/x"), ("Retry-After", "{date+100}")))
    )
    before = time.time()
    response = httpx.post(endpoint.root, trust_env=False)
    after = time.time()
    assert response.headers["location"] == endpoint.root.replace("127.0.0.1", "localhost") + "/x"
    assert before + 99 < date(response.headers["retry-after"]) <= after + 100
    (recorded,) = endpoint.finish().responses
    assert recorded.values("location") == [response.headers["location"]]
    assert recorded.values("retry-after") == [response.headers["retry-after"]]


def test_every_answer_is_filled_when_it_is_sent(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = done(server, StubResponse(503, (("Date", "{date+0}"),)))
    dates = []
    for now in (0.0, 60.0):
        monkeypatch.setattr(time, "time", lambda now=now: now)
        dates.append(date(httpx.post(endpoint.root, trust_env=False).headers["date"]))
    assert dates == [0.0, 60.0]


@pytest.mark.parametrize(
    "name", ["other-port", "other-host", "plain", "in-capitals", "subdomain", "alike-address"]
)
def test_a_root_that_the_endpoint_does_not_have(server: Loopback, name: str) -> None:
    answer = StubResponse(307, (("Location", f"{{{name}}}/x"),))
    with pytest.raises(ValueError, match=rf"root of the placeholder {{{name}}}"):
        done(server, answer)
    with Mock() as mock, pytest.raises(ValueError, match=rf"root of the placeholder {{{name}}}"):
        mock.open_endpoint(ResponseScript((answer,)))


def test_the_mock_fills_them_too() -> None:
    with Mock() as mock:
        endpoint = mock.open_endpoint(
            ResponseScript((StubResponse(307, (("Location", "{self}/x"), ("Date", "{date+0}"))),))
        )
        response = httpx.post(endpoint.root)
        assert response.headers["location"] == f"{endpoint.root}/x" == f"{endpoint.roots['self']}/x"
        assert abs(date(response.headers["date"]) - time.time()) < 60
        assert endpoint.finish().responses[0].values("location") == [f"{endpoint.root}/x"]


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("rfc850", "Sunday, 06-Nov-94 08:49:37 GMT"),
        ("asctime", "Sun Nov  6 08:49:37 1994"),
    ],
)
def test_dates_come_in_every_form_that_http_knows(
    form: str, written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The moment is RFC 9110's own example."""
    monkeypatch.setattr("time.time", lambda: 784111774.5)
    assert fill_placeholders(StubResponse(503, (("Retry-After", f"{{{form}+3}}"),)), {}).fields == (
        ("Retry-After", written),
    )
