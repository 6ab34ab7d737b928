"""What the client repeats, after what, and how soon. Nothing that waits is drawn: such calls are made side by
side, the longest first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from graphcontract.clauses.queries import has_opaque_ids
from graphcontract.exchange import Fault
from graphcontract.http.stub_response import (
    StubResponse,
    error,
    faulty,
    plain_error,
    stub,
    success,
    with_fields,
)
from graphcontract.inputs import constants
from graphcontract.judging.harness import Harness
from graphcontract.judging.suite_api import concurrently, given, proves

CLAIMS = 'Bearer realm="", error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnsieG1zX2NjIjp7fX19"'
TOO_MANY = {"error": {"code": "TooManyRequests", "message": "Please retry later."}}
PAGE = b"<html><h1>Service unavailable</h1></html>"
QUOTA = (("RateLimit-Limit", "10"), ("RateLimit-Remaining", "0"), ("RateLimit-Reset", "1"))
GONE_BY = "Wed, 12 Nov 2025 09:30:00 GMT"


def throttled(status: int, *retry_after: str) -> StubResponse:
    return with_fields(plain_error(status), *(("Retry-After", value) for value in retry_after))


def dated(status: int, retry_after: str) -> StubResponse:
    return with_fields(plain_error(status), ("Date", "{date+0}"), ("Retry-After", retry_after))


WAITS: Mapping[str, Sequence[StubResponse]] = {
    "503, then longer": [throttled(503, "1"), throttled(429, "2")],
    "429 for 4 s": [throttled(429, "4")],
    "until a date": [dated(503, "{date+3}")],
    "until a date as in RFC 850": [dated(503, "{rfc850+3}")],
    "until a date as C writes it": [dated(503, "{asctime+3}")],
    "429 for 2 s": [throttled(429, "2")],
    "a fraction": [throttled(429, "1.5")],
    "a leading zero": [throttled(429, "02")],
    "a quota as well": [with_fields(plain_error(429), ("Retry-After", "2"), *QUOTA)],
    "429 for 1 s": [throttled(429, "1")],
    "503 for 1 s": [throttled(503, "1")],
    "504 for 1 s": [throttled(504, "1")],
    "name in lower case": [with_fields(plain_error(429), ("retry-after", "1"))],
    "503 as a page": [with_fields(stub(503, PAGE, "text/html"), ("Retry-After", "1"))],
}


@proves("retry.throttled", "retry.after", "retry.equivalent", "error.failure", "secrets.token")
@concurrently(seconds=4, answers=WAITS)
def test_throttling_that_ends(harness: Harness, answers: Sequence[StubResponse]) -> None:
    harness.judge(replace(harness.plain_call(), timeout=6.0), [*answers, success()])


LASTING: Mapping[str, Sequence[StubResponse]] = {
    "lasting 503": [throttled(503, "1")],
    "lasting 429": [throttled(429, "0")],
    "lasting in turn": [throttled(429, "0"), throttled(503, "0")] * 8,
    "lasting 504": [throttled(504, "0")],
    "lasting 502": [throttled(502, "0")],
    "lasting 408": [throttled(408, "0")],
    "lasting 500": [throttled(500)],
    "no wait told": [throttled(429)],
    "a date gone by": [dated(503, GONE_BY)],
    "an hour": [throttled(503, "3600")],
    "20 digits": [throttled(429, "9" * 20)],
}


@proves("retry.bounded", "retry.after", "retry.equivalent", "error.failure", "secrets.token")
@concurrently(seconds=1.5, answers=LASTING)
def test_throttling_that_lasts(harness: Harness, answers: Sequence[StubResponse]) -> None:
    harness.judge(replace(harness.plain_call(), timeout=1.5), answers)


@proves("retry.bounded")
@concurrently(seconds=4, answers={"long after the call": [throttled(503, "2")]})
def test_nothing_after_the_call(harness: Harness, answers: Sequence[StubResponse]) -> None:
    if harness.client.limits.timeout == "call":  # where it bounds an attempt, a call may well be going on
        harness.judge(replace(harness.plain_call(), timeout=1.0), answers, linger=3)


UNREADABLE: Mapping[str, Sequence[str]] = {
    "negative": ["-1"],
    "a word": ["soon"],
    "exponent": ["1e3"],
    "a list": ["30,120"],
    "empty": [""],
    "twice": ["1", "2"],
    "not a number": ["NaN"],
    "superscript": ["\xb2"],
    "half a date": ["Wed, 12 Nov"],
    "an ISO date": ["2025-11-12T09:30:00Z"],
    "no such date": ["Wed, 32 Nov 2025 25:61:61 GMT"],
    "no such year": ["Wed, 12 Nov 99999999999 09:30:00 GMT"],
}


@proves("retry.after-malformed", "secrets.token")
@concurrently(retry_after=UNREADABLE)
def test_wait_that_cannot_be_read(harness: Harness, retry_after: Sequence[str]) -> None:
    harness.judge(replace(harness.plain_call(), timeout=1.0), [throttled(429, *retry_after)])


@proves("retry.equivalent")
@concurrently(seconds=1, task_id={"reserved": "a/b c", "percent": "50%25", "beyond ascii": "é"})
def test_retry_for_an_odd_id(harness: Harness, task_id: str) -> None:
    (parameter,) = harness.contract.request.parameters
    if has_opaque_ids(harness.contract):
        harness.judge(
            replace(harness.plain_call(), arguments={parameter: task_id}), [throttled(503, "1"), success()]
        )


FINAL = (400, 403, 404, 409, 422, 500, 502)
REFUSALS: Mapping[str, StubResponse] = {
    **{str(status): throttled(status) for status in FINAL},
    **{f"{status} without content": stub(status) for status in FINAL},
    **{f"{status} as a page": stub(status, PAGE, "text/html") for status in FINAL},
    "401": with_fields(plain_error(401), ("WWW-Authenticate", "Bearer")),
    "401 with claims": with_fields(plain_error(401), ("WWW-Authenticate", CLAIMS)),
    **{f"{status} that tells a wait": throttled(status, "1") for status in (400, 403)},
    **{f"{status} called too many": error(status, TOO_MANY) for status in (400, 403)},
    **{f"{status} that closes": replace(plain_error(status), close=True) for status in (400, 403, 409)},
}


@proves("retry.refused", "retry.not-found", "retry.conflict", "retry.server-error", "secrets.token")
@concurrently(refusal=REFUSALS)
def test_refusals(harness: Harness, refusal: StubResponse) -> None:
    harness.judge(harness.plain_call(), [refusal] * 3 + [success()])


@proves("retry.refused", "retry.conflict", "secrets.token")
@concurrently(seconds=1, refusal={f"503, then {status}": throttled(status) for status in (400, 403, 409)})
def test_refusal_of_a_retry(harness: Harness, refusal: StubResponse) -> None:
    harness.judge(harness.plain_call(), [throttled(503, "1"), *[refusal] * 3, success()])


@proves("retry.refused")
@concurrently(refusal={f"401, then {status}": plain_error(status) for status in (400, 403)})
def test_refusal_after_a_challenge(harness: Harness, refusal: StubResponse) -> None:
    harness.judge(harness.plain_call(), [plain_error(401), *[refusal] * 3, success()])


@proves("retry.connection-lost", "secrets.token")
@given(
    fault=constants({fault: fault for fault in ("reset", "closed", "half-head")}),
    kept=constants({"new": False, "kept": True}),
)
def test_lost_connection(harness: Harness, fault: Fault, kept: bool) -> None:
    if "network" in harness.shows:
        before = [harness.perform(harness.plain_call("another-guid"), [success()])] if kept else []
        harness.judge(harness.plain_call(), [faulty(fault), success()], before=before)
