"""How the client reports a response that is not an error."""

from collections.abc import Mapping
from dataclasses import replace

from graphcontract.contract.model import Contract
from graphcontract.http.stub_response import StubResponse, plain_error, stub, success, with_fields
from graphcontract.inputs import Partitions, constants, each
from graphcontract.judging.harness import Harness
from graphcontract.judging.suite_api import given, proves
from graphcontract.wire import Fields

JSON = b'{"id":"0b9ff7a6-8a0c-4a1d-b1a1-5c0a1d6a2f3e","status":"cancelled"}'
PAGE = b'<html><body><a href="/">Moved</a></body></html>'
SECOND_RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
DATE = ("Date", "Wed, 12 Nov 2025 09:30:00 GMT")
DIAGNOSTICS = (("request-id", "6f1c2f64-7c0e-4c39-8a55-6d1f6f5a9b10"), DATE)
DEPRECATION = (
    ("Deprecation", "@1767225600"),
    ("Sunset", "Thu, 31 Dec 2026 23:59:59 GMT"),
    ("Warning", '299 - "Deprecated"'),
)
EARLY_HINTS = (
    ("Link", "</style.css>; rel=preload; as=style"),
    ("Link", "</script.js>; rel=preload; as=script"),
)

SUCCESS_RESPONSES: Mapping[str, StubResponse] = {
    "plain": success(),
    "fields": with_fields(success(), *DIAGNOSTICS, ("x-ms-ags-diagnostic", "{}")),
    "zero-length": with_fields(success(), ("Content-Length", "0")),
    "closing": replace(success(), close=True),
    "typed": with_fields(success(), ("Content-Type", "application/json")),
    "vary": with_fields(success(), ("Cache-Control", "no-cache"), ("Vary", "Accept")),
    "lower-case": with_fields(success(), ("content-length", "0"), ("date", DATE[1])),
    "cookie": with_fields(success(), ("Set-Cookie", "a=b; Path=/; Secure")),
    "repeated": with_fields(success(), ("Vary", "Accept"), ("Vary", "Origin"), ("vary", "Prefer")),
    "long": with_fields(success(), ("x-ms-diagnostics", "4" * 4000)),
    "empty-value": with_fields(success(), ("x-ms-diagnostics", "")),
    "beyond-ascii": with_fields(success(), ("x-ms-region", "Zürich")),
    "no-phrase": replace(success(), phrase=""),
    "other-phrase": replace(success(), phrase="Task canceled"),
    "no-gap": replace(with_fields(success(), *DIAGNOSTICS), gap=""),
    "wide-gap": replace(with_fields(success(), *DIAGNOSTICS), gap=" \t "),
    "http-1.0": replace(success(), version="1.0"),
    "located": with_fields(success(), ("Location", "{self}/beta/operations/1")),
    "operation": with_fields(success(), ("Operation-Location", "{self}/beta/operations/1")),
    "in no hurry": with_fields(success(), ("Retry-After", "1")),
    "deprecated": with_fields(success(), *DEPRECATION),
    "elsewhere": with_fields(success(), ("Alt-Svc", 'h2=":1"; ma=60')),
    "secured": with_fields(success(), ("Strict-Transport-Security", "max-age=31536000")),
    "after it": success(),
}


def success_responses(contract: Contract) -> Partitions[StubResponse]:
    """Forms of the documented success response. Content-Encoding is among them only if there is no content,
    which would have to be encoded.
    """
    coded = {"coded": with_fields(success(), ("Content-Encoding", "gzip"))}
    return constants({**SUCCESS_RESPONSES, **(coded if contract.success.content == "absent" else {})})


@proves("response.no-content", "request.once", "secrets.token")
@given(response=success_responses)
def test_success_response(harness: Harness, response: StubResponse) -> None:
    """The documented success status must be reported as success, whatever header fields come with it."""
    harness.check(harness.plain_call(), [response])


OTHER_SUCCESSES = (200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 209, 218, 250, 299)
CONTENTS: Mapping[str, StubResponse] = {
    "none": stub(200),
    "json": stub(200, JSON, "application/json"),
    "chunked": stub(200, JSON, "application/json", framing="chunked"),
    "to-the-end": stub(200, JSON, "application/json", framing="to-the-end"),
    "text": stub(200, b"OK", "text/plain"),
    "page": stub(200, PAGE, "text/html"),
    "bytes": stub(200, b"\xff\xfe", "text/html"),
}


def other_successes(contract: Contract) -> Partitions[int]:
    """The 2xx statuses that the contract does not document."""
    return each(*(status for status in OTHER_SUCCESSES if status not in contract.success.statuses))


@proves("response.other-success", "secrets.token")
@given(status=other_successes, content=constants(CONTENTS))
def test_other_success(harness: Harness, status: int, content: StubResponse) -> None:
    """Another 2xx should be reported as success or failure, whatever its content."""
    sent = stub(status) if status in (204, 205) else replace(content, status=status)
    harness.check(harness.plain_call(), [replace(sent, close=True)])


REDIRECTS = (301, 302, 303, 307, 308, 304, 300, 305, 306, 309, 310, 399)
UNUSABLE_REDIRECTS: Mapping[str, StubResponse] = {
    "bare": stub(302),
    "content": stub(302, PAGE, "text/html"),
    "tagged": stub(302, fields=(("ETag", '"1"'), DATE)),
    "to a mailbox": stub(302, fields=(("Location", "mailto:someone@example.com"),)),
    "to no port": stub(302, fields=(("Location", "http://127.0.0.1:99999/"),)),
    "to no URL": stub(302, fields=(("Location", "http://["),)),
    "empty": stub(302, fields=(("Location", ""),)),
    "to another scheme": stub(302, fields=(("Location", "x-graph://{@self}/"),)),
    "with a control character": stub(302, fields=(("Location", "{self}/moved\x01"),)),
    "in UTF-8": stub(302, fields=(("Location", "{self}/d\xc3\xa9plac\xc3\xa9"),)),
    "in Latin-1": stub(302, fields=(("Location", "{self}/d\xe9plac\xe9"),)),
}


@proves("response.redirection", "redirect.unusable-location", "response.not-modified", "secrets.token")
@given(status=each(*REDIRECTS), sent=constants(UNUSABLE_REDIRECTS))
def test_redirect_without_usable_location(harness: Harness, status: int, sent: StubResponse) -> None:
    """A 3xx that cannot be followed must be reported as failure."""
    content = b"" if status == 304 else sent.content
    responses = [replace(sent, status=status, content=content)]
    harness.check(harness.plain_call(), responses, control=harness.control([success()]))


INTERIM_STATUSES = ((100,), (102,), (103,), (100, 102), (103, 103), (102, 100, 103))
FINAL_RESPONSES = constants({"success": success(), "error": plain_error(409)})


@proves("response.interim")
@given(
    before=constants({" ".join(map(str, statuses)): statuses for statuses in INTERIM_STATUSES}),
    fields=constants({"bare": (), "hints": EARLY_HINTS}),
    final=FINAL_RESPONSES,
)
def test_interim_responses(
    harness: Harness, before: tuple[int, ...], fields: Fields, final: StubResponse
) -> None:
    """The final response should decide the outcome, not the 100, 102 and 103 before it."""
    responses = [replace(final, interim=before, interim_fields=fields)]
    harness.check(harness.plain_call(), responses, control=harness.control([final]))


STRAY_CONTENT: Mapping[str, StubResponse] = {
    "content": replace(success(), content=JSON),
    "short-content": replace(success(), content=b"{}"),
    "one-byte": replace(success(), content=b"x"),
    "chunked": replace(success(), content=JSON, framing="chunked"),
    "chunked-nothing": replace(success(), framing="chunked"),
    "unannounced": replace(success(), stray=JSON),
    "unannounced-line-end": replace(success(), stray=b"\r\n"),
    "unannounced-chunk": replace(success(), stray=b"0\r\n\r\n"),
    "another-answer": replace(success(), stray=SECOND_RESPONSE),
}


@proves("response.stray-content")
@given(stray=constants(STRAY_CONTENT), following=FINAL_RESPONSES)
def test_stray_content(harness: Harness, stray: StubResponse, following: StubResponse) -> None:
    """Bytes that a response must not have should not affect the next calls.

    Two calls follow, as a client with a pool of two connections uses the same one for the second.
    """
    control = harness.control([following])
    before = [harness.control([success()]), harness.perform(harness.plain_call(), [stray])]
    for _ in range(2):
        next_call = harness.perform(harness.plain_call(), [following])
        harness.observe(next_call, control=control, before=before)
        before.append(next_call)


def with_upper_case_names(response: StubResponse) -> StubResponse:
    """The response with the names of its header fields in upper case."""
    return replace(response, fields=tuple((name.upper(), value) for name, value in response.fields))


# Valid forms of fields that clients parse for pools, quotas, caches and telemetry.
RARE_FORMS = (
    ("Keep-Alive", "timeout=5"),
    ("Server-Timing", "cache;desc=hit, edge"),
    ("RateLimit-Remaining", "9.5"),
    ("RateLimit", '"default";r=50;t=30'),
    ("X-RateLimit-Remaining", "unlimited"),
    ("Strict-Transport-Security", 'includeSubDomains; max-age="31536000"; preload'),
    ("ETag", 'W/"1"'),
    ("Link", "<>"),
    ("traceparent", "ff-1"),
    ("Allow", ""),
    ("Content-Language", "tr, *"),
)
UNUSUAL_SUCCESS_RESPONSES: Mapping[str, StubResponse] = {
    "capitals": with_upper_case_names(with_fields(success(), *DIAGNOSTICS, ("Content-Length", "0"))),
    "capitals that close": replace(with_fields(success(), ("CONNECTION", "Close")), close=True),
    "a date to retry after": with_fields(success(), DATE, ("Retry-After", "{date+3}")),
    "milliseconds": with_fields(success(), ("Retry-After", "1"), ("retry-after-ms", "1000")),
    "expired": with_fields(
        success(), ("Cache-Control", "no-store"), ("Expires", "-1"), ("Pragma", "no-cache")
    ),
    "invalid dates": with_fields(success(), ("Date", "Wed, 32 Nov"), ("Last-Modified", ""), ("Age", "old")),
    "invalid cookies": with_fields(
        success(), ("Set-Cookie", "a"), ("Set-Cookie", "=b; Expires=0; Max-Age=x")
    ),
    "fields in rare forms": with_fields(success(), *RARE_FORMS),
}


@proves("response.no-content", "request.once")
@given(response=constants(UNUSUAL_SUCCESS_RESPONSES))
def test_unusual_success_response(harness: Harness, response: StubResponse) -> None:
    """Success must be reported in any letter case of header fields, and with Retry-After, dates and cookies
    of any value.
    """
    harness.check(harness.plain_call(), [response])


@proves("response.other-success", "request.once")
@given(
    status=constants({"200 to retry": 200, "201 to retry": 201, "202 to retry": 202}),
    fields=constants({"at once": (("Retry-After", "0"),), "after a second": (("Retry-After", "1"),)}),
)
def test_other_success_with_retry_after(harness: Harness, status: int, fields: Fields) -> None:
    """Retry-After in a 2xx must not make the client send the request again."""
    content = replace(stub(status, JSON, "application/json"), close=True)
    harness.check(harness.plain_call(), [with_fields(content, *fields)])


LONG_FIELD = (("x-ms-diagnostics", "4" * 9000),)
MANY_FIELDS = tuple((f"x-ms-diagnostics-{number}", "4" * 40) for number in range(85))
LARGE_HEADS: Mapping[str, Fields] = {
    "9,000 bytes": LONG_FIELD,
    "90 fields": MANY_FIELDS,
    "90 fields and 9,000 bytes": (*MANY_FIELDS[:84], *LONG_FIELD),
}


@proves("response.large-head")
@given(fields=constants(LARGE_HEADS), final=FINAL_RESPONSES)
def test_large_head(harness: Harness, fields: Fields, final: StubResponse) -> None:
    """A response with a head of up to 16 KiB should be reported like one with a short head."""
    harness.check(harness.plain_call(), [with_fields(final, *fields)], control=harness.control([final]))
