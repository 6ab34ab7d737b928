"""Connections of HTTP/2 over several requests: after GOAWAY, with limits, and when one is lost."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from graphcontract.clauses.queries import GUID
from graphcontract.exchange import Call, Exchange
from graphcontract.http.stub_response import (
    Http2Form,
    Meeting,
    StubResponse,
    faulty,
    plain_error,
    retry_after,
    success,
)
from graphcontract.inputs import constants
from graphcontract.judging.call_runner import CallOptions
from graphcontract.judging.harness import Harness
from graphcontract.judging.suite_api import concurrently, given, proves

HTTP2: CallOptions = {"certificate": "trusted", "http2": True}
SHARED: CallOptions = {"certificate": "trusted", "http2": True, "shared": True}
NEEDS = ("network", "http2")
MOST_CALLS = 8  # at the same time on one connection


def plan_calls(harness: Harness, count: int) -> list[Call]:
    """Plain calls, each with its own token and, if ids are GUIDs, with its own id."""
    call = harness.plain_call()
    return [
        replace(
            call,
            token=f"{call.token}{number}",
            arguments={
                name: f"{id[0]}{number}{id[2:]}" if GUID.fullmatch(id) else id
                for name, id in call.arguments.items()
            },
        )
        for number in range(count)
    ]


def perform_at_once(harness: Harness, count: int, responses: Sequence[StubResponse]) -> list[Exchange]:
    """Make so many calls at the same time, which may share a connection."""
    calls = plan_calls(harness, count)
    return harness.concurrently([partial(harness.perform, call, responses, **SHARED) for call in calls])


GOAWAY_IN_WAIT = replace(retry_after(1, plain_error(503)), fault="goaway-after")
RETRIED: Mapping[str, Sequence[StubResponse]] = {
    "GOAWAY while a retry waits": [GOAWAY_IN_WAIT, success()],
    "GOAWAY while the first of two retries waits": [GOAWAY_IN_WAIT, plain_error(503), success()],
}


@proves("http2.goaway-later", needs=NEEDS)
@concurrently(seconds=1.2, responses=RETRIED)
def test_retry_after_goaway(harness: Harness, responses: Sequence[StubResponse]) -> None:
    """A retry must not use a connection that got GOAWAY in the meantime."""
    harness.check(harness.plain_call(), responses, **HTTP2)


@proves("http2.goaway-later", needs=NEEDS)
@given(first=constants({"GOAWAY after a response": replace(success(), fault="goaway-after")}), calls=11)
def test_calls_after_goaway(harness: Harness, first: StubResponse) -> None:
    """Ten calls after GOAWAY must use another connection, and work."""
    before = [harness.perform(harness.plain_call(), [first], **HTTP2)]
    for number in range(10):
        call = harness.plain_call("another-guid" if number % 2 == 0 else "guid")
        before.append(harness.perform(call, [success()], **HTTP2))
    harness.observe(before[-1], before=before[:-1])


NOTICE = Http2Form(last_stream=2**31 - 1, debug_data=b"graceful_stop")
NOTICED = replace(success(), fault="goaway-after", http2=NOTICE)


@proves("http2.goaway-later", needs=NEEDS)
@given(first=constants({"notice of GOAWAY after a response": NOTICED}), calls=4)
def test_calls_after_notice_of_goaway(harness: Harness, first: StubResponse) -> None:
    """Calls after GOAWAY with the highest stream must use another connection, too: it allows no new one."""
    before = [harness.perform(harness.plain_call(), [first], **HTTP2)]
    for kind in ("another-guid", "guid", "another-guid"):
        before.append(harness.perform(harness.plain_call(kind), [success()], **HTTP2))
    harness.observe(before[-1], before=before[:-1])


@proves("http2.concurrent-streams", "http2.concurrent-calls", needs=(*NEEDS, "concurrency"))
@given(pause=constants({"one stream at a time": 0.1}), calls=5)
def test_concurrent_streams(harness: Harness, pause: float) -> None:
    """Several calls at once must not exceed the one stream that SETTINGS allow on a connection."""
    limited = replace(success(), fault="one-stream", split="at-start", pause=pause)
    first = harness.perform(harness.plain_call("another-guid"), [replace(limited, split=None)], **SHARED)
    made = perform_at_once(harness, min(4, harness.clients.capacity), [limited])
    harness.observe(made[-1], before=[first, *made[:-1]])


@proves("http2.empty-window", needs=NEEDS)
@given(event=constants({"a window of 0": replace(success(), fault="no-window")}), calls=2)
def test_empty_window(harness: Harness, event: StubResponse) -> None:
    """A request without content must not wait for a window, which it does not need."""
    for kind in ("guid", "another-guid"):
        harness.check(harness.plain_call(kind), [event], **HTTP2)


@proves("request.once", needs=NEEDS)
@given(event=constants({"a header table of 0": replace(success(), fault="no-table")}), calls=3)
def test_empty_header_table(harness: Harness, event: StubResponse) -> None:
    """Requests on a connection whose SETTINGS allow no header table must be coded without one."""
    for kind in ("guid", "another-guid", "guid"):
        harness.check(harness.plain_call(kind), [event], **HTTP2)


@proves("http2.connection-lost", "retry.connection-lost", needs=(*NEEDS, "concurrency"))
@given(patience=constants({"a connection lost under several calls": 1.0}), calls=9)
def test_connection_lost(harness: Harness, patience: float) -> None:
    """Each call of a lost connection must end, and the next call must work."""
    count = min(MOST_CALLS, harness.clients.capacity)
    lost = replace(faulty("reset"), meeting=Meeting(count, patience))
    first = harness.perform(harness.plain_call("another-guid"), [success()], **SHARED)
    made = perform_at_once(harness, count, [lost, success()])
    for each in made:
        harness.observe(each)
    harness.check(harness.plain_call("another-guid"), [success()], before=[first, *made], **HTTP2)
