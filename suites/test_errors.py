"""How the client reports an error response."""

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import replace

from graphcontract.http.stub_response import (
    Framing,
    StubResponse,
    at_once,
    error,
    plain_error,
    retry_after,
    stub,
    success,
    with_fields,
)
from graphcontract.inputs import ErrorCase, MalformedError, constants, each
from graphcontract.inputs.errors import ORDINARY, WAITING, graph_errors, malformed_errors, statuses
from graphcontract.judging.harness import Harness
from graphcontract.judging.suite_api import concurrently, given, proves

ID = "0c9c5f1e-7f0b-4a53-9d1a-6f0a8b1f7f35"
ERROR = {
    "error": {
        "code": "Authorization_RequestDenied",
        "message": "The task “é 😀” is in progress.",
        "innerError": {"date": "2025-11-12T09:30:00", "request-id": ID},
    }
}
JSON = ("Content-Type", "application/json")
CLAIMS = 'Bearer realm="", error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnt9fQ=="'


@proves("error.failure", "error.status", "secrets.token")
@given(status=statuses())
def test_every_error_is_failure(harness: Harness, status: int) -> None:
    """Every 4xx and 5xx must be reported as failure, with its status."""
    harness.check(harness.plain_call(), [plain_error(status)])


@proves("error.failure", "error.status")
@given(status=each(*ORDINARY))
def test_error_without_content(harness: Harness, status: int) -> None:
    """An error without content must be reported as failure, with its status."""
    harness.check(harness.plain_call(), [at_once(stub(status))])


REASSURING_TEXTS: Mapping[str, tuple[str, str, str | None]] = {
    "completed": ("invalidRequest", "The task has already completed.", None),
    "cancelled": ("alreadyCancelled", "The task was already cancelled.", None),
    "success": ("success", "The operation completed successfully.", None),
    "no-op": ("notModified", "Nothing to cancel: no change was needed.", None),
    "deleted": ("itemNotFound", "The task has already been deleted.", None),
    "OK": ("conflict", "The task is in progress.", "OK"),
    "No Content": ("conflict", "The task is in progress.", "No Content"),
}


@proves("error.failure", "error.status")
@given(status=each(409, 404, 400, 412), texts=constants(REASSURING_TEXTS))
def test_error_that_reads_like_success(
    harness: Harness, status: int, texts: tuple[str, str, str | None]
) -> None:
    """An error must be reported as failure even if its code, message or reason phrase reads like success."""
    code, message, phrase = texts
    content = {"error": {"code": code, "message": message}}
    harness.check(harness.plain_call(), [error(status, content, phrase=phrase)])


@proves("error.failure", "error.status")
@given(status=each(404, 409, 500))
def test_same_error_again(harness: Harness, status: int) -> None:
    """An error must be reported as failure each time that it occurs."""
    for _ in range(4):
        harness.check(harness.plain_call(), [plain_error(status)])


PAGE = b"<html><h1>Service unavailable</h1></html>"
ADVICE: Mapping[str, StubResponse] = {
    "401 for a name": with_fields(plain_error(401), ("WWW-Authenticate", 'Basic realm="tenant"')),
    "401 for a ticket": with_fields(plain_error(401), ("WWW-Authenticate", "Negotiate")),
    "401 for either": with_fields(
        plain_error(401), ("WWW-Authenticate", "Bearer"), ("WWW-Authenticate", 'Basic realm="tenant"')
    ),
    "401 with claims in no encoding": with_fields(
        plain_error(401), ("WWW-Authenticate", 'Bearer error="insufficient_claims", claims="{not base64}"')
    ),
    "401 with claims that are not JSON": with_fields(
        plain_error(401), ("WWW-Authenticate", 'Bearer error="insufficient_claims", claims="bm90IEpTT04="')
    ),
    "401 with an unfinished challenge": with_fields(
        plain_error(401), ("WWW-Authenticate", 'Bearer realm="tenant, error, =x')
    ),
    "405": with_fields(plain_error(405), ("Allow", "GET, PATCH")),
    "407": with_fields(plain_error(407), ("Proxy-Authenticate", 'Basic realm="proxy"')),
    "411": plain_error(411),
    "415": with_fields(plain_error(415), ("Accept", "application/json")),
    "428": plain_error(428),
}


@proves("error.failure", "request.method", "request.body", "request.authorization", "secrets.token")
@given(advice=constants(ADVICE))
def test_error_with_advice(harness: Harness, advice: StubResponse) -> None:
    """An error must be reported as failure even if it suggests another method, content or credentials."""
    harness.check(harness.plain_call(), [advice, advice, success()])


@proves("error.failure", "error.status", "response.redirection")
@given(status=each(404, 409, 500))
def test_error_after_redirect(harness: Harness, status: int) -> None:
    """An error after a redirect must be reported as failure, with the status of the error."""
    moved = with_fields(stub(307), ("Location", "?step=1"))
    harness.check(harness.plain_call(), [moved, plain_error(status)])


def retryable(status: int) -> StubResponse:
    """An error with a short Retry-After."""
    return retry_after(1, plain_error(status))


@proves("error.failure", "error.status", "error.code", "error.message", "error.request-id")
@concurrently(
    responses={
        **{f"{status} to the end": [retryable(status)] for status in WAITING},
        "503, then 409": [retryable(503), plain_error(409)],
        "503 as a page to the end": [retry_after(1, stub(503, PAGE, "text/html"))],
        "429 without content to the end": [retry_after(1, stub(429))],
    },
)
def test_retryable_error(harness: Harness, responses: Sequence[StubResponse]) -> None:
    """An error after which the client may retry must be reported as failure once it stops retrying."""
    harness.check(harness.plain_call(), [harness.hasten(each) for each in responses])


@proves(
    "error.shape",
    "error.code",
    "error.message",
    "error.request-id",
    "secrets.token",
    seed_key="test_legal_errors",
)
@given(case=graph_errors)
def test_valid_error_objects(harness: Harness, case: ErrorCase) -> None:
    """Any valid Graph error object must be reported as failure, and its texts should be exposed."""
    control = harness.control([plain_error(case.status)])
    harness.check(harness.plain_call(), [error(case.status, case.body)], control=control)


def with_media_type(media_type: str) -> StubResponse:
    """The error with this Content-Type."""
    made = error(409, ERROR)
    return replace(made, fields=(("Content-Type", media_type), *made.fields[1:]))


def with_lower_case_names(made: StubResponse) -> StubResponse:
    """The response with the names of its header fields in lower case."""
    fields = (*made.fields, ("Content-Length", str(len(made.content))))
    return replace(made, fields=tuple((name.lower(), value) for name, value in fields), framing="none")


REPRESENTATIONS: Mapping[str, StubResponse] = {
    "compact": error(409, ERROR, spelling="compact"),
    "indented": error(409, ERROR, spelling="indented"),
    "escaped": error(409, ERROR, spelling="escaped"),
    "chunked": error(409, ERROR, framing="chunked"),
    "chunked-richly": error(409, ERROR, framing="chunked-richly"),
    "to-the-end": error(409, ERROR, framing="to-the-end"),
    "closing": error(409, ERROR, close=True),
    "charset": with_media_type("application/json; charset=utf-8"),
    "odata": with_media_type("application/json;odata.metadata=minimal;IEEE754Compatible=false;charset=utf-8"),
    "media-type-in-capitals": with_media_type("Application/JSON"),
    "lower-case": with_lower_case_names(error(409, ERROR)),
    "no-phrase": error(409, ERROR, phrase=""),
    "http-1.0": error(409, ERROR, version="1.0"),
    "cookies": with_fields(error(409, ERROR), ("Set-Cookie", "a=b; Path=/"), ("Set-Cookie", "c=d; Secure")),
    "challenge": with_fields(error(401, ERROR), ("WWW-Authenticate", CLAIMS)),
}


@proves("error.shape", "error.code", "error.message", "error.request-id")
@given(sent=constants(REPRESENTATIONS))
def test_error_representations(harness: Harness, sent: StubResponse) -> None:
    """An error must be reported alike in any valid JSON formatting, framing and header fields."""
    assert sent.status is not None
    harness.check(harness.plain_call(), [sent], control=harness.control([plain_error(sent.status)]))


@proves("error.malformed", "secrets.token")
@given(case=malformed_errors)
def test_malformed_errors(harness: Harness, case: MalformedError) -> None:
    """An error whose content is not a Graph error object must be reported as failure, with its status."""
    sent = at_once(stub(case.status, case.content, case.media_type))
    harness.check(harness.plain_call(), [sent], control=harness.control([plain_error(case.status)]))


FRAMINGS: Mapping[str, Framing] = {"whole": "content-length", "chunked": "chunked"}


@proves("error.encoded", "secrets.token")
@given(status=each(*ORDINARY), framing=constants(FRAMINGS))
def test_encoded_error(harness: Harness, status: int, framing: Framing) -> None:
    """An error in gzip should be reported like the same error without it, if the client requests gzip."""
    plain = plain_error(status)
    responses = [replace(plain, coded=True, framing=framing)]
    harness.check(harness.plain_call(), responses, control=harness.control([plain]))


DETAILED = {
    "error": {
        "code": "invalidRequest",
        "message": "The request is not valid.",
        "details": [
            {"code": "missingValue", "target": "a", "message": "A value is missing."},
            {"code": "invalidFormat", "target": "b", "message": "A value has another format."},
        ],
        "innerError": {
            "code": "valueInvalid",
            "date": "2025-11-12T09:30:00",
            "request-id": ID,
            "innererror": {"code": "unknownValue"},
        },
    }
}
EXPOSED: Mapping[str, StubResponse] = {
    "details": error(400, DETAILED),
    "details of a conflict": error(409, DETAILED),
    "429 for an hour": with_fields(plain_error(429), ("Retry-After", "3600")),
    "503 for ten minutes": with_fields(plain_error(503), ("Retry-After", "600")),
}


@proves("error.retry-after", "error.inner-codes", "error.details", "error.fields")
@concurrently(response=EXPOSED)
def test_exposed_parts(harness: Harness, response: StubResponse) -> None:
    """An error should expose the parts of a response that its driver declares."""
    harness.check(harness.plain_call(), [response])


def with_upper_case_names(made: StubResponse) -> StubResponse:
    """The response with the names of its header fields in upper case."""
    fields = (*made.fields, ("Content-Length", str(len(made.content))))
    return replace(made, fields=tuple((name.upper(), value) for name, value in fields), framing="none")


UNUSUAL_REPRESENTATIONS: Mapping[str, StubResponse] = {
    "capitals": with_upper_case_names(error(409, ERROR)),
    "chunked in capitals": error(409, ERROR, framing="chunked-in-capitals"),
    "byte order mark": stub(409, b"\xef\xbb\xbf" + error(409, ERROR).content, "application/json"),
    "chunk sizes with zeros": error(409, ERROR, framing="chunked-with-zeros"),
}


@proves("error.shape", "error.code", "error.message")
@given(sent=constants(UNUSUAL_REPRESENTATIONS))
def test_unusual_error_representations(harness: Harness, sent: StubResponse) -> None:
    """An error must be reported alike in any letter case of header fields, and after a byte order mark."""
    harness.check(harness.plain_call(), [sent], control=harness.control([plain_error(409)]))


PLAIN = plain_error(409)
BROKEN_GZIP: Mapping[str, bytes] = {
    "not encoded": PLAIN.content,
    "cut short": gzip.compress(PLAIN.content, mtime=0)[:-20],
    "nothing": b"",
}


@proves("error.encoded")
@given(encoded=constants(BROKEN_GZIP))
def test_broken_gzip(harness: Harness, encoded: bytes) -> None:
    """An error whose content is declared to be gzip, and is not, should be reported as failure."""
    responses = [replace(PLAIN, coded=True, encoded=encoded)]
    harness.check(harness.plain_call(), responses, control=harness.control([PLAIN]))


CODINGS = {"in capitals": "GZIP", "deflate": "deflate", "br": "br"}


@proves("error.encoded")
@given(coding=constants(CODINGS))
def test_error_in_other_codings(harness: Harness, coding: str) -> None:
    """An error in any coding that the client requests should be reported like the same error without it."""
    plain = plain_error(409)
    responses = [replace(plain, coded=True, coding=coding)]
    harness.check(harness.plain_call(), responses, control=harness.control([plain]))


def with_gzip_header(flags: int, fields: bytes) -> bytes:
    """The plain error in gzip, with these optional fields in the header (RFC 1952, 2.3)."""
    encoded = gzip.compress(PLAIN.content, mtime=0)
    return encoded[:3] + bytes((flags,)) + encoded[4:10] + fields + encoded[10:]


GZIP_HEADERS: Mapping[str, bytes] = {
    "with a file name": with_gzip_header(8, b"error.json\0"),
    "with an extra field and a comment": with_gzip_header(4 | 16, b"\x06\0ab\x02\0cdcached\0"),
}


@proves("error.encoded")
@given(encoded=constants(GZIP_HEADERS))
def test_gzip_with_optional_fields(harness: Harness, encoded: bytes) -> None:
    """An error in gzip with optional fields should be reported like the same error without gzip."""
    responses = [replace(PLAIN, coded=True, encoded=encoded)]
    harness.check(harness.plain_call(), responses, control=harness.control([PLAIN]))
