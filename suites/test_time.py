"""Responses, calls and connections at any time that HTTP and the call's timeout allow.

All calls wait, so that none is drawn: they are made concurrently, the longest first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from time import sleep

from graphcontract.exchange import Exchange
from graphcontract.http.stub_response import StubResponse, faulty, plain_error, stub, success, with_fields
from graphcontract.judging.harness import Harness
from graphcontract.judging.suite_api import Needing, concurrently, proves
from graphcontract.transports import Certificate, Scope
from graphcontract.wire import Fault, Split

Slow = tuple[float, Sequence[StubResponse]]  # the call's timeout in seconds, and its responses
TIMEOUT = 3.0  # seconds, of a call whose responses take at most a third of it
SUCCESS = with_fields(success(), ("Date", "Wed, 12 Nov 2025 09:30:00 GMT"), ("x-ms-ags-diagnostic", "{}"))
CHUNKED = replace(plain_error(409), framing="chunked")
TO_THE_END = replace(plain_error(409), framing="to-the-end")
MOVED = with_fields(stub(307, b"<p>Moved</p>", "text/html"), ("Location", "?step=1"))


def split(response: StubResponse, at: Split, pause: float = 0.05) -> StubResponse:
    """The response in two parts; 50 ms are enough for a client to read the first one."""
    return replace(response, split=at, pause=pause)


SLOW_RESPONSES: Mapping[str, Slow | Needing] = {
    # Longer than a fixed timeout of a second, or of two, and a little less than a third of the timeout, as
    # some clients divide that by their attempts.
    "after a third of the timeout": Needing("timeout", (7.5, [split(SUCCESS, "at-start", 2.2)])),
    "error after a while": (TIMEOUT, [split(plain_error(409), "at-start", 0.4)]),
    "some time after 102": (TIMEOUT, [split(replace(SUCCESS, interim=(102,)), "after-interim", 0.3)]),
    "redirect with late content": (TIMEOUT, [split(MOVED, "after-head", 0.3), SUCCESS]),
    "byte by byte": (TIMEOUT, [split(success(), "each-byte", 0.01)]),
    "error with late content": (TIMEOUT, [split(plain_error(409), "after-head", 0.2)]),
    "error in chunks, late": (TIMEOUT, [split(CHUNKED, "in-content", 0.2)]),
    "error to the end, late": (TIMEOUT, [split(TO_THE_END, "in-content", 0.2)]),
    "cut in the status code": (TIMEOUT, [split(SUCCESS, "in-status")]),
    "cut in a line end": (TIMEOUT, [split(SUCCESS, "in-line-end")]),
    "cut in the fields": (TIMEOUT, [split(SUCCESS, "in-fields")]),
    "cut before the end of the head": (TIMEOUT, [split(SUCCESS, "in-head-end")]),
    "error cut in the status code": (TIMEOUT, [split(plain_error(409), "in-status")]),
    "error cut in a line end": (TIMEOUT, [split(plain_error(409), "in-line-end")]),
    "error cut in the content": (TIMEOUT, [split(plain_error(409), "in-content")]),
}


@proves("response.slow", needs="network")
@concurrently(
    seconds={
        "after a third of the timeout": 2.2,
        "error after a while": 0.4,
        "some time after 102": 0.3,
        "redirect with late content": 0.3,
        "byte by byte": 0.3,
    },
    slow=SLOW_RESPONSES,
)
def test_slow_response(harness: Harness, slow: Slow) -> None:
    """A response that takes its time, or arrives in parts, must be reported like the same response at
    once.
    """
    timeout, responses = slow
    at_once = [replace(each, split=None) for each in responses]
    call = replace(harness.plain_call(), timeout=timeout)
    harness.check(call, responses, control=harness.control(at_once))


Late = tuple[StubResponse, StubResponse]  # the response that is too late, and that of the next call
LATE_RESPONSES: Mapping[str, Late] = {
    "late success before an error": (replace(success(), fault="late"), plain_error(409)),
    "late error before success": (replace(plain_error(409), fault="late"), success()),
    "late success between two calls": (replace(success(), fault="late-between"), plain_error(409)),
}


@proves("calls.late-response", needs=("network", "timeout"))
@concurrently(seconds=0.5, late=LATE_RESPONSES)
def test_late_response(harness: Harness, late: Late) -> None:
    """The response of a call that has timed out must not become that of the next call."""
    first, following = late
    control = harness.control([following])
    timed_out = harness.perform(replace(harness.plain_call(), timeout=0.4), [first])
    # The call's own response comes after the late one, on whichever connection.
    responses = [split(following, "at-start", 0.1)]
    harness.check(harness.plain_call("another-guid"), responses, control=control, before=[timed_out])


Idle = tuple[Fault | None, float]  # what happens to an idle connection, and the timeout of the call before
IDLE = 2.2  # seconds, as some pools reuse a connection unchecked for two, to save the check
IDLE_CONNECTIONS: Mapping[str, Sequence[Idle]] = {
    "closed, reset or left alone while idle": [("closed-between", 3.0), ("reset-between", 3.0), (None, 1.0)],
}


@proves("transport.idle", needs="network")
@concurrently(seconds=IDLE, idle=IDLE_CONNECTIONS)
def test_idle_connection(harness: Harness, idle: Sequence[Idle]) -> None:
    """The call after a pause must work, whatever has become of the connection meanwhile."""
    # Each has another root, and so another connection: all of them are idle at the same time.
    scopes, before = [Scope() for _ in idle], list[Exchange]()
    for scope, (fault, timeout) in zip(scopes, idle, strict=True):
        call = replace(harness.plain_call(), timeout=timeout)
        with harness.calls.within(scope):
            before.append(harness.perform(call, [replace(success(), fault=fault)]))
    sleep(IDLE)
    made = list[Exchange]()
    for scope in scopes:
        with harness.calls.within(scope):
            made.append(harness.perform(harness.plain_call("another-guid"), [success()]))
        harness.calls.leave(scope)
    for exchange, earlier in zip(made, before, strict=True):
        harness.observe(exchange, before=[earlier])


Stalled = tuple[StubResponse, Certificate | None]
STALLS: Mapping[str, Stalled | Needing] = {
    "TLS handshake stalled": (faulty("stalled-handshake"), "trusted"),
    "TLS handshake stalled half-way": (faulty("half-handshake"), "trusted"),
    "stalled after the TLS handshake": (faulty("stalled"), "trusted"),
    "102 without end": Needing("call-timeout", (replace(faulty("interim-only"), drip=0.1), None)),
}


@proves("transport.timeout", "secrets.token", needs="network")
@concurrently(seconds=0.4, stall=STALLS)
def test_stalled_connection(harness: Harness, stall: Stalled) -> None:
    """A call must end within its timeout and grace period if TLS stalls, or if informational responses keep
    its connection busy.
    """
    response, certificate = stall
    call = replace(harness.plain_call(), timeout=0.4)
    if certificate is None:
        harness.check(call, [response])
    else:
        harness.check(call, [response], certificate=certificate)
