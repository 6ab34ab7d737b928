"""What the client makes of an error."""

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
from graphcontract.inputs import ErrorCase, MalformedError, constants
from graphcontract.inputs.errors import ORDINARY, WAITING, graph_errors, malformed, statuses
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
    harness.judge(harness.plain_call(), [plain_error(status)])


@proves("error.failure", "error.status")
@given(status=constants({str(status): status for status in ORDINARY}))
def test_error_without_content(harness: Harness, status: int) -> None:
    harness.judge(harness.plain_call(), [at_once(stub(status))])


SOOTHING: Mapping[str, tuple[str, str, str | None]] = {
    "completed": ("invalidRequest", "The task has already completed.", None),
    "cancelled": ("alreadyCancelled", "The task was already cancelled.", None),
    "success": ("success", "The operation completed successfully.", None),
    "no-op": ("notModified", "Nothing to cancel: no change was needed.", None),
    "deleted": ("itemNotFound", "The task has already been deleted.", None),
    "OK": ("conflict", "The task is in progress.", "OK"),
    "No Content": ("conflict", "The task is in progress.", "No Content"),
}


@proves("error.failure", "error.status")
@given(
    status=constants({str(status): status for status in (409, 404, 400, 412)}), soothing=constants(SOOTHING)
)
def test_error_that_sounds_like_success(
    harness: Harness, status: int, soothing: tuple[str, str, str | None]
) -> None:
    code, message, phrase = soothing
    said = {"error": {"code": code, "message": message}}
    harness.judge(harness.plain_call(), [error(status, said, phrase=phrase)])


@proves("error.failure", "error.status")
@given(status=constants({str(status): status for status in (404, 409, 500)}))
def test_same_error_again(harness: Harness, status: int) -> None:
    for _ in range(4):
        harness.judge(harness.plain_call(), [plain_error(status)])


PAGE = b"<html><h1>Service unavailable</h1></html>"
ADVICE: Mapping[str, StubResponse] = {
    "401 for a name": with_fields(plain_error(401), ("WWW-Authenticate", 'Basic realm="tenant"')),
    "401 for a ticket": with_fields(plain_error(401), ("WWW-Authenticate", "Negotiate")),
    "401 for either": with_fields(
        plain_error(401), ("WWW-Authenticate", "Bearer"), ("WWW-Authenticate", 'Basic realm="tenant"')
    ),
    "405": with_fields(plain_error(405), ("Allow", "GET, PATCH")),
    "407": with_fields(plain_error(407), ("Proxy-Authenticate", 'Basic realm="proxy"')),
    "411": plain_error(411),
    "415": with_fields(plain_error(415), ("Accept", "application/json")),
    "428": plain_error(428),
}


@proves("error.failure", "request.method", "request.body", "request.authorization", "secrets.token")
@given(advice=constants(ADVICE))
def test_error_that_advises(harness: Harness, advice: StubResponse) -> None:
    harness.judge(harness.plain_call(), [advice, advice, success()])


@proves("error.failure", "error.status", "response.redirection")
@given(status=constants({str(status): status for status in (404, 409, 500)}))
def test_error_after_a_redirection(harness: Harness, status: int) -> None:
    moved = with_fields(stub(307), ("Location", "?step=1"))
    harness.judge(harness.plain_call(), [moved, plain_error(status)])


def invited(status: int) -> StubResponse:
    return retry_after(1, plain_error(status))


@proves("error.failure", "error.status", "error.code", "error.message", "error.request-id")
@concurrently(
    seconds=2,
    answers={
        **{f"{status} to the end": [invited(status)] for status in WAITING},
        "503, then 409": [invited(503), plain_error(409)],
        "503 as a page to the end": [retry_after(1, stub(503, PAGE, "text/html"))],
        "429 without content to the end": [retry_after(1, stub(429))],
    },
)
def test_error_that_invites_another_try(harness: Harness, answers: Sequence[StubResponse]) -> None:
    harness.judge(harness.plain_call(), answers)


@proves("error.shape", "error.code", "error.message", "error.request-id", "secrets.token")
@given(case=graph_errors)
def test_legal_errors(harness: Harness, case: ErrorCase) -> None:
    control = harness.control([plain_error(case.status)])
    harness.judge(harness.plain_call(), [error(case.status, case.body)], control=control)


def typed(media_type: str) -> StubResponse:
    made = error(409, ERROR)
    return replace(made, fields=(("Content-Type", media_type), *made.fields[1:]))


def in_lower_case(made: StubResponse) -> StubResponse:
    fields = (*made.fields, ("Content-Length", str(len(made.content))))
    return replace(made, fields=tuple((name.lower(), value) for name, value in fields), framing="none")


SENT: Mapping[str, StubResponse] = {
    "compact": error(409, ERROR, spelling="compact"),
    "indented": error(409, ERROR, spelling="indented"),
    "escaped": error(409, ERROR, spelling="escaped"),
    "chunked": error(409, ERROR, framing="chunked"),
    "chunked-richly": error(409, ERROR, framing="chunked-richly"),
    "to-the-end": error(409, ERROR, framing="to-the-end"),
    "closing": error(409, ERROR, close=True),
    "charset": typed("application/json; charset=utf-8"),
    "odata": typed("application/json;odata.metadata=minimal;IEEE754Compatible=false;charset=utf-8"),
    "media-type-in-capitals": typed("Application/JSON"),
    "lower-case": in_lower_case(error(409, ERROR)),
    "no-phrase": error(409, ERROR, phrase=""),
    "http-1.0": error(409, ERROR, version="1.0"),
    "cookies": with_fields(error(409, ERROR), ("Set-Cookie", "a=b; Path=/"), ("Set-Cookie", "c=d; Secure")),
    "challenge": with_fields(error(401, ERROR), ("WWW-Authenticate", CLAIMS)),
}


@proves("error.shape", "error.code", "error.message", "error.request-id")
@given(sent=constants(SENT))
def test_errors_as_they_are_sent(harness: Harness, sent: StubResponse) -> None:
    assert sent.status is not None
    harness.judge(harness.plain_call(), [sent], control=harness.control([plain_error(sent.status)]))


@proves("error.malformed", "secrets.token")
@given(case=malformed)
def test_malformed_errors(harness: Harness, case: MalformedError) -> None:
    sent = at_once(stub(case.status, case.content, case.media_type))
    harness.judge(harness.plain_call(), [sent], control=harness.control([plain_error(case.status)]))


FRAMINGS: Mapping[str, Framing] = {"whole": "content-length", "chunked": "chunked"}


@proves("error.encoded", "secrets.token")
@given(status=constants({str(status): status for status in ORDINARY}), framing=constants(FRAMINGS))
def test_encoded_error(harness: Harness, status: int, framing: Framing) -> None:
    plain = plain_error(status)
    answers = [replace(plain, coded=True, framing=framing)]
    harness.judge(harness.plain_call(), answers, control=harness.control([plain]))
