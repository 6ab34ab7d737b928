"""HTTP/2 over TLS: forms of a response, streams that are refused, and GOAWAY."""

from collections.abc import Sequence
from dataclasses import replace

from graphcontract.http.stub_response import Http2Form, StubResponse, faulty, success, with_fields
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
}


@proves("http2.response", "http2.connection-fields", "request.once", "request.path", needs=NEEDS)
@given(form=constants(FORMS))
def test_successful_response(harness: Harness, form: StubResponse) -> None:
    """A successful response must be reported as success in each of its forms."""
    harness.check(harness.plain_call(), [form], **HTTP2)


REFUSED = faulty("refused-stream")


@proves("http2.refused-stream", "http2.connection-fields", "retry.equivalent", needs=NEEDS)
@concurrently(responses={"refused once": [REFUSED, success()], "refused always": [REFUSED]})
def test_refused_stream(harness: Harness, responses: Sequence[StubResponse]) -> None:
    """A refused stream must end in failure, or in the success of a repeated request."""
    harness.check(harness.plain_call(), responses, **HTTP2)


@proves("http2.goaway", "http2.goaway-response", "http2.connection-fields", "retry.equivalent", needs=NEEDS)
@concurrently(
    responses={
        "GOAWAY below the request": [faulty("goaway-below"), success()],
        "GOAWAY below each request": [faulty("goaway-below")],
        "GOAWAY in place of the response": [faulty("goaway-lost"), success()],
        "GOAWAY before the response": [replace(success(), fault="goaway-before"), success()],
    }
)
def test_goaway(harness: Harness, responses: Sequence[StubResponse]) -> None:
    """A request that GOAWAY leaves out may be repeated; one that it includes must get its response."""
    harness.check(harness.plain_call(), responses, **HTTP2)


@proves("http2.goaway", needs=NEEDS)
@given(event=constants({"GOAWAY below a later request": faulty("goaway-below")}), calls=2)
def test_goaway_on_used_connection(harness: Harness, event: StubResponse) -> None:
    """GOAWAY for the second request of a connection must not be reported as success either."""
    before = harness.perform(harness.plain_call(), [success()], **HTTP2)
    harness.check(harness.plain_call("another-guid"), [event, success()], before=[before], **HTTP2)
