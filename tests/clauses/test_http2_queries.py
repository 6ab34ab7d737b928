"""Which event a call got over HTTP/2, and whether its outcome fits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphcontract.clauses.http2_queries import (
    FAILURES,
    find_event,
    find_failure,
    find_success,
    got,
    has_success,
)
from graphcontract.exchange import Exchange, Outcome, Trial
from graphcontract.wire import WireRequest, WireResponse
from tests.clauses import CONTRACT, CRASH, HANG, SUCCESS, response
from tests.clauses.http2_calls import (
    FAILED,
    REJECTED,
    TEXTS,
    UNSUCCESSFUL,
    event,
    over_http2,
    sent,
    telemetry,
)

REFUSED = event("refused-stream")
GOAWAY = event("goaway-below")


class TestFindEvent:
    @pytest.mark.parametrize(
        ("answers", "at"),
        [
            pytest.param([REFUSED], 0, id="first"),
            pytest.param([response(503), GOAWAY], 1, id="second"),
            pytest.param([None, GOAWAY, REFUSED], 0, id="first of two"),
            pytest.param([event("reset"), REFUSED, response(204)], 1, id="after another"),
            pytest.param([response(204)], None, id="ordinary response"),
            pytest.param([event("reset"), event("goaway-lost")], None, id="others"),
            pytest.param([None], None, id="no response"),
            pytest.param([], None, id="no request"),
        ],
    )
    def test_the_first_of_these_events(self, answers: list[WireResponse | None], at: int | None) -> None:
        step = over_http2(*answers)
        expected = None if at is None else step.responses[at]
        assert find_event(CONTRACT, step, "refused-stream", "goaway-below") is expected
        assert got("refused-stream", "goaway-below")(CONTRACT, Trial(step)) == (at is not None)

    @pytest.mark.parametrize(
        ("requests", "at"),
        [
            pytest.param([sent(), sent()], 0, id="both"),
            pytest.param([telemetry(), sent()], 1, id="after other traffic"),
            pytest.param([sent(version="1.1"), sent()], 1, id="after HTTP/1.1"),
            pytest.param([sent(version="3"), sent()], 1, id="after a higher version"),
            pytest.param([sent(version="2.0"), telemetry()], None, id="HTTP/2.0 in a request line"),
            pytest.param([sent(version="1.0"), sent(version="")], None, id="over neither"),
        ],
    )
    def test_at_a_request_of_the_call_over_http2(self, requests: list[WireRequest], at: int | None) -> None:
        step = over_http2(REFUSED, REFUSED, requests=requests)
        expected = None if at is None else step.responses[at]
        assert find_event(CONTRACT, step, "refused-stream") is expected

    def test_a_request_that_is_equal_to_one_of_the_call(self) -> None:
        step = over_http2(None, REFUSED, requests=[sent(), replace(sent())])
        assert find_event(CONTRACT, step, "refused-stream") is step.responses[0]

    def test_got_looks_at_the_last_call(self) -> None:
        refused, plain = over_http2(REFUSED), over_http2(response(204))
        assert not got("refused-stream")(CONTRACT, Trial(plain, refused, (refused,)))
        assert got("refused-stream")(CONTRACT, Trial(refused, plain, (plain,)))


class TestHasSuccess:
    @pytest.mark.parametrize(
        ("step", "expected"),
        [
            pytest.param(over_http2(response(204)), True, id="success"),
            pytest.param(over_http2(response(503), response(204)), True, id="of a retry"),
            pytest.param(over_http2(response(204), response(503)), False, id="before an error"),
            pytest.param(over_http2(response(204), event("stalled")), True, id="before a fault"),
            pytest.param(over_http2(event("goaway-before", 204)), True, id="beside GOAWAY"),
            pytest.param(over_http2(event("reset-after-head", 204)), False, id="incomplete"),
            pytest.param(over_http2(response(200)), False, id="another status"),
            pytest.param(over_http2(None), False, id="no response"),
            pytest.param(over_http2(), False, id="no request"),
        ],
    )
    def test_the_last_complete_response(self, step: Exchange, expected: bool) -> None:
        assert has_success(CONTRACT, step) == expected


class TestOutcomes:
    @pytest.mark.parametrize("outcome", [SUCCESS, CRASH, HANG], ids=lambda each: each.kind)
    def test_find_success(self, outcome: Outcome) -> None:
        step = over_http2(REFUSED, outcome=outcome)
        (found,) = find_success(step, "a refused stream", "refused")
        assert (found.kind, found.input) == (outcome.kind, "refused")
        assert (found.expected, found.actual) == ("failure after a refused stream", TEXTS[outcome.kind])
        assert found.exchange is step

    @pytest.mark.parametrize("outcome", UNSUCCESSFUL, ids=lambda each: each.kind)
    def test_find_failure(self, outcome: Outcome) -> None:
        step = over_http2(response(204), outcome=outcome)
        (found,) = find_failure(step, "success", "usual")
        assert (found.kind, found.input) == (outcome.kind, "usual")
        assert (found.expected, found.actual) == ("success", TEXTS[outcome.kind])
        assert found.exchange is step
        assert found.kind in FAILURES

    def test_what_fits(self) -> None:
        for outcome in (FAILED, REJECTED):
            assert list(find_success(over_http2(REFUSED, outcome=outcome), "this", "")) == []
        assert list(find_failure(over_http2(response(204), outcome=SUCCESS), "success", "")) == []
