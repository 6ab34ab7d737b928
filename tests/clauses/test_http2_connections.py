"""Several calls at once at a connection whose SETTINGS allow one stream at a time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphcontract.exchange import Exchange, Outcome
from graphcontract.wire import Fault, WireRequest
from tests.clauses import (
    CRASH,
    HANG,
    SUCCESS,
    exchange,
    findings,
    judges,
    kinds,
    request,
    response,
    with_request,
)
from tests.clauses.http2_calls import FAILED, REJECTED, TEXTS, UNSUCCESSFUL, telemetry

CLAUSE = "http2.concurrent-streams"
CALLS = "http2.concurrent-calls"
ACKNOWLEDGED = ("SETTINGS ACK", "SETTINGS ACK")


def over_http2(
    at: float,
    *,
    connection: int,
    frames: tuple[str, ...] = (),
    outcome: Outcome = SUCCESS,
    **members: object,
) -> Exchange:
    """A call whose request came at this time; its response ends 0.1 s later."""
    sent = replace(request(), version="2", at=at, connection=connection, frames=frames)
    got = response(204, fault="one-stream", at=at, pause=0.1, split="at-start")
    sent = replace(sent, **members)  # type: ignore[arg-type]
    return replace(exchange(sent, outcome=outcome), responses=(got,))


def test_a_stream_beside_another_after_the_limit_was_applied() -> None:
    first = over_http2(1.0, connection=1)
    second = over_http2(2.0, connection=1, frames=ACKNOWLEDGED)
    assert kinds(CLAUSE, first, second, over_http2(2.2, connection=1)) == []
    assert kinds(CLAUSE, first, second, over_http2(2.05, connection=1)) == ["exceeded"]
    assert kinds(CLAUSE, first, second, over_http2(2.05, connection=2)) == []


def test_a_limit_that_was_acknowledged_is_applied_with_the_first_response_at_the_latest() -> None:
    first = over_http2(1.0, connection=1, frames=ACKNOWLEDGED)
    beside = over_http2(1.05, connection=1)
    assert kinds(CLAUSE, first, beside) == []
    assert kinds(CLAUSE, first, beside, over_http2(1.12, connection=1)) == ["exceeded"]


def test_streams_before_the_limit_was_acknowledged() -> None:
    first, second = over_http2(1.0, connection=1), over_http2(2.0, connection=1)
    assert kinds(CLAUSE, first, second, over_http2(2.05, connection=1)) == []


FIRST = over_http2(1.0, connection=2, stream=1)
SECOND = over_http2(2.0, connection=2, frames=ACKNOWLEDGED, stream=3)
THIRD = over_http2(2.05, connection=2, stream=5)


class TestStreams:
    def test_a_report_names_both_streams(self) -> None:
        (found,) = findings(CLAUSE, FIRST, SECOND, THIRD)
        assert (found.kind, found.input) == ("exceeded", "")
        assert found.expected == "one open stream at a time, as SETTINGS say"
        assert found.actual == "stream 5 while stream 3 was open"
        assert found.at is THIRD.requests[0]

    def test_the_first_of_several_is_reported(self) -> None:
        fourth = over_http2(2.06, connection=2, stream=7, outcome=CRASH)
        (found,) = findings(CLAUSE, FIRST, SECOND, THIRD, fourth)
        assert found.at is THIRD.requests[0]

    def test_the_calls_are_read_in_the_order_of_their_requests(self) -> None:
        (found,) = findings(CLAUSE, THIRD, SECOND, FIRST)
        assert found.actual == "stream 5 while stream 3 was open"
        (found,) = findings(CLAUSE, SECOND, THIRD, control=FIRST)
        assert found.actual == "stream 5 while stream 3 was open"

    @pytest.mark.parametrize("connection", [1, 3])
    def test_a_stream_of_another_connection(self, connection: int) -> None:
        before = over_http2(0.5, connection=connection, frames=ACKNOWLEDGED)
        other = over_http2(2.05, connection=connection)
        assert kinds(CLAUSE, before, FIRST, SECOND, other) == []
        after = over_http2(2.2, connection=connection)
        assert kinds(CLAUSE, before, FIRST, SECOND, other, after) == []

    def test_a_stream_at_the_end_of_another(self) -> None:
        first = over_http2(1.0, connection=2, frames=ACKNOWLEDGED)
        second = over_http2(2.0, connection=2)
        end = 2.0 + 0.1
        assert kinds(CLAUSE, first, second, over_http2(end, connection=2)) == []

    def test_a_stream_beside_one_before_the_last(self) -> None:
        """The last one has ended at once."""
        ended = replace(over_http2(2.01, connection=2, stream=5), responses=())
        found = findings(CLAUSE, FIRST, SECOND, ended, THIRD)
        assert [each.actual for each in found] == ["stream 5 while stream 3 was open"]
        apart = over_http2(2.2, connection=2, stream=7)
        ended = replace(over_http2(2.4, connection=2, stream=9), responses=())
        late = over_http2(2.41, connection=2, stream=11)
        assert kinds(CLAUSE, FIRST, SECOND, apart, ended, late) == []

    @pytest.mark.parametrize("pause", [0.0, 0.04])
    def test_a_stream_ends_after_the_pause_of_its_response(self, pause: float) -> None:
        (got,) = SECOND.responses
        second = replace(SECOND, responses=(replace(got, pause=pause),))
        assert kinds(CLAUSE, FIRST, second, THIRD) == []

    def test_each_stream_has_its_own_response(self) -> None:
        """The first request of this call got its response at once, the second one later."""
        one, two = SECOND.requests[0], replace(SECOND.requests[0], at=2.01, frames=(), stream=9)
        (got,) = SECOND.responses
        both = replace(
            SECOND, requests=(one, two), responses=(replace(got, request=1), replace(got, pause=0.0))
        )
        assert kinds(CLAUSE, FIRST, both) == []
        (found,) = findings(CLAUSE, FIRST, both, THIRD)
        assert found.actual == "stream 5 while stream 9 was open"


class TestAcknowledgement:
    @pytest.mark.parametrize(
        ("frames", "expected"),
        [
            pytest.param((), [], id="none"),
            pytest.param(("SETTINGS ACK",), [], id="of the usual SETTINGS only"),
            pytest.param(ACKNOWLEDGED, ["exceeded"], id="of both"),
            pytest.param((*ACKNOWLEDGED, "SETTINGS ACK"), ["exceeded"], id="three"),
            pytest.param(("SETTINGS ACK", "HEADERS stream 3, END_STREAM"), [], id="header"),
            pytest.param(("HEADERS stream 3", "DATA stream 3, 0 bytes"), [], id="header and content"),
            pytest.param(("SETTINGS ENABLE_PUSH=0", "WINDOW_UPDATE +1"), [], id="settings"),
        ],
    )
    @pytest.mark.parametrize("by", ["the request before", "the request itself"])
    def test_both_settings_are_acknowledged(
        self, frames: tuple[str, ...], expected: list[str], by: str
    ) -> None:
        before, itself = (frames, ()) if by == "the request before" else ((), frames)
        second = over_http2(2.0, connection=2, frames=before)
        third = over_http2(2.05, connection=2, frames=itself)
        assert kinds(CLAUSE, FIRST, second, third) == expected

    def test_acknowledgements_on_a_connection_are_added(self) -> None:
        first = over_http2(1.0, connection=2, frames=("SETTINGS ACK",))
        second = over_http2(2.0, connection=2, frames=("SETTINGS ACK",))
        assert kinds(CLAUSE, first, second, THIRD) == ["exceeded"]

    def test_each_connection_has_its_own(self) -> None:
        other = over_http2(0.5, connection=1, frames=ACKNOWLEDGED)
        second = over_http2(2.0, connection=2)
        assert kinds(CLAUSE, other, FIRST, second, THIRD) == []

    @pytest.mark.parametrize(
        ("at", "expected"),
        [
            pytest.param(1.05, [], id="before"),
            pytest.param(1.0 + 0.1, [], id="at its end"),
            pytest.param(1.15, ["exceeded"], id="after"),
        ],
    )
    def test_the_limit_is_applied_after_the_first_response(self, at: float, expected: list[str]) -> None:
        first = over_http2(1.0, connection=2, frames=ACKNOWLEDGED)
        beside = over_http2(1.05, connection=2)
        (got,) = beside.responses
        long = replace(beside, responses=(replace(got, pause=1.0),))
        assert kinds(CLAUSE, first, long, over_http2(at, connection=2)) == expected

    def test_the_first_response_on_each_connection(self) -> None:
        other = over_http2(0.5, connection=1)
        first = over_http2(1.0, connection=2, frames=ACKNOWLEDGED)
        assert kinds(CLAUSE, other, first, over_http2(1.05, connection=2)) == []

    def test_a_request_without_a_response_has_ended(self) -> None:
        first = replace(over_http2(1.0, connection=2, frames=ACKNOWLEDGED), responses=())
        limited = over_http2(1.0, connection=3)
        assert kinds(CLAUSE, limited, first, over_http2(1.05, connection=2)) == []
        found = kinds(CLAUSE, limited, first, over_http2(1.05, connection=2), over_http2(1.1, connection=2))
        assert found == ["exceeded"]


class TestOtherRequests:
    """Requests beside the second one, in the same exchange as a later one of the call."""

    @pytest.mark.parametrize(
        "other",
        [
            pytest.param(replace(request(), version="1.1", at=2.05, connection=2), id="HTTP/1.1"),
            pytest.param(telemetry(malformed="no :path", at=2.05, connection=2), id="malformed"),
        ],
    )
    def test_is_not_counted(self, other: WireRequest) -> None:
        later = over_http2(3.0, connection=2).requests[0]
        step = replace(exchange(other, later), responses=())
        assert kinds(CLAUSE, FIRST, SECOND, step) == []

    def test_streams_beside_the_call_are_counted(self) -> None:
        """They share its connection, and the limit with it."""
        beside = telemetry(at=2.05, connection=2, stream=7)
        step = replace(exchange(beside), responses=())
        (found,) = findings(CLAUSE, FIRST, SECOND, step)
        assert found.actual == "stream 7 while stream 3 was open"


EXPECTED = "success of each of several calls, one after another"


@pytest.mark.parametrize(
    ("clause", "outcomes", "others"),
    [
        pytest.param(CLAUSE, (CRASH, HANG), (FAILED, REJECTED), id="streams"),
        pytest.param(CALLS, (FAILED, REJECTED), (CRASH, HANG), id="calls"),
    ],
)
class TestOutcomes:
    def calls(self, *outcomes: Outcome) -> list[Exchange]:
        return [over_http2(float(number), connection=2, outcome=each) for number, each in enumerate(outcomes)]

    @pytest.mark.parametrize("at", [0, 1, 2])
    def test_each_of_the_calls(
        self, clause: str, outcomes: tuple[Outcome, ...], others: tuple[Outcome, ...], at: int
    ) -> None:
        for outcome in outcomes:
            steps = self.calls(*[SUCCESS] * at, outcome, *[SUCCESS] * (2 - at))
            (found,) = findings(clause, *steps)
            assert (found.kind, found.input) == (outcome.kind, "")
            assert (found.expected, found.actual) == (EXPECTED, TEXTS[outcome.kind])
            assert found.exchange is steps[at]

    def test_only_the_first_is_reported(
        self, clause: str, outcomes: tuple[Outcome, ...], others: tuple[Outcome, ...]
    ) -> None:
        steps = self.calls(SUCCESS, *others, *outcomes, *outcomes)
        (found,) = findings(clause, *steps)
        assert (found.kind, found.exchange) == (outcomes[0].kind, steps[3])

    def test_other_outcomes_have_a_clause_of_their_own(
        self, clause: str, outcomes: tuple[Outcome, ...], others: tuple[Outcome, ...]
    ) -> None:
        assert kinds(clause, *self.calls(SUCCESS, SUCCESS)) == []
        assert kinds(clause, *self.calls(*others, *others)) == []

    def test_is_judged_after_a_call_whose_connection_had_the_limit(
        self, clause: str, outcomes: tuple[Outcome, ...], others: tuple[Outcome, ...]
    ) -> None:
        plain = exchange(replace(request(), version="2"))
        assert judges(clause, FIRST, plain)
        assert judges(clause, plain, FIRST, plain)
        assert not judges(clause, FIRST)
        assert not judges(clause, plain, FIRST)
        assert not judges(clause, plain, plain)
        assert not judges(clause, plain, control=FIRST)
        old = replace(FIRST, requests=(replace(FIRST.requests[0], version="1.1"),))
        assert not judges(clause, old, plain)

    def test_is_not_judged_where_a_request_of_any_call_could_not_be_read(
        self, clause: str, outcomes: tuple[Outcome, ...], others: tuple[Outcome, ...]
    ) -> None:
        unreadable = exchange(replace(request(), version="2", malformed="no :path"))
        assert not judges(clause, FIRST, unreadable)
        assert not judges(clause, FIRST, unreadable, SECOND)
        assert not judges(clause, FIRST, SECOND, control=unreadable)


WINDOW = "http2.empty-window"


class TestEmptyWindow:
    STEP = replace(over_http2(1.0, connection=1), fault="no-window")

    @pytest.mark.parametrize("outcome", UNSUCCESSFUL, ids=lambda each: each.kind)
    def test_a_request_without_content_succeeds(self, outcome: Outcome) -> None:
        (found,) = findings(WINDOW, replace(self.STEP, outcome=outcome))
        assert (found.kind, found.input) == (outcome.kind, "")
        assert found.expected == "success of a request without content, at a window of 0"
        assert found.actual == TEXTS[outcome.kind]
        assert kinds(WINDOW, self.STEP) == []

    @pytest.mark.parametrize(
        ("content", "judged"), [("absent", True), ("unconstrained", True), ("required", False)]
    )
    def test_is_judged_unless_content_is_required(self, content: str, judged: bool) -> None:
        contract = with_request(content=content)
        assert judges(WINDOW, self.STEP, contract=contract) == judged

    @pytest.mark.parametrize("fault", [None, "goaway-after", "one-stream", "no-table", "refused"])
    def test_is_judged_at_a_window_of_0(self, fault: Fault | None) -> None:
        assert not judges(WINDOW, replace(self.STEP, fault=fault))
        assert not judges(WINDOW, replace(self.STEP, fault=fault), contract=with_request(content="required"))
