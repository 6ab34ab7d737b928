"""HTTP/2 over TLS: forms of a response, streams that are refused, and GOAWAY."""

from collections.abc import Sequence
from dataclasses import replace

from graphcontract.http.stub_response import (
    ExtraFrame,
    Http2Form,
    StubResponse,
    error,
    faulty,
    plain_error,
    stub,
    success,
    with_fields,
)
from graphcontract.inputs import constants
from graphcontract.judging.call_runner import CallOptions
from graphcontract.judging.harness import Harness
from graphcontract.judging.suite_api import concurrently, given, proves

HTTP2: CallOptions = {"certificate": "trusted", "http2": True}
NEEDS = ("network", "http2")

FORMS: dict[str, StubResponse] = {
    "END_STREAM in HEADERS": success(),
    "END_STREAM in empty DATA": replace(success(), http2=Http2Form(empty_data=True)),
    "content-length 0": with_fields(success(), ("content-length", "0")),
    "after an interim response": replace(success(), interim=(103,), interim_fields=(("link", "</>"),)),
    "with trailers": replace(success(), http2=Http2Form(trailers=(("x-checksum", "1"),))),
    "header in CONTINUATION": replace(success(), http2=Http2Form(continued=True)),
    "padded header": replace(success(), http2=Http2Form(padding=100)),
}


@proves("http2.response", "http2.connection-fields", "request.once", "request.path", needs=NEEDS)
@concurrently(form=FORMS)
def test_successful_response(harness: Harness, form: StubResponse) -> None:
    """A successful response must be reported as success in each of its forms."""
    harness.check(harness.plain_call(), [form], **HTTP2)


ERRORS: dict[str, StubResponse] = {
    "409 over HTTP/2": plain_error(409),
    "404 without content over HTTP/2": stub(404),
    "500 with trailers": replace(plain_error(500), http2=Http2Form(trailers=(("x-checksum", "1"),))),
}


@proves("error.failure", "error.status", "secrets.token", needs=NEEDS)
@concurrently(response=ERRORS)
def test_error_over_http2(harness: Harness, response: StubResponse) -> None:
    """An error must be reported as failure, with its status."""
    harness.check(harness.plain_call(), [response], **HTTP2)


LONG = {"error": {"code": "conflict", "message": "The task is in progress. " * 6000}}


@proves("error.shape", needs=NEEDS)
@given(body=constants({"longer than a window": LONG}))
def test_long_error_over_http2(harness: Harness, body: object) -> None:
    """An error longer than the window must be read to its end: the client has to open the window again."""
    control = harness.control([plain_error(409)])
    harness.check(harness.plain_call(), [error(409, body)], control=control, **HTTP2)


IN_OTHER_FRAMES: dict[str, Http2Form] = {
    "error after empty DATA": Http2Form(parted=True),
    "error in padded frames": Http2Form(padding=100),
    "error header in CONTINUATION": Http2Form(continued=True),
}


@proves("error.shape", "error.failure", "error.status", "error.code", "error.message", needs=NEEDS)
@concurrently(form=IN_OTHER_FRAMES)
def test_error_in_other_frames(harness: Harness, form: Http2Form) -> None:
    """An error must be read like the same one in usual frames, however its header and its content are cut
    and padded.
    """
    control = harness.perform(harness.plain_call(), [plain_error(409)], **HTTP2)
    harness.check(harness.plain_call(), [replace(plain_error(409), http2=form)], control=control, **HTTP2)


ONE_FRAME = {"error": {"code": "conflict", "message": "The task is in progress. " * 600}}


@proves("error.shape", needs=NEEDS)
@given(body=constants({"errors of a frame each, longer than a window together": ONE_FRAME}), calls=7)
def test_long_errors_over_http2(harness: Harness, body: object) -> None:
    """Each of several errors must be read to its end: the last frame of each opens the connection's window,
    too.
    """
    control = harness.control([plain_error(409)])
    for number in range(6):
        call = harness.plain_call("another-guid" if number % 2 == 0 else "guid")
        harness.check(call, [error(409, body)], control=control, **HTTP2)


REFUSED = faulty("refused-stream")
GOAWAY_BELOW = faulty("goaway-below")
# The first request and ten retries. A client that sends a twelfth, one too many, gets a response: how
# many it would send until its timeout depends on how fast the machine is.
ALLOWED_REQUESTS = 11


@proves("http2.refused-stream", "http2.connection-fields", "retry.equivalent", needs=NEEDS)
@concurrently(
    responses={
        "refused once": [REFUSED, success()],
        "refused always": [REFUSED] * ALLOWED_REQUESTS + [success()],
    }
)
def test_refused_stream(harness: Harness, responses: Sequence[StubResponse]) -> None:
    """A refused stream must end in failure, or in the success of a repeated request."""
    harness.check(harness.plain_call(), responses, **HTTP2)


@proves("http2.goaway", "http2.goaway-response", "http2.connection-fields", "retry.equivalent", needs=NEEDS)
@concurrently(
    responses={
        "GOAWAY below the request": [GOAWAY_BELOW, success()],
        "GOAWAY below each request": [GOAWAY_BELOW] * ALLOWED_REQUESTS + [success()],
        "GOAWAY in place of the response": [faulty("goaway-lost"), success()],
        "GOAWAY before the response": [replace(success(), fault="goaway-before"), success()],
    }
)
def test_goaway(harness: Harness, responses: Sequence[StubResponse]) -> None:
    """A request that GOAWAY leaves out may be repeated; one that it includes must get its response."""
    # Twelve requests, each on a connection of its own, take a while on a busy machine.
    harness.check(replace(harness.plain_call(), timeout=6.0), responses, **HTTP2)


# A server that is about to end says so with the highest stream first (RFC 9113, 6.8).
NOTICE = Http2Form(last_stream=2**31 - 1, debug_data=b"graceful_stop")


@proves("http2.goaway-response", needs=NEEDS)
@given(event=constants({"notice of GOAWAY": replace(success(), fault="goaway-before", http2=NOTICE)}))
def test_notice_of_goaway(harness: Harness, event: StubResponse) -> None:
    """After GOAWAY with the highest stream, a client should still take the response to its request."""
    harness.check(harness.plain_call(), [event, success()], **HTTP2)


@proves("http2.goaway", needs=NEEDS)
@given(event=constants({"GOAWAY below a later request": GOAWAY_BELOW}), calls=2)
def test_goaway_on_used_connection(harness: Harness, event: StubResponse) -> None:
    """GOAWAY for the second request of a connection must not be reported as success either."""
    before = harness.perform(harness.plain_call(), [success()], **HTTP2)
    harness.check(harness.plain_call("another-guid"), [event, success()], before=[before], **HTTP2)


RESETS = {
    "INTERNAL_ERROR without a response": 2,
    "CANCEL without a response": 8,
    "ENHANCE_YOUR_CALM without a response": 11,
}


@proves("retry.connection-lost", needs=NEEDS)
@concurrently(code=RESETS)
def test_reset_without_response(harness: Harness, code: int) -> None:
    """A request whose stream is reset may have been processed, unless the code is REFUSED_STREAM, and should
    not be sent again.
    """
    reset = replace(faulty("reset-stream"), http2=Http2Form(error=code))
    harness.check(harness.plain_call(), [reset, success()], **HTTP2)


COMPLETE = {"NO_ERROR after END_STREAM": replace(success(), fault="reset-after-response")}


@proves("http2.reset-after-response", needs=NEEDS)
@given(event=constants(COMPLETE))
def test_reset_after_response(harness: Harness, event: StubResponse) -> None:
    """A complete response must count, also if RST_STREAM with NO_ERROR follows."""
    harness.check(harness.plain_call(), [event], **HTTP2)


def reset_with(error: int, response: StubResponse) -> StubResponse:
    """HEADERS of this response without END_STREAM, then RST_STREAM with this error code."""
    return replace(response, fault="reset-after-head", http2=Http2Form(error=error))


WITH_CONTENT = stub(200, b'{"status": "canceled"}', "application/json")
EARLY = {
    "INTERNAL_ERROR before END_STREAM": reset_with(2, WITH_CONTENT),
    "CANCEL before END_STREAM": reset_with(8, WITH_CONTENT),
    "INTERNAL_ERROR after the HEADERS of a 204": reset_with(2, stub(204)),
}


@proves("http2.reset-before-end", needs=NEEDS)
@concurrently(event=EARLY)
def test_reset_before_end(harness: Harness, event: StubResponse) -> None:
    """A response that is reset before its content must not be taken for a complete one."""
    harness.check(harness.plain_call(), [event], **HTTP2)


STATUS = (":status", "{status}")
MALFORMED: dict[str, tuple[tuple[str, str], ...]] = {
    "field name in upper case": (STATUS, ("X-Request-Mark", "1")),
    "line end in a value": (STATUS, ("x-request-mark", "1\r\nx-other: 2")),
    "connection-specific field": (STATUS, ("connection", "keep-alive")),
    "transfer-encoding": (STATUS, ("transfer-encoding", "chunked")),
    "no :status": (("x-request-mark", "1"),),
    "two :status": (STATUS, STATUS),
    "unknown pseudo-header field": (STATUS, (":reason", "OK")),
    ":status after a field": (("x-request-mark", "1"), STATUS),
}


@proves("http2.malformed-response", "http2.malformed-accepted", needs=NEEDS)
@concurrently(head=MALFORMED)
def test_malformed_response(harness: Harness, head: tuple[tuple[str, str], ...]) -> None:
    """A malformed response must end in failure, whatever its status code."""
    malformed = replace(success(), fault="malformed-head", http2=Http2Form(head=head))
    harness.check(harness.plain_call(), [malformed], **HTTP2)


ODD_VALUES: dict[str, tuple[tuple[str, str], ...]] = {
    ":status with a sign": ((":status", "+{status}"),),
    ":status of four digits": ((":status", "0{status}"),),
    "NUL in a value": (STATUS, ("x-request-mark", "1\0002")),
    "space in a field name": (STATUS, ("x-request mark", "1")),
}


@proves("http2.malformed-response", "http2.malformed-accepted", needs=NEEDS)
@concurrently(head=ODD_VALUES)
def test_malformed_values(harness: Harness, head: tuple[tuple[str, str], ...]) -> None:
    """A response whose status or field cannot be valid must end in failure, too."""
    malformed = replace(success(), fault="malformed-head", http2=Http2Form(head=head))
    harness.check(harness.plain_call(), [malformed], **HTTP2)


@proves("http2.ping", needs=NEEDS)
@given(event=constants({"PING before the response": replace(success(), fault="ping-first")}))
def test_ping(harness: Harness, event: StubResponse) -> None:
    """A PING must be acknowledged: the response is only sent then."""
    harness.check(harness.plain_call(), [event], **HTTP2)


@proves("http2.settings", needs=NEEDS)
@given(event=constants({"SETTINGS before the response": replace(success(), fault="settings-first")}))
def test_settings(harness: Harness, event: StubResponse) -> None:
    """SETTINGS must be acknowledged: the response is only sent then."""
    harness.check(harness.plain_call(), [event], **HTTP2)


UNKNOWN = {
    "unknown frame of the connection": ExtraFrame(0xFA, b"graphcontract"),
    "unknown frame of the stream": ExtraFrame(0xFB, b"graphcontract", of_connection=False),
    "unknown setting": ExtraFrame(4, b"\xfa\xfa\x00\x00\x00\x01"),
}


@proves("http2.extensions", needs=NEEDS)
@concurrently(frame=UNKNOWN)
def test_unknown_extensions(harness: Harness, frame: ExtraFrame) -> None:
    """A frame or a setting that the client does not know must be ignored."""
    harness.check(harness.plain_call(), [replace(success(), http2=Http2Form(before=(frame,)))], **HTTP2)


@proves("http2.content-length", needs=NEEDS)
@given(length=constants({"content-length without DATA": "5"}))
def test_content_length_without_content(harness: Harness, length: str) -> None:
    """A 204 with Content-Length and no DATA should be success, as RFC 9113 allows it."""
    if harness.contract.success.status == 204:
        harness.check(harness.plain_call(), [with_fields(success(), ("content-length", length))], **HTTP2)
