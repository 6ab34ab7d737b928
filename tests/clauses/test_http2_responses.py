"""Frames beside a response over HTTP/2, and responses that end early or are malformed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphcontract.exchange import Exchange, Outcome
from graphcontract.wire import Fault, WireResponse
from tests.clauses import (
    CONTRACT,
    CRASH,
    HANG,
    SUCCESS,
    findings,
    judges,
    kinds,
    not_applicable,
    response,
)
from tests.clauses.http2_calls import (
    FAILED,
    REJECTED,
    TEXTS,
    UNSUCCESSFUL,
    event,
    over_http1,
    over_http2,
    sent,
    telemetry,
)

RESET_AFTER = "http2.reset-after-response"
RESET_BEFORE = "http2.reset-before-end"
MALFORMED = "http2.malformed-response"
ACCEPTED = "http2.malformed-accepted"
EXTENSIONS = "http2.extensions"
LENGTH = "http2.content-length"


class TestResetAfterResponse:
    WHAT = "RST_STREAM with NO_ERROR after the complete response"
    RESET = event("reset-after-response", 204)

    @pytest.mark.parametrize("outcome", UNSUCCESSFUL, ids=lambda each: each.kind)
    def test_a_complete_response_is_success(self, outcome: Outcome) -> None:
        step = over_http2(self.RESET, outcome=outcome)
        (found,) = findings(RESET_AFTER, step)
        assert (found.kind, found.input) == (outcome.kind, "")
        assert (found.expected, found.actual) == (f"success: {self.WHAT}", TEXTS[outcome.kind])
        assert kinds(RESET_AFTER, replace(step, outcome=SUCCESS)) == []
        error = event("reset-after-response", 409)
        assert kinds(RESET_AFTER, over_http2(error, outcome=outcome)) == []

    @pytest.mark.parametrize("count", [2, 3])
    def test_the_request_is_sent_again(self, count: int) -> None:
        step = over_http2(self.RESET, *[response(204)] * (count - 1))
        (found,) = findings(RESET_AFTER, step)
        assert (found.kind, found.input) == ("repeated", "")
        assert (found.expected, found.actual) == (f"one request: {self.WHAT}", f"{count} requests")
        assert found.at is step.requests[1]
        assert kinds(RESET_AFTER, replace(step, outcome=FAILED)) == ["repeated", "failure"]

    def test_other_traffic_is_not_counted(self) -> None:
        step = over_http2(self.RESET, requests=[sent(), telemetry(), telemetry()])
        assert kinds(RESET_AFTER, step) == []

    def test_is_judged_after_a_complete_response(self) -> None:
        assert judges(RESET_AFTER, over_http2(self.RESET))
        assert not judges(RESET_AFTER, over_http2(response(204)))
        assert not judges(RESET_AFTER, over_http2(event("reset-after-head", 204)))
        assert not judges(RESET_AFTER, over_http1(over_http2(self.RESET)))


def reset(status: int, error: str = "CANCEL") -> WireResponse:
    """The header of a response without END_STREAM, then RST_STREAM with this error code."""
    return event("reset-after-head", status, "HEADERS stream 1, 5 bytes", f"RST_STREAM stream 1, {error}")


class TestResetBeforeEnd:
    @pytest.mark.parametrize("outcome", [SUCCESS, CRASH, HANG], ids=lambda each: each.kind)
    @pytest.mark.parametrize("error", ["CANCEL", "INTERNAL_ERROR", "error 0x63"])
    def test_a_response_without_its_end_is_failure(self, outcome: Outcome, error: str) -> None:
        (found,) = findings(RESET_BEFORE, over_http2(reset(200, error), outcome=outcome))
        assert (found.kind, found.input) == (outcome.kind, error)
        assert found.expected == f"failure after RST_STREAM with {error} before END_STREAM"
        assert found.actual == TEXTS[outcome.kind]

    @pytest.mark.parametrize("status", [200, 202, 204, 206])
    @pytest.mark.parametrize("outcome", [FAILED, REJECTED], ids=lambda each: each.kind)
    def test_failure_is_accepted(self, status: int, outcome: Outcome) -> None:
        assert kinds(RESET_BEFORE, over_http2(reset(status), outcome=outcome)) == []

    @pytest.mark.parametrize(
        ("status", "outcome", "found"),
        [
            (200, SUCCESS, ["success"]),
            (203, SUCCESS, ["success"]),
            (204, SUCCESS, []),
            (205, SUCCESS, ["success"]),
            (204, CRASH, ["crash"]),
            (204, HANG, ["hang"]),
        ],
        ids=lambda each: each.kind if isinstance(each, Outcome) else None,
    )
    def test_204_is_complete_with_its_header(self, status: int, outcome: Outcome, found: list[str]) -> None:
        assert kinds(RESET_BEFORE, over_http2(reset(status), outcome=outcome)) == found

    def test_a_reset_without_a_frame_is_judged(self) -> None:
        (found,) = findings(RESET_BEFORE, over_http2(event("reset-after-head", 200)))
        assert (found.kind, found.input) == ("success", "")

    @pytest.mark.parametrize(
        ("status", "judged"), [(0, False), (199, False), (200, True), (299, True), (300, False), (409, False)]
    )
    def test_is_judged_for_the_status_of_a_success(self, status: int, judged: bool) -> None:
        assert judges(RESET_BEFORE, over_http2(reset(status))) == judged

    def test_is_judged_without_another_response_that_is_successful(self) -> None:
        assert not judges(RESET_BEFORE, over_http2(reset(200), response(204)))
        assert judges(RESET_BEFORE, over_http2(reset(200), response(409)))
        assert judges(RESET_BEFORE, over_http2(reset(200), None))
        assert not judges(RESET_BEFORE, over_http2(response(409)))
        assert not judges(RESET_BEFORE, over_http2(event("reset-stream", 200)))
        assert not judges(RESET_BEFORE, over_http1(over_http2(reset(200))))


STATUS = (":status", "204")
MARK = ("x-mark", "1")
LINE_END = ("x-mark", "1\r\nx-other: 2")
NUL = ("x-mark", "1\0002")
HEADS = [
    pytest.param([STATUS, ("X-Mark", "1")], "upper case", id="upper case"),
    pytest.param([STATUS, ("x-Mark", "1")], "upper case", id="upper case inside"),
    pytest.param([("X-Mark", "1")], "upper case", id="upper case and no :status"),
    pytest.param([("x-mark", "1")], "no :status", id="no :status"),
    pytest.param([], "no :status", id="no field"),
    pytest.param([(":reason", "OK")], "no :status", id="no :status and an unknown one"),
    pytest.param([STATUS, STATUS], "two :status", id="two :status"),
    pytest.param([STATUS, STATUS, STATUS], "two :status", id="three :status"),
    pytest.param([STATUS, MARK, STATUS], "two :status", id="two :status around a field"),
    pytest.param([STATUS, (":reason", "OK")], "unknown pseudo-header field", id="pseudo-header field"),
    pytest.param([STATUS, (":version", "2")], "unknown pseudo-header field", id="a later name"),
    pytest.param([MARK, STATUS, (":reason", "OK")], "unknown pseudo-header field", id="also at the end"),
    pytest.param([MARK, STATUS], ":status after a field", id=":status after a field"),
    pytest.param([("1-mark", "1"), STATUS], ":status after a field", id=":status after a digit"),
    pytest.param([MARK, STATUS, ("a", "")], ":status after a field", id=":status between fields"),
    pytest.param([MARK, ("a", ""), STATUS], ":status after a field", id=":status after two fields"),
    pytest.param([("connection", "close"), STATUS], ":status after a field", id=":status after connection"),
    *(
        pytest.param([STATUS, (name, "x"), MARK], "connection-specific field", id=name)
        for name in ("connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade")
    ),
    pytest.param(
        [(":status", "20"), ("upgrade", "x")], "connection-specific field", id="upgrade and :status"
    ),
    pytest.param([(":status", "+204")], ":status that is not three digits", id="sign"),
    pytest.param([(":status", "0204"), MARK], ":status that is not three digits", id="four digits"),
    pytest.param([(":status", "20"), NUL], ":status that is not three digits", id="two digits"),
    pytest.param([STATUS, ("x mark", "1")], "space in a field name", id="space"),
    pytest.param([STATUS, ("x mark", "1\0")], "space in a field name", id="space and NUL"),
    pytest.param([STATUS, NUL], "NUL in a value", id="NUL"),
    pytest.param([STATUS, MARK, NUL, MARK], "NUL in a value", id="NUL in the middle"),
    pytest.param([STATUS, ("1-mark", "one\0")], "NUL in a value", id="NUL after a digit"),
    pytest.param([STATUS, LINE_END], "line end in a value", id="line end"),
]


class TestMalformed:
    @pytest.mark.parametrize(("fields", "name"), HEADS)
    @pytest.mark.parametrize(
        ("clause", "outcome"),
        [(MALFORMED, CRASH), (MALFORMED, HANG), (ACCEPTED, SUCCESS)],
        ids=["crash", "hang", "success"],
    )
    def test_what_is_malformed(
        self, fields: list[tuple[str, str]], name: str, clause: str, outcome: Outcome
    ) -> None:
        answer = event("malformed-head", 0, fields=tuple(fields))
        (found,) = findings(clause, over_http2(answer, outcome=outcome))
        assert (found.kind, found.input) == (outcome.kind, name)
        assert found.expected == f"failure after a malformed response ({name})"
        assert found.actual == TEXTS[outcome.kind]

    @pytest.mark.parametrize("clause", [MALFORMED, ACCEPTED])
    @pytest.mark.parametrize("outcome", [SUCCESS, *UNSUCCESSFUL], ids=lambda each: each.kind)
    def test_each_outcome_has_one_clause(self, clause: str, outcome: Outcome) -> None:
        step = over_http2(event("malformed-head", 0, fields=(STATUS, LINE_END)), outcome=outcome)
        judged = {MALFORMED: ("crash", "hang"), ACCEPTED: ("success",)}[clause]
        assert kinds(clause, step) == [each for each in judged if each == outcome.kind]

    def test_success_of_a_repeated_request(self) -> None:
        answer = event("malformed-head", 0, fields=(STATUS, LINE_END))
        assert kinds(ACCEPTED, over_http2(answer, response(204))) == []
        assert kinds(ACCEPTED, over_http2(answer, response(409))) == ["success"]
        assert kinds(MALFORMED, over_http2(answer, response(204), outcome=CRASH)) == ["crash"]

    @pytest.mark.parametrize("clause", [MALFORMED, ACCEPTED])
    def test_is_judged_for_a_malformed_response(self, clause: str) -> None:
        step = over_http2(event("malformed-head", 0, fields=(STATUS, LINE_END)))
        assert judges(clause, step)
        assert not judges(clause, over_http1(step))
        assert not judges(clause, over_http2(response(204)))
        assert not judges(clause, over_http2(event("garbage")))


AWAITED = [
    pytest.param("http2.ping", "ping-first", "an acknowledgement of PING", id="PING"),
    pytest.param("http2.settings", "settings-first", "an acknowledgement of SETTINGS", id="SETTINGS"),
]


@pytest.mark.parametrize(("clause", "fault", "what"), AWAITED)
class TestAwaited:
    """PING and SETTINGS: the response is only sent after the acknowledgement."""

    @pytest.mark.parametrize("outcome", UNSUCCESSFUL, ids=lambda each: each.kind)
    def test_is_acknowledged(self, clause: str, fault: Fault, what: str, outcome: Outcome) -> None:
        step = over_http2(event("stalled"), outcome=outcome, fault=fault)
        (found,) = findings(clause, step)
        assert (found.kind, found.input) == (outcome.kind, "")
        assert found.expected == f"{what}, and success for the response that follows"
        assert found.actual == TEXTS[outcome.kind]
        assert kinds(clause, replace(step, outcome=SUCCESS)) == []

    def test_is_judged_for_a_call_that_had_to(self, clause: str, fault: Fault, what: str) -> None:
        step = over_http2(None, fault=fault)
        assert judges(clause, step)
        others: tuple[Fault | None, ...] = (None, "closed", "one-stream", "reset", "stalled")
        for other in others:
            assert not judges(clause, replace(step, fault=other))

    def test_is_judged_over_http2(self, clause: str, fault: Fault, what: str) -> None:
        step = over_http2(None, fault=fault)
        assert not judges(clause, over_http1(step))
        assert not judges(clause, over_http2(fault=fault))
        assert not judges(clause, replace(step, requests=(telemetry(),)))
        mixed = replace(step, requests=(sent(version="1.1"), sent()))
        assert judges(clause, mixed)
        assert not judges(clause, replace(mixed, requests=(sent(version="1.1"), telemetry())))


HEAD = "HEADERS stream 1, END_STREAM\n:status: 204"
UNKNOWN = [
    pytest.param(("frame of type 0xfa 13 bytes", HEAD), "frame of the connection", id="frame"),
    pytest.param(
        ("frame of type 0xfb stream 1, 13 bytes", HEAD), "frame of a stream", id="frame of a stream"
    ),
    pytest.param(("SETTINGS setting 0xfafa=1", HEAD), "setting", id="setting"),
    pytest.param((HEAD, "SETTINGS setting 0xfafa=1"), "setting", id="after the response"),
    pytest.param(
        ("SETTINGS setting 0xfafa=1", "frame of type 0xfa 13 bytes", HEAD), "setting", id="the first of two"
    ),
]


class TestExtensions:
    @pytest.mark.parametrize(("frames", "name"), UNKNOWN)
    @pytest.mark.parametrize("outcome", UNSUCCESSFUL, ids=lambda each: each.kind)
    def test_is_ignored(self, frames: tuple[str, ...], name: str, outcome: Outcome) -> None:
        step = over_http2(response(204, frames=frames), outcome=outcome)
        (found,) = findings(EXTENSIONS, step)
        assert (found.kind, found.input) == (outcome.kind, name)
        assert found.expected == f"success: an unknown {name} is to be ignored"
        assert found.actual == TEXTS[outcome.kind]
        assert kinds(EXTENSIONS, replace(step, outcome=SUCCESS)) == []

    @pytest.mark.parametrize(
        ("step", "judged"),
        [
            pytest.param(over_http2(response(204, frames=("frame of type 0xfa 1 bytes",))), True, id="frame"),
            pytest.param(over_http2(response(204, frames=("SETTINGS setting 0xfa=1",))), True, id="setting"),
            pytest.param(over_http2(response(204, frames=(HEAD,))), False, id="usual frames"),
            pytest.param(
                over_http2(response(204, frames=("SETTINGS HEADER_TABLE_SIZE=0", "SETTINGS ACK"))),
                False,
                id="usual settings",
            ),
            pytest.param(over_http2(response(204)), False, id="no frames"),
            pytest.param(over_http2(None), False, id="no response"),
            pytest.param(
                over_http2(response(409, frames=("frame of type 0xfa 1 bytes",))), False, id="error"
            ),
            pytest.param(
                over_http2(event("goaway-after", 204, "frame of type 0xfa 1 bytes")), False, id="fault"
            ),
            pytest.param(
                over_http2(event("goaway-after", 409, "frame of type 0xfa 1 bytes")), False, id="both"
            ),
            pytest.param(
                over_http2(response(409, frames=("frame of type 0xfa 1 bytes",)), response(204)),
                False,
                id="before a retry",
            ),
        ],
    )
    def test_is_judged_beside_a_successful_response(self, step: Exchange, judged: bool) -> None:
        assert judges(EXTENSIONS, step) == judged


def with_length(length: str, status: int = 204, **members: object) -> WireResponse:
    return response(status, fields=(("Content-Length", length),), **members)  # type: ignore[arg-type]


class TestContentLength:
    @pytest.mark.parametrize("outcome", UNSUCCESSFUL, ids=lambda each: each.kind)
    def test_204_may_have_a_length(self, outcome: Outcome) -> None:
        step = over_http2(with_length("5"), outcome=outcome)
        (found,) = findings(LENGTH, step)
        assert (found.kind, found.input) == (outcome.kind, "")
        assert found.expected == "success for status 204 with Content-Length and no DATA"
        assert found.actual == TEXTS[outcome.kind]
        assert kinds(LENGTH, replace(step, outcome=SUCCESS)) == []

    @pytest.mark.parametrize(
        ("step", "judged"),
        [
            pytest.param(over_http2(with_length("5")), True, id="length"),
            pytest.param(over_http2(with_length("-1")), True, id="a length that sorts before 0"),
            pytest.param(
                over_http2(response(409), with_length("5")), True, id="length of a retry's response"
            ),
            pytest.param(over_http2(with_length("0")), False, id="length 0"),
            pytest.param(over_http2(response(204)), False, id="no length"),
            pytest.param(over_http2(None), False, id="no response"),
            pytest.param(over_http2(with_length("5", content=b"01234")), False, id="content"),
            pytest.param(over_http2(with_length("5", status=200)), False, id="a lower status"),
            pytest.param(over_http2(with_length("5", status=409)), False, id="a higher status"),
            pytest.param(over_http2(with_length("5", fault="goaway-after")), False, id="fault"),
            pytest.param(over_http1(over_http2(with_length("5"))), False, id="over HTTP/1.1"),
        ],
    )
    def test_is_judged_for_204_without_content_over_http2(self, step: Exchange, judged: bool) -> None:
        assert judges(LENGTH, step) == judged

    @pytest.mark.parametrize(
        ("statuses", "judged"), [((200,), False), ((200, 204), True), ((204, 200), True), ((204, 206), True)]
    )
    def test_is_judged_where_204_is_success(self, statuses: tuple[int, ...], judged: bool) -> None:
        status, *alternatives = statuses
        rule = replace(CONTRACT.success, status=status, alternatives=tuple(alternatives))
        contract = replace(CONTRACT, success=rule)
        assert judges(LENGTH, over_http2(with_length("5")), contract=contract) == judged
        for other in (200, 206):
            step = over_http2(with_length("5", status=other))
            assert not judges(LENGTH, step, contract=contract)

    def test_the_version_is_that_of_the_last_response(self) -> None:
        step = over_http2(response(409), with_length("5"))
        first, second = step.requests
        assert judges(LENGTH, replace(step, requests=(replace(first, version="1.1"), second)))
        assert not judges(LENGTH, replace(step, requests=(first, replace(second, version="1.1"))))

    @pytest.mark.parametrize("status", [200, 202, 205])
    def test_does_not_apply_where_success_has_another_status(self, status: int) -> None:
        other = replace(CONTRACT, success=replace(CONTRACT.success, status=status))
        assert not_applicable(LENGTH, other) == "the success of this operation has another status"
        assert not_applicable(LENGTH, CONTRACT) is None
