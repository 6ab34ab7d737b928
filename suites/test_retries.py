"""Retries: after which responses, how soon, and with which requests.

Calls that wait are not drawn: they are made concurrently, the longest first.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from graphcontract.clauses.queries import has_opaque_ids, is_opaque_string
from graphcontract.http.stub_response import (
    StubResponse,
    error,
    faulty,
    plain_error,
    stub,
    success,
    with_fields,
)
from graphcontract.inputs import constants, each
from graphcontract.inputs.calls import plain_arguments
from graphcontract.judging.harness import Harness
from graphcontract.judging.suite_api import Needing, concurrently, given, proves
from graphcontract.wire import Fault

CLAIMS = 'Bearer realm="", error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnsieG1zX2NjIjp7fX19"'
TOO_MANY = {"error": {"code": "TooManyRequests", "message": "Please retry later."}}
PAGE = b"<html><h1>Service unavailable</h1></html>"
QUOTA = (("RateLimit-Limit", "10"), ("RateLimit-Remaining", "0"), ("RateLimit-Reset", "1"))
PAST_DATE = "Wed, 12 Nov 2025 09:30:00 GMT"
DISTANT_DATE = "Wed, 12 Nov 2098 09:30:00 GMT"  # its seconds since 1970 need more than 32 bits
BROKEN_GZIP = b"\x1f\x8b\x08\x00"


def throttle(status: int, *retry_after: str) -> StubResponse:
    """An error with these Retry-After header fields, which may be none."""
    return with_fields(plain_error(status), *(("Retry-After", value) for value in retry_after))


def throttle_until(status: int, retry_after: str) -> StubResponse:
    """An error with a Date and this Retry-After; a placeholder such as `{date+3}` is 3 s later."""
    return with_fields(plain_error(status), ("Date", "{date+0}"), ("Retry-After", retry_after))


@dataclass(frozen=True)
class Throttling:
    """Throttling for a few `seconds`. A client that gives up at once on waits beyond its timeout gets the
    same for an `hour` instead, if there is such: that shows just as well whether it can read how long to
    wait. What is `soon` over shows whether it retries.
    """

    seconds: Sequence[StubResponse]
    hour: Sequence[StubResponse] = ()
    soon: Sequence[StubResponse] = ()

    def check(self, harness: Harness) -> None:
        """Make the calls with these responses."""
        call, tried = replace(harness.plain_call(), timeout=6.0), [self.seconds]
        if self.hour and harness.habits.gives_up:
            tried = [[harness.hasten(each) for each in self.soon], self.hour]
        for responses in filter(None, tried):
            harness.check(call, [*responses, success()])


def in_any_form(make: Callable[[str], StubResponse]) -> Throttling:
    """Throttling with a Retry-After that depends on its seconds."""
    return Throttling([make("1")], [make("3600")], soon=[make("1")])


def throttle_beside_quota(seconds: str) -> StubResponse:
    """Throttling whose quota is renewed sooner than Retry-After says."""
    return with_fields(plain_error(429), ("Retry-After", seconds), *QUOTA)


WAITS: Mapping[str, Throttling] = {
    "429 for 1 s": Throttling([throttle(429, "1")]),
    "503 for 1 s": in_any_form(lambda seconds: throttle(503, seconds)),
    "504 for 1 s": in_any_form(lambda seconds: throttle(504, seconds)),
    "503 as a page": in_any_form(
        lambda seconds: with_fields(stub(503, PAGE, "text/html"), ("Retry-After", seconds))
    ),
    "name in lower case": in_any_form(
        lambda seconds: with_fields(plain_error(429), ("retry-after", seconds))
    ),
    "429 for 4 s": Throttling([throttle(429, "4")], [throttle(429, "3600")]),
    "429 for 2 s": Throttling([throttle(429, "2")], [throttle(429, "7200")]),
    "until a date": Throttling([throttle_until(503, "{date+3}")], [throttle_until(503, "{date+3600}")]),
    "until a date as in RFC 850": Throttling(
        [throttle_until(503, "{rfc850+2}")], [throttle_until(503, "{rfc850+3600}")]
    ),
    "until a date as C writes it": Throttling(
        [throttle_until(503, "{asctime+2}")], [throttle_until(503, "{asctime+3600}")]
    ),
    # RFC 9110 has no fractions: a client may take its own backoff instead, and that may be less than an hour.
    "a fraction": Throttling([throttle(429, "1.2")]),
    "a leading zero": Throttling([throttle(429, "01")], [throttle(429, "03600")]),
    "a quota as well": Throttling([throttle_beside_quota("2")], [throttle_beside_quota("3600")]),
    # An hour does not show whether the last seconds of a date count.
    "until a date soon": Throttling([throttle_until(503, "{date+2}")]),
}


@proves("retry.throttled", "retry.after", "retry.equivalent", "error.failure", "secrets.token")
@concurrently(seconds={"429 for 1 s": 1}, throttling=WAITS)
def test_temporary_throttling(harness: Harness, throttling: Throttling) -> None:
    """A throttled request should be retried, and not before the time that Retry-After says."""
    throttling.check(harness)


@proves("retry.throttled", "retry.after", "retry.equivalent")
@concurrently(seconds=1, statuses={"503, then longer": (503, 429)})
def test_longer_throttling(harness: Harness, statuses: Sequence[int]) -> None:
    """Each retry should wait for the time that the last response says."""
    first, second = statuses
    waits = ("0", "1") if harness.habits.at_once else ("1", "2")
    responses = [throttle(first, waits[0]), throttle(second, waits[1]), success()]
    harness.check(replace(harness.plain_call(), timeout=6.0), responses)


PERSISTENT_THROTTLING: Mapping[str, Sequence[StubResponse]] = {
    "lasting 503": [throttle(503, "1")],
    "lasting 429": [throttle(429, "0")],
    "lasting in turn": [throttle(429, "0"), throttle(503, "0")] * 8,
    "lasting 504": [throttle(504, "0")],
    "lasting 502": [throttle(502, "0")],
    "lasting 408": [throttle(408, "0")],
    "lasting 423": [throttle(423)],
    "lasting 425": [throttle(425, "0")],
    "lasting 500": [throttle(500)],
    "no wait told": [throttle(429)],
    "a date gone by": [throttle_until(503, PAST_DATE)],
    "an hour": [throttle(503, "3600")],
    "20 digits": [throttle(429, "9" * 20)],
    "no wait given by 503": [throttle(503)],
    "no wait given by 504": [throttle(504)],
    "a distant date": [throttle_until(503, DISTANT_DATE)],
}
ONE_SECOND = ("lasting 503", "no wait told", "no wait given by 503", "no wait given by 504")


@proves("retry.bounded", "retry.after", "retry.backoff", "retry.equivalent", "error.failure", "secrets.token")
@concurrently(seconds=dict.fromkeys(ONE_SECOND, 1), responses=PERSISTENT_THROTTLING)
def test_persistent_throttling(harness: Harness, responses: Sequence[StubResponse]) -> None:
    """A request that stays throttled must not be retried without limit, and should not be without a pause;
    the call must end in failure.
    """
    harness.check(replace(harness.plain_call(), timeout=1.5), responses)


# If the timeout bounds one attempt only, the call may still be going on.
@proves("retry.bounded", needs="call-timeout")
@concurrently(seconds=2.3, responses={"long after the call": [throttle(503, "2")]})
def test_no_request_after_timeout(harness: Harness, responses: Sequence[StubResponse]) -> None:
    """A call must not send a request after its timeout and grace period."""
    # They end after 1.5 s, and so before the retry would begin; a client that gives up may do so at once.
    harness.check(replace(harness.plain_call(), timeout=0.5), responses, linger=2.3)


MALFORMED_RETRY_AFTER: Mapping[str, Sequence[str]] = {
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
@concurrently(retry_after=MALFORMED_RETRY_AFTER)
def test_malformed_retry_after(harness: Harness, retry_after: Sequence[str]) -> None:
    """A malformed Retry-After must not crash the client or make it retry without a pause."""
    harness.check(replace(harness.plain_call(), timeout=0.8), [throttle(429, *retry_after)])


@proves("retry.equivalent")
@concurrently(task_id={"reserved": "a/b c", "percent": "50%25", "beyond ascii": "é"})
def test_retry_with_unusual_id(harness: Harness, task_id: str) -> None:
    """A retry must send the same request again, with the id encoded once."""
    call, parameters = harness.plain_call(), harness.contract.request.parameters
    ids = [task_id if is_opaque_string(parameters[name]) else each for name, each in call.arguments.items()]
    if has_opaque_ids(harness.contract):
        unusual = replace(call, arguments=plain_arguments(harness.contract, ids))
        harness.check(unusual, [harness.hasten(throttle(503, "1")), success()])


NOT_RETRYABLE = (400, 403, 404, 409, 422, 500, 502)
NOT_RETRYABLE_ERRORS: Mapping[str, StubResponse] = {
    **{str(status): throttle(status) for status in NOT_RETRYABLE},
    **{f"{status} without content": stub(status) for status in NOT_RETRYABLE},
    **{f"{status} as a page": stub(status, PAGE, "text/html") for status in NOT_RETRYABLE},
    "401": with_fields(plain_error(401), ("WWW-Authenticate", "Bearer")),
    "401 with claims": with_fields(plain_error(401), ("WWW-Authenticate", CLAIMS)),
    **{f"{status} that tells a wait": throttle(status, "1") for status in (400, 403)},
    **{f"{status} called too many": error(status, TOO_MANY) for status in (400, 403)},
    **{f"{status} that closes": replace(plain_error(status), close=True) for status in (400, 403, 409)},
    **{
        f"{status} in broken gzip": replace(plain_error(status), coded=True, encoded=BROKEN_GZIP)
        for status in (400, 500)
    },
}


@proves("retry.refused", "retry.not-found", "retry.conflict", "retry.server-error", "secrets.token")
@concurrently(response=NOT_RETRYABLE_ERRORS)
def test_not_retryable_errors(harness: Harness, response: StubResponse) -> None:
    """An error that a retry does not change must not be retried, except once after 401."""
    harness.check(harness.plain_call(), [response] * 3 + [success()])


@proves("retry.refused", "retry.conflict", "secrets.token")
@concurrently(response={f"503, then {status}": throttle(status) for status in (400, 403, 409)})
def test_not_retryable_error_of_a_retry(harness: Harness, response: StubResponse) -> None:
    """An error that a retry does not change must not be retried, even as the response to a retry."""
    first = harness.hasten(throttle(503, "1"))
    harness.check(harness.plain_call(), [first, *[response] * 3, success()])


@proves("retry.refused")
@concurrently(response={f"401, then {status}": plain_error(status) for status in (400, 403)})
def test_not_retryable_error_after_401(harness: Harness, response: StubResponse) -> None:
    """An error that a retry does not change must not be retried, even if 401 came before."""
    harness.check(harness.plain_call(), [plain_error(401), *[response] * 3, success()])


@proves("retry.connection-lost", "secrets.token", needs="network")
@given(fault=each("reset", "closed", "half-head"), kept=constants({"new": False, "kept": True}))
def test_lost_connection(harness: Harness, fault: Fault, kept: bool) -> None:
    """A request whose connection is lost without a response, new or kept alive, should not be sent again."""
    before = [harness.perform(harness.plain_call("another-guid"), [success()])] if kept else []
    harness.check(harness.plain_call(), [faulty(fault), success()], before=before)


@proves("request.once")
@concurrently(
    response={
        "401, then success": with_fields(plain_error(401), ("WWW-Authenticate", "Bearer")),
        "429, then success": throttle(429, "0"),
        "503, then success": throttle(503, "0"),
        "307, then success": with_fields(stub(307), ("Location", "?step=1")),
    }
)
def test_valid_retry(harness: Harness, response: StubResponse) -> None:
    """The request of a retry, or after a redirect, must be valid HTTP/1.1 too."""
    harness.check(harness.plain_call(), [response, success()])


CHALLENGED = with_fields(plain_error(401), ("WWW-Authenticate", CLAIMS))
CLAIMS_CHALLENGES: Mapping[str, tuple[int, Sequence[StubResponse]]] = {
    "a new token after claims": (2, [CHALLENGED, success()]),
    "lasting 401 with claims": (4, [CHALLENGED]),
    "no other token after claims": (1, [CHALLENGED] * 3 + [success()]),
    "503 after claims": (2, [CHALLENGED, throttle(503, "1"), success()]),
}


@proves("retry.claims", "secrets.token", needs="tokens")
@concurrently(challenge=CLAIMS_CHALLENGES)
def test_claims_challenge(harness: Harness, challenge: tuple[int, Sequence[StubResponse]]) -> None:
    """After a claims challenge, a request should be repeated once with a new token, if there is one."""
    count, responses = challenge
    call = harness.plain_call()
    tokens = (call.token, *(f"{call.token}.{number}" for number in range(1, count)))
    harness.check(replace(call, tokens=tokens), [harness.hasten(each) for each in responses])


@proves("credentials.failure", needs="tokens")
@concurrently(token={"no token": ""})
def test_credential_without_token(harness: Harness, token: str) -> None:
    """A call whose credential fails should end in failure, without a request."""
    harness.check(replace(harness.plain_call(), token=token, tokens=()), [success()])


def throttle_in_milliseconds(seconds: str) -> StubResponse:
    """Throttling that also has the field of Azure's services."""
    azure = ("x-ms-retry-after-ms", f"{seconds}000")
    return with_fields(plain_error(503), ("Retry-After", seconds), azure)


MILLISECONDS: Mapping[str, Throttling] = {
    "milliseconds as well": Throttling(
        [with_fields(plain_error(429), ("retry-after-ms", "1000"), ("Retry-After", "1"))]
    ),
    "milliseconds of Azure as well": Throttling(
        [throttle_in_milliseconds("1")], [throttle_in_milliseconds("3600")]
    ),
    "name in capitals": in_any_form(lambda seconds: with_fields(plain_error(429), ("RETRY-AFTER", seconds))),
}


@proves("retry.throttled", "retry.after")
@concurrently(seconds={"milliseconds as well": 1}, throttling=MILLISECONDS)
def test_wait_in_milliseconds(harness: Harness, throttling: Throttling) -> None:
    """A wait that is also given in milliseconds should be the same wait."""
    throttling.check(harness)


Unanswered = tuple[StubResponse, bool]  # what comes instead of a response, and whether a call came before
SILENT = faulty("stalled")
NO_RESPONSES: Mapping[str, Unanswered | Needing] = {
    "no response": Needing("timeout", (SILENT, False)),
    "no response on a kept connection": Needing("timeout", (SILENT, True)),
    "a response without an end": Needing("call-timeout", (replace(success(), fault="dripped"), False)),
    "half a response": (replace(plain_error(409), fault="half-content"), False),
    "half a response in chunks": (replace(plain_error(409), fault="half-content", framing="chunked"), False),
    "garbage": (faulty("garbage"), False),
    "garbage on a kept connection": (faulty("garbage"), True),
    "half a response before a reset": (replace(plain_error(409), fault="half-content-reset"), False),
}


@proves("retry.no-response", "secrets.token", needs="network")
@concurrently(
    seconds={"no response": 0.4, "no response on a kept connection": 0.4, "a response without an end": 0.4},
    unanswered=NO_RESPONSES,
)
def test_no_usable_response(harness: Harness, unanswered: Unanswered) -> None:
    """A request that gets no response in time, half of one or garbage should not be sent again."""
    response, kept = unanswered
    before = [harness.perform(harness.plain_call("another-guid"), [success()])] if kept else []
    call = replace(harness.plain_call(), timeout=0.4)
    harness.check(call, [response, success()], before=before)


@proves("retry.after", "retry.throttled", needs="network")
@concurrently(seconds=1.5, delay={"a response that takes half a second": 0.5})
def test_slow_throttling(harness: Harness, delay: float) -> None:
    """A retry should wait for the time that Retry-After says from the response on, not from the request."""
    slow = replace(throttle(429, "1"), split="at-start", pause=delay)
    harness.check(replace(harness.plain_call(), timeout=6.0), [slow, success()])
