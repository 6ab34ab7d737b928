"""The forms of a response over HTTP/2, and fields of a connection in a request."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphcontract.exchange import Exchange, Outcome
from graphcontract.wire import WireResponse
from tests.clauses import SUCCESS, TASK, findings, judges, kinds, read, response, target
from tests.clauses.http2_calls import (
    FAILED,
    TEXTS,
    UNSUCCESSFUL,
    event,
    over_http1,
    over_http2,
    sent,
    telemetry,
)

RESPONSE = "http2.response"
CONNECTION_FIELDS = "http2.connection-fields"

HEAD = "HEADERS stream 1\n:status: 204"
EMPTY = (("Content-Length", "0"),)
FORMS = [
    pytest.param(
        "usual", response(204, frames=("HEADERS stream 1, END_STREAM",)), id="END_STREAM in HEADERS"
    ),
    pytest.param("usual", response(204), id="no frames"),
    pytest.param(
        "usual", response(204, b"x", frames=(HEAD, "DATA stream 1, 1 bytes, END_STREAM\nx")), id="DATA"
    ),
    pytest.param(
        "usual",
        response(204, b"0123456789", frames=(HEAD, "DATA stream 1, 10 bytes, END_STREAM\n0123456789")),
        id="ten bytes of DATA",
    ),
    pytest.param(
        "usual",
        response(204, frames=("WINDOW_UPDATE stream 1, 0 bytes", "HEADERS stream 1, END_STREAM")),
        id="another frame without a payload",
    ),
    pytest.param(
        "usual", response(204, b"x", fields=(("Content-Length", "1"),)), id="content and its length"
    ),
    pytest.param("content-length 0", response(204, fields=EMPTY), id="content-length"),
    pytest.param(
        "empty DATA",
        response(204, fields=EMPTY, frames=(HEAD, "DATA stream 1, 0 bytes, END_STREAM")),
        id="empty DATA and content-length",
    ),
    pytest.param(
        "trailers",
        response(204, frames=(HEAD, "DATA stream 1, 0 bytes", "HEADERS stream 1, END_STREAM\nx-checksum: 1")),
        id="trailers after empty DATA",
    ),
    pytest.param(
        "trailers", response(204, frames=(HEAD, HEAD, "HEADERS stream 1, END_STREAM")), id="three headers"
    ),
    pytest.param(
        "interim response",
        response(204, interim=(103,), frames=("HEADERS stream 1\n:status: 103", HEAD)),
        id="interim response",
    ),
]


class TestResponse:
    @pytest.mark.parametrize(("form", "answer"), FORMS)
    @pytest.mark.parametrize("outcome", UNSUCCESSFUL, ids=lambda each: each.kind)
    def test_a_successful_response_is_not_reported(
        self, form: str, answer: WireResponse, outcome: Outcome
    ) -> None:
        step = over_http2(answer, outcome=outcome)
        (found,) = findings(RESPONSE, step)
        assert (found.kind, found.input) == (outcome.kind, form)
        what = "success for status 204" if form == "usual" else f"success for status 204 ({form})"
        assert (found.expected, found.actual) == (what, TEXTS[outcome.kind])
        assert kinds(RESPONSE, replace(step, outcome=SUCCESS)) == []

    @pytest.mark.parametrize(
        ("step", "judged"),
        [
            pytest.param(over_http2(response(204)), True, id="success"),
            pytest.param(over_http2(response(503), response(204)), True, id="success of a retry"),
            pytest.param(over_http2(response(204), response(503)), False, id="error at last"),
            pytest.param(over_http2(response(204), None), True, id="no later response"),
            pytest.param(over_http2(response(409)), False, id="error"),
            pytest.param(
                over_http2(response(204, fields=(("content-length", "5"),))),
                False,
                id="content-length above 0",
            ),
            pytest.param(over_http2(response(200)), False, id="another status of success"),
            pytest.param(over_http2(None), False, id="no response"),
            pytest.param(
                over_http2(event("refused-stream"), response(204)), False, id="after a refused stream"
            ),
            pytest.param(over_http2(event("goaway-before", 204)), False, id="beside GOAWAY"),
            pytest.param(over_http2(response(204), event("stalled")), False, id="before a fault"),
            pytest.param(over_http1(over_http2(response(204))), False, id="over HTTP/1.1"),
            pytest.param(
                over_http2(response(204), requests=[sent(version="1.0")]), False, id="over HTTP/1.0"
            ),
            pytest.param(over_http2(response(204), requests=[telemetry()]), False, id="of other traffic"),
        ],
    )
    def test_is_judged_after_nothing_but_responses_over_http2(self, step: Exchange, judged: bool) -> None:
        assert judges(RESPONSE, step) == judged

    def test_the_version_is_that_of_the_request_with_the_last_response(self) -> None:
        step = over_http2(response(503), response(204), outcome=FAILED)
        first, second = step.requests
        assert judges(RESPONSE, replace(step, requests=(replace(first, version="1.1"), second)))
        assert not judges(RESPONSE, replace(step, requests=(first, replace(second, version="1.1"))))


class TestConnectionFields:
    @staticmethod
    def with_fields(*fields: tuple[str, str], **members: object) -> Exchange:
        first = sent()
        return over_http2(None, requests=[replace(first, fields=(*first.fields, *fields), **members)])  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("connection", "close"),
            ("Connection", "keep-alive"),
            ("keep-alive", "timeout=5"),
            ("proxy-connection", "keep-alive"),
            ("transfer-encoding", "chunked"),
            ("Upgrade", "h2c"),
            ("connection", ""),
        ],
    )
    def test_a_field_of_a_connection(self, name: str, value: str) -> None:
        step = self.with_fields((name, value))
        (found,) = findings(CONNECTION_FIELDS, step)
        assert (found.kind, found.input) == ("connection-specific", name.lower())
        assert found.expected == f"no {name.lower()} over HTTP/2"
        assert found.actual == f"{name.lower()}: {value}"
        assert found.at is step.requests[0]

    def test_a_field_is_reported_once_a_request(self) -> None:
        lines = [("upgrade", "h2c"), ("connection", "close"), ("connection", "upgrade")]
        found = findings(CONNECTION_FIELDS, self.with_fields(*lines))
        assert [each.actual for each in found] == ["connection: close", "upgrade: h2c"]

    @pytest.mark.parametrize("value", ["trailers", "Trailers", " trailers "])
    def test_te_may_be_trailers(self, value: str) -> None:
        assert kinds(CONNECTION_FIELDS, self.with_fields(("TE", value))) == []

    @pytest.mark.parametrize("value", ["deflate", "zstd", "trailers, deflate", "x-trailers", "", "gzip" * 50])
    def test_te_with_another_value(self, value: str) -> None:
        step = self.with_fields(("TE", value))
        (found,) = findings(CONNECTION_FIELDS, step)
        assert (found.kind, found.input, found.expected) == ("te", "", "no TE, or te: trailers")
        shown = value if len(value) < 100 else f"{'gzip' * 15}…{'gzip' * 15} (200 characters)"
        assert found.actual == f"te: {shown}"
        assert found.at is step.requests[0]

    def test_each_value_of_te_is_read(self) -> None:
        lines = [("te", "trailers"), ("te", "gzip"), ("te", "deflate")]
        found = findings(CONNECTION_FIELDS, self.with_fields(*lines))
        assert [each.actual for each in found] == ["te: gzip", "te: deflate"]

    def test_a_long_value_is_abbreviated(self) -> None:
        (found,) = findings(CONNECTION_FIELDS, self.with_fields(("upgrade", "a" * 60 + "b" * 140)))
        assert found.actual == f"upgrade: {'a' * 60}…{'b' * 60} (200 characters)"

    def test_each_request_of_the_call_is_read(self) -> None:
        plain, closing = sent(), self.with_fields(("connection", "close")).requests[0]
        step = over_http2(None, None, None, requests=[plain, closing, replace(closing, stream=5)])
        found = findings(CONNECTION_FIELDS, step)
        assert [each.at for each in found] == list(step.requests[1:])

    def test_a_malformed_request_is_read(self) -> None:
        step = self.with_fields(("connection", "close"), malformed="a connection-specific field")
        assert kinds(CONNECTION_FIELDS, step) == ["connection-specific"]

    @pytest.mark.parametrize("version", ["1.1", "2.0", "3"])
    def test_is_judged_over_http2_itself(self, version: str) -> None:
        lines = [f"POST {target(TASK)} HTTP/{version}", "Host: 127.0.0.1:1", "Connection: close", "", ""]
        other = read("\r\n".join(lines).encode())
        assert other.version == version
        assert not judges(CONNECTION_FIELDS, over_http2(None, requests=[other]))
        assert judges(CONNECTION_FIELDS, over_http2(None, None, requests=[other, sent()]))

    def test_is_judged_for_requests_of_the_call_with_a_header(self) -> None:
        assert judges(CONNECTION_FIELDS, over_http2(None))
        assert not judges(CONNECTION_FIELDS, over_http2())
        assert not judges(CONNECTION_FIELDS, over_http2(None, requests=[telemetry()]))
        assert not judges(CONNECTION_FIELDS, over_http2(None, requests=[sent(fields=())]))
