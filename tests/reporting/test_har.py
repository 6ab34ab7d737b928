"""HAR 1.2: every request of the evidence, or of the whole run, as other tools read it."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from graphcontract.judging.verdict import ClauseResult
from graphcontract.reporting.har import Har
from tests.reporting import broken, events_of, evidence


def fields(**types: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(types), "properties": types}


TEXT, NUMBER, LIST = {"type": "string"}, {"type": "number"}, {"type": "array"}
SIZE = {"type": "integer", "minimum": -1}
WHEN = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"}
PAIRS = {"type": "array", "items": fields(name=TEXT, value=TEXT)}
MESSAGE = {"httpVersion": TEXT, "cookies": LIST, "headers": PAIRS, "headersSize": SIZE, "bodySize": SIZE}
CONTENT = fields(size=SIZE, mimeType=TEXT, text=TEXT)
ENTRY = fields(
    startedDateTime=WHEN,
    time={"type": "number", "minimum": 0},
    request=fields(method=TEXT, url=TEXT, queryString=PAIRS, **MESSAGE),
    response=fields(
        status={"type": "integer"}, statusText=TEXT, redirectURL=TEXT, content=CONTENT, **MESSAGE
    ),
    cache={"type": "object"},
    timings=fields(send=NUMBER, wait=NUMBER, receive=NUMBER),
)
PAGE = fields(startedDateTime=WHEN, id=TEXT, title=TEXT, pageTimings={"type": "object"})
LOG = fields(
    version={"const": "1.2"},
    creator=fields(name=TEXT, version=TEXT),
    pages={"type": "array", "items": PAGE},
    entries={"type": "array", "items": ENTRY},
)
"""What the specification of HAR 1.2 requires, as far as Har writes it."""


class Kept(io.StringIO):
    def close(self) -> None:
        pass


def write(events: list[Any]) -> dict[str, Any]:
    stream = Kept()
    har = Har(stream)
    for event in events:
        har.pytest_graphcontract_event(event)
    log: dict[str, Any] = json.loads(stream.getvalue())["log"]
    assert [error.message for error in Draft202012Validator(LOG).iter_errors(log)] == []
    assert {each["pageref"] for each in log["entries"]} <= {each["id"] for each in log["pages"]}
    return log


def raw(text: str) -> dict[str, Any]:
    return {"text": text, "size": len(text), "sha256": "0" * 64}


def test_the_exchanges_of_a_failure() -> None:
    log = write(events_of(broken("request.method"), ClauseResult("request.path", "pass", 3)))
    (page,), (entry,) = log["pages"], log["entries"]
    assert page["title"] == evidence()["id"]
    request, response = entry["request"], entry["response"]
    assert request["method"] == "post"
    assert request["url"].startswith("http://")
    assert "/beta/solutions/sharePoint/migrations/" in request["url"]
    assert {"name": "Authorization", "value": "Bearer [token]"} in request["headers"]
    assert (response["status"], response["statusText"]) == (204, "No Content")
    assert entry["startedDateTime"] >= page["startedDateTime"]


def test_a_run_without_failures_is_an_archive_without_entries() -> None:
    log = write(events_of(ClauseResult("request.path", "pass", 3)))
    assert (log["pages"], log["entries"]) == ([], [])


def test_with_record_all_every_exchange_stands_once() -> None:
    events = events_of(broken("request.method"))
    events[0] = {**events[0], "options": {"record": "all"}}
    exchange = {"event": "exchange", "clause": "request.method", **evidence()["exchange"]}
    log = write([*events[:2], exchange, exchange, *events[2:]])
    assert [page["title"] for page in log["pages"]] == ["request.method"] * 2
    assert len(log["entries"]) == 2


@pytest.mark.parametrize(
    "text", ["", "\x16\x03\x01\udc80", "GET", "PRI * HTTP/2.0\r\n\r\nSM", "GET http://[x HTTP/1.1"]
)
def test_a_request_that_is_not_http(text: str) -> None:
    exchange = evidence()["exchange"]
    request = {**exchange["requests"][0], "raw": raw(text), "malformed": "no request line"}
    log = write(
        events_of(broken("request.method", exchange={**exchange, "requests": [request], "responses": []}))
    )
    (entry,) = log["entries"]
    assert entry["comment"] == "The request is not HTTP: no request line"
    assert entry["response"]["status"] == 0


def test_a_query_content_and_a_redirect() -> None:
    exchange = evidence()["exchange"]
    head = "POST /x?a=1&b=%20&a= HTTP/1.1\r\nHost: h\r\nContent-Type: application/json"
    sent = head + "\r\nContent-Length: 2\r\n\r\n{}"
    answer = "HTTP/1.1 302 Found\r\nLocation: /y\r\n\r\n"
    request = {**exchange["requests"][0], "raw": raw(sent), "server_name": "h"}
    response = {"at": 1.5, "status": 302, "request": 0, "raw": raw(answer)}
    log = write(
        events_of(
            broken("request.method", exchange={**exchange, "requests": [request], "responses": [response]})
        )
    )
    (entry,) = log["entries"]
    assert entry["request"]["url"].startswith("https://")
    assert [tuple(each.values()) for each in entry["request"]["queryString"]] == [
        ("a", "1"),
        ("b", " "),
        ("a", ""),
    ]
    assert entry["request"]["postData"] == {"mimeType": "application/json", "text": "{}"}
    assert entry["response"]["redirectURL"] == "/y"
    assert entry["time"] == pytest.approx(1500 - 1000 * request["at"], abs=0.01)
