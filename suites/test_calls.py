"""Several calls of one client: none may affect another."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from graphcontract.exchange import Exchange
from graphcontract.http.stub_response import (
    Meeting,
    StubResponse,
    error,
    faulty,
    plain_error,
    stub,
    success,
    with_fields,
)
from graphcontract.inputs import constants
from graphcontract.inputs.call_sequences import Planned, at_once, sequences
from graphcontract.judging.call_runner import CallOptions
from graphcontract.judging.harness import Harness
from graphcontract.judging.suite_api import Needing, concurrently, given, proves
from graphcontract.judging.surroundings import compare_surroundings


def responses(sequence: Sequence[Planned]) -> list[StubResponse]:
    """A response for each call. Errors differ in status and in request id, and every second one has no id."""
    return [
        success() if each.status is None else conflict(each.status, number)
        for number, each in enumerate(sequence)
    ]


def conflict(status: int, number: int) -> StubResponse:
    """An error with this status; the request id, if it has one, is made of the number."""
    content: dict[str, object] = {"code": "conflict", "message": "In progress."}
    if number % 2 == 0:
        id = f"6f1c2f64-7c0e-4c39-8a55-{number:012d}"
        content["innerError"] = {"date": "2025-11-12T09:30:00", "request-id": id}
    return error(status, {"error": content})


@proves(
    "calls.independent",
    "request.method",
    "request.query",
    "request.body",
    "secrets.token",
    seed_key="test_one_after_another",
)
@given(sequence=sequences, calls=7)
def test_successive_calls(harness: Harness, sequence: Sequence[Planned]) -> None:
    """Each of several successive calls must use its own id, token and root, and report its own response."""
    planned = zip(sequence, responses(sequence), strict=True)
    made = [harness.perform(each.call, [response], aside=each.aside) for each, response in planned]
    harness.observe(made[-1], before=made[:-1])
    for exchange in made:
        harness.observe(exchange)


@proves("calls.concurrent", seed_key="test_at_the_same_time")
@given(sequence=at_once, calls=5)
def test_concurrent_calls(harness: Harness, sequence: Sequence[Planned]) -> None:
    """Each of several concurrent calls should use its own id and token, and report its own response."""
    planned = zip(sequence, responses(sequence), strict=True)
    made = harness.concurrently(
        [partial(harness.perform, each.call, [response]) for each, response in planned]
    )
    harness.observe(made[-1], before=made[:-1])


Cancelled = tuple[Sequence[StubResponse], float]  # responses, and for how long to look for requests after it
CANCELLED: Mapping[str, Cancelled | Needing] = {
    # Until after the retry, which comes 1.7 s after the cancellation.
    "cancelled in a wait": ([with_fields(plain_error(503), ("Retry-After", "2")), success()], 2.0),
    "cancelled without a response": Needing("network", ([faulty("stalled"), success()], 0.5)),
    # Its second half comes after the second within which the call should end.
    "cancelled in the content": Needing(
        "network", ([replace(plain_error(409), split="in-content", pause=2.0), success()], 0.5)
    ),
}


@proves("calls.cancelled", needs="cancel")
@concurrently(
    seconds={
        "cancelled in a wait": 2.3,
        "cancelled without a response": 0.8,
        "cancelled in the content": 0.8,
    },
    cancelled_after=CANCELLED,
)
def test_cancelled_call(harness: Harness, cancelled_after: Cancelled) -> None:
    """A cancelled call should end at once, send nothing afterwards, and leave the client usable."""
    responses, linger = cancelled_after
    control = harness.control([success()])
    call = replace(harness.plain_call(), timeout=6.0)
    cancelled = harness.perform(call, responses, cancel_after=0.3, linger=linger)
    following = harness.perform(harness.plain_call("another-guid"), [success()])
    harness.observe(following, control=control, before=[cancelled])


CANCELLED_BEFORE: Mapping[str, Sequence[StubResponse]] = {
    "cancelled before it begins": [faulty("stalled"), success()],
    "cancelled before it begins, at a busy service": [
        with_fields(plain_error(503), ("Retry-After", "2")),
        success(),
    ],
}


@proves("calls.cancelled", needs=("network", "cancel"))
@concurrently(seconds=0.5, responses=CANCELLED_BEFORE)
def test_call_cancelled_before_it_begins(harness: Harness, responses: Sequence[StubResponse]) -> None:
    """A call that is cancelled before it begins should end as soon as one that is cancelled later."""
    control = harness.control([success()])
    call = replace(harness.plain_call(), timeout=6.0)
    cancelled = harness.perform(call, responses, cancel_after=0.0, linger=0.3)
    following = harness.perform(harness.plain_call("another-guid"), [success()])
    harness.observe(following, control=control, before=[cancelled])


@proves("calls.cancelled", needs=("network", "concurrency", "cancel"))
@concurrently(seconds=1, cancel_after={"cancelled beside another call": 0.3})
def test_call_beside_a_cancelled_one(harness: Harness, cancel_after: float) -> None:
    """A call should not end with another one that is cancelled meanwhile."""
    control = harness.control([success()])
    stalled = replace(harness.plain_call("another-guid"), timeout=6.0)
    later = replace(success(), split="at-start", pause=0.8)
    cancelled, made = harness.concurrently(
        [
            partial(harness.perform, stalled, [faulty("stalled")], cancel_after=cancel_after),
            partial(harness.perform, harness.plain_call(), [later]),
        ]
    )
    harness.observe(made, control=control, before=[cancelled])


LOGGED: Mapping[str, Sequence[StubResponse] | Needing] = {
    "success logged": [success()],
    "401 logged": [plain_error(401)],
    "404 logged": [plain_error(404)],
    "a retry logged": [with_fields(plain_error(503), ("Retry-After", "0")), success()],
    "a redirect logged": [with_fields(stub(307), ("Location", "/beta/elsewhere")), success()],
    "a lost connection logged": Needing("network", [faulty("closed")]),
}


@proves("secrets.token", needs="debug")
@concurrently(responses=LOGGED)
def test_debug_log(harness: Harness, responses: Sequence[StubResponse]) -> None:
    """A client that logs in detail must not log the token."""
    logged = harness.perform(harness.plain_call(), responses, debug=True)
    # What is logged after the outcome is output of the next call.
    harness.observe(harness.perform(harness.plain_call(), [success()], debug=True), before=[logged])


# Values that no client sends by itself, in fields of a response that some client uses for what it sends next.
REMEMBERED = (
    ("ETag", 'W/"left-over-entity-tag-1"'),
    ("Last-Modified", "Wed, 12 Nov 2025 09:30:00 GMT"),
    ("request-id", "6f1c2f64-7c0e-4c39-8a55-000000000901"),
    ("x-ms-correlation-request-id", "6f1c2f64-7c0e-4c39-8a55-000000000902"),
    ("x-ms-continuation", "left-over-continuation-1"),
    ("Sync-Token", "left-over-sync-token-1"),
    ("Set-Cookie", "session=left-over-cookie-value-1; Path=/"),
    ("Content-Location", "/beta/left-over-content-location"),
    ("Link", '</beta/left-over-next-link>; rel="next"'),
)
CLAIMS = "eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZX19fQ=="
LEFT: Mapping[str, Sequence[StubResponse]] = {
    "after a success with fields": [with_fields(success(), *REMEMBERED)],
    "after an error with fields": [with_fields(plain_error(409), *REMEMBERED)],
    "after a claims challenge": [
        with_fields(
            plain_error(401), ("WWW-Authenticate", f'Bearer error="insufficient_claims", claims="{CLAIMS}"')
        )
    ],
    "after a temporary redirect": [
        with_fields(stub(307), ("Location", "?moved=left-over-location-value"), *REMEMBERED),
        success(),
    ],
    "after a retry": [with_fields(plain_error(503), ("Retry-After", "0"), *REMEMBERED), success()],
    "after a wait": [with_fields(plain_error(503), ("Retry-After", "2")), success()],
    "after a success with a wait": [with_fields(success(), ("Retry-After", "3600"))],
}


def check_later_call(harness: Harness, calls: Sequence[Callable[[], Exchange]]) -> None:
    """Compare a plain call with one of a new client object, after another plain call and these calls."""
    control = harness.perform(harness.plain_call(), [success()])
    # `aside` leads to another root, and so to another client object. The calls after it stay there.
    first = harness.perform(harness.plain_call(), [success()], aside=True)
    before = [first, *(call() for call in calls)]
    harness.check(harness.plain_call(), [success()], control=control, before=before)


@proves("calls.independent")
@concurrently(seconds={"after a wait": 2}, responses=LEFT)
def test_later_call(harness: Harness, responses: Sequence[StubResponse]) -> None:
    """A later call must not contain anything of an earlier response, error or retry."""
    check_later_call(harness, [partial(harness.perform, harness.plain_call("another-guid"), responses)])


@proves("calls.independent", needs="network")
@concurrently(
    seconds={"after a call that timed out": 0.4, "after a call that was cancelled": 0.2},
    options={
        "after a call that timed out": Needing("timeout", CallOptions()),
        "after a call that was cancelled": Needing("cancel", CallOptions(cancel_after=0.2)),
    },
)
def test_later_call_after_silence(harness: Harness, options: CallOptions) -> None:
    """A later call must not contain anything of a call that got no response."""
    call = replace(harness.plain_call("another-guid"), timeout=0.4)
    check_later_call(harness, [partial(harness.perform, call, [faulty("stalled")], **options)])


STALE = with_fields(stub(307), ("Location", "?moved=left-over-location-value"))
REDIRECTED: Mapping[str, StubResponse] = {
    "another redirect": with_fields(stub(307), ("Location", "?moved=location-of-this-call")),
    "a redirect without Location": stub(307),
}


@proves("calls.independent")
@given(redirect=constants(REDIRECTED), calls=2)
def test_later_redirect(harness: Harness, redirect: StubResponse) -> None:
    """A later call must not follow the Location of an earlier one, whether it has its own or not."""
    control = harness.control([redirect, success()])
    before = [harness.perform(harness.plain_call("another-guid"), [STALE, success()])]
    harness.check(harness.plain_call(), [redirect, success()], control=control, before=before)


@proves("calls.independent")
@concurrently(response={"after ten successes": success(), "after ten errors": plain_error(409)})
def test_tenth_call(harness: Harness, response: StubResponse) -> None:
    """What a client sends must not grow from call to call."""
    # A command is a new process for each call: it has no memory of the one before.
    count = 10 if harness.client.budget is None else 1
    check_later_call(harness, [partial(harness.perform, harness.plain_call(), [response])] * count)


@proves("calls.independent")
@concurrently(status={f"{status} in each of five calls": status for status in (429, 503)})
def test_retry_in_each_call(harness: Harness, status: int) -> None:
    """Retries in earlier calls must not count for a later one."""
    before: list[Exchange] = []
    for _ in range(5):
        made = harness.perform(harness.plain_call(), [plain_error(status), success()])
        if before:
            harness.observe(made, before=before)
        if made.outcome.kind != "success" or made.ended - made.started > 1:
            return  # it does not retry, or it waits so long that more calls would take too much time
        before.append(made)


# In capitals, letters that other locales fold in another way: I of Turkish, in names, a code and a coding.
ABROAD = {
    "error": {
        "code": "INVALID_ID_i",
        "message": "G\u00f6rev \u0130PTAL edilemedi: \u0131\u015f\u0131k 1,5 \u20ac",
        "innerError": {"date": "2025-11-12T09:30:00", "request-id": "6f1c2f64-7c0e-4c39-8a55-6d1f6f5a9b10"},
    }
}
IN_CAPITALS = ("Location", "Content-Type", "request-id", "Retry-After")


def spell_in_capitals(response: StubResponse) -> StubResponse:
    """The response with the names of some fields in capitals: letter case means nothing in them."""
    fields = tuple((name.upper() if name in IN_CAPITALS else name, value) for name, value in response.fields)
    return replace(response, fields=fields)


SURROUNDED: Mapping[str, Sequence[StubResponse]] = {
    "wait until a date": [
        with_fields(plain_error(503), ("Date", "{date+0}"), ("Retry-After", "{date+2}")),
        success(),
    ],
    "wait of half a second": [with_fields(plain_error(429), ("Retry-After", "0.5")), success()],
    "success in any surroundings": [success()],
    "error in capitals": [spell_in_capitals(error(409, ABROAD, framing="chunked-in-capitals"))],
    "coding in capitals": [error(409, ABROAD, coded=True, coding="GZIP")],
    "redirect in capitals": [spell_in_capitals(with_fields(stub(307), ("Location", "?step=1"))), success()],
}


@proves("calls.surroundings", "retry.after", "error.status", needs="surroundings")
@concurrently(seconds={"wait until a date": 1.7, "wait of half a second": 0.5}, responses=SURROUNDED)
def test_surroundings(harness: Harness, responses: Sequence[StubResponse]) -> None:
    """A call should be the same in any time zone, locale and environment, and with few descriptors."""
    compare_surroundings(harness, replace(harness.plain_call(), timeout=4.0), responses)


@proves("calls.concurrent", needs=("network", "concurrency"))
@concurrently(seconds=2.5, status={"beside a wait": 503})
def test_call_beside_a_waiting_one(harness: Harness, status: int) -> None:
    """A call should end while another one waits for its retry."""
    # Nothing else arrives for these meetings, so that each only delays its response: the error until both
    # requests are there, and the success until the other call waits.
    later = replace(with_fields(plain_error(status), ("Retry-After", "2")), meeting=Meeting(2, patience=0.3))
    meanwhile = replace(success(), meeting=Meeting(2, patience=0.9))
    waiting = replace(harness.plain_call(), timeout=6.0)
    made = harness.concurrently(
        [
            partial(harness.perform, waiting, [later, success()]),
            partial(harness.perform, harness.plain_call("another-guid"), [meanwhile]),
        ]
    )
    harness.observe(made[-1], before=made[:-1])
