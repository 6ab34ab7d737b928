"""Several calls of one client: none may affect another."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from graphcontract.http.stub_response import (
    StubResponse,
    error,
    faulty,
    plain_error,
    stub,
    success,
    with_fields,
)
from graphcontract.inputs.call_sequences import Planned, at_once, sequences
from graphcontract.judging.harness import Harness
from graphcontract.judging.suite_api import Needing, concurrently, given, proves


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


CANCELLED: Mapping[str, Sequence[StubResponse] | Needing] = {
    "cancelled in a wait": [with_fields(plain_error(503), ("Retry-After", "2")), success()],
    "cancelled without a response": Needing("network", [faulty("stalled"), success()]),
}


@proves("calls.cancelled", needs="cancel")
@concurrently(seconds=2.8, responses=CANCELLED)
def test_cancelled_call(harness: Harness, responses: Sequence[StubResponse]) -> None:
    """A cancelled call should end at once, send nothing afterwards, and leave the client usable."""
    control = harness.control([success()])
    call = replace(harness.plain_call(), timeout=6.0)
    cancelled = harness.perform(call, responses, cancel_after=0.5, linger=2.2)
    following = harness.perform(harness.plain_call("another-guid"), [success()])
    harness.observe(following, control=control, before=[cancelled])


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
