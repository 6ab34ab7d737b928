"""What counts as a difference between a call in other surroundings and the same call in the usual ones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphcontract.exchange import Exchange, Outcome
from tests.clauses import (
    CRASH,
    ID,
    SUCCESS,
    TASK,
    TOKEN,
    error_answer,
    exchange,
    failure,
    fault,
    findings,
    judges,
    kinds,
    request,
    response,
    target,
)

CLAUSE = "calls.surroundings"
ZONE = {"time zone": "TZ=Asia/Kolkata"}
USUAL = exchange(request())


def abroad(made: Exchange, surroundings: dict[str, str] = ZONE) -> Exchange:
    return replace(made, surroundings=surroundings)


def failed(**members: str | None) -> Exchange:
    return exchange(request(), outcome=failure(**members), answer=error_answer(409))  # type: ignore[arg-type]


def retried(after: float, *, outcome: Outcome = SUCCESS) -> Exchange:
    """A call that is throttled for a second, and made again after some seconds."""
    throttled = replace(response(503, fields=(("Retry-After", "1"),)), at=0.0, request=0)
    again = replace(response(204), at=after, request=1)
    first, second = replace(request(), at=0.0), replace(request(), at=after)
    return replace(exchange(first, second, outcome=outcome), responses=(throttled, again))


@pytest.mark.parametrize(
    ("made", "control"),
    [(USUAL, USUAL), (abroad(USUAL), None), (abroad(USUAL), abroad(USUAL)), (USUAL, None)],
    ids=["the usual ones", "no control", "control elsewhere", "alone"],
)
def test_it_needs_other_surroundings_and_an_ordinary_call(made: Exchange, control: Exchange | None) -> None:
    assert not judges(CLAUSE, made, control=control)


@pytest.mark.parametrize(
    ("usual", "made"),
    [
        (USUAL, USUAL),
        (USUAL, exchange(request(fields={"Accept-Language": "tr", "client-request-id": TASK}))),
        (failed(), failed()),
        (failed(), failed(message="Hata: In progress.")),
        (failed(message="refused"), failed(message="reddedildi")),
        (failed(request_id=None), failed(request_id=None)),
        (retried(1.0), retried(3.0)),
        (retried(0.2), retried(0.0)),
        (exchange(request(), outcome=CRASH), exchange(request(), outcome=Outcome.crash("another text"))),
    ],
)
def test_no_difference(usual: Exchange, made: Exchange) -> None:
    assert kinds(CLAUSE, abroad(made), control=usual) == []


@pytest.mark.parametrize(
    ("usual", "made", "kind"),
    [
        (USUAL, exchange(request(), outcome=CRASH), "outcome"),
        (USUAL, exchange(outcome=Outcome.failure(kind="transport")), "outcome"),
        (failed(), exchange(request(), outcome=failure(None), answer=error_answer(409)), "outcome"),
        (failed(), failed(code="unknown"), "outcome"),
        (failed(), failed(message="?"), "outcome"),
        (failed(), failed(request_id=None), "outcome"),
        (USUAL, exchange(request(), request()), "request"),
        (USUAL, exchange(request(method="GET")), "request"),
        (USUAL, exchange(request(target("other"))), "request"),
        (USUAL, exchange(request(content="{}")), "request"),
        (USUAL, exchange(request(fields={"Authorization": "Basic c29tZW9uZTo="})), "credentials"),
        (USUAL, exchange(request(fields={"Authorization": "Digest x"})), "credentials"),
        (USUAL, exchange(request(fields={"Authorization": None})), "credentials"),
        (retried(1.0), retried(0.0), "wait"),
    ],
)
def test_a_difference(usual: Exchange, made: Exchange, kind: str) -> None:
    assert fault(CLAUSE, abroad(made), control=usual) == (kind, "time zone")


def test_several_settings_have_one_class() -> None:
    made = abroad(exchange(request(), outcome=CRASH), {"time zone": "TZ=x", "locale": "LANG=y"})
    assert fault(CLAUSE, made, control=USUAL) == ("outcome", "together")


def test_a_finding_says_which_setting_and_what_happens_without_it() -> None:
    (found,) = findings(CLAUSE, abroad(failed(code="unknown")), control=failed())
    assert found.expected.startswith("as without TZ=Asia/Kolkata: failure with status 409: In progress.")
    assert "code conflict" in found.expected
    assert "code unknown" in found.actual


def test_the_violating_request_is_marked() -> None:
    sent = request(fields={"Authorization": "Basic c29tZW9uZTo="})
    (found,) = findings(CLAUSE, abroad(exchange(sent)), control=USUAL)
    assert found.at is sent
    assert "c29t" not in found.actual


@pytest.mark.parametrize("text", [f"Authorization: Bearer {TOKEN}", TOKEN[:20], TOKEN.lower()])
def test_a_token_in_a_file_is_found(text: str) -> None:
    made = replace(USUAL, files={"logs/client.log": f"DEBUG {text}\n"})
    (found,) = findings("secrets.token", made)
    assert (found.kind, found.actual) == (
        "file",
        "the token in the file logs/client.log in the client's working folder",
    )


def test_a_file_without_token_is_accepted() -> None:
    assert findings("secrets.token", replace(USUAL, files={"client.log": f"POST {TASK} {ID}"})) == []


def test_a_crash_in_other_surroundings_is_not_blamed_on_the_token() -> None:
    crashed = exchange(outcome=CRASH)
    assert kinds("request.authorization", crashed, control=USUAL) == ["crash"]
    assert kinds("request.authorization", abroad(crashed), control=USUAL) == []


@pytest.mark.parametrize(
    ("made", "expected", "actual"),
    [
        (exchange(request(method="GET")), f"POST {target()}", f"GET {target()}"),
        (
            exchange(request(), request()),
            f"POST {target()}",
            f"POST {target()}, POST {target()}",
        ),
    ],
)
def test_report_of_other_requests(made: Exchange, expected: str, actual: str) -> None:
    (found,) = findings(CLAUSE, abroad(made), control=USUAL)
    assert (found.expected, found.actual) == (f"as without TZ=Asia/Kolkata: {expected}", actual)
    assert found.at is made.requests[0]


def test_report_of_requests_that_are_missing() -> None:
    unsent, usual = exchange(outcome=failure(None)), exchange(request(), outcome=failure(None))
    (found,) = findings(CLAUSE, abroad(unsent), control=replace(usual, responses=()))
    assert (found.kind, found.actual, found.at) == ("request", "no request", None)
    (found,) = findings(CLAUSE, abroad(replace(usual, responses=())), control=unsent)
    assert found.expected == "as without TZ=Asia/Kolkata: no request"


def test_report_of_several_settings() -> None:
    made = abroad(exchange(request(method="GET")), {"time zone": "TZ=x", "locale": "LANG=y"})
    (found,) = findings(CLAUSE, made, control=USUAL)
    assert found.input == "together"
    assert found.expected == f"as without TZ=x, LANG=y: POST {target()}"


@pytest.mark.parametrize(
    ("fields", "more", "actual"),
    [
        ({"Authorization": None}, [], "no Authorization field"),
        ({"Authorization": "Basic eDp5"}, [], "Authorization: Basic …"),
        (
            {"Authorization": "Basic eDp5"},
            [("Authorization", "Negotiate z z")],
            "Authorization: Basic, Negotiate …",
        ),
    ],
)
def test_report_of_other_credentials(
    fields: dict[str, str | None], more: list[tuple[str, str]], actual: str
) -> None:
    first, *others = (request(), request(fields=fields, more=more), request(fields={"Authorization": None}))
    made = exchange(first, *others, answer=response(503))
    (found,) = findings(CLAUSE, abroad(made), control=exchange(*[request()] * 3, answer=response(503)))
    assert found.expected == "the credentials that are sent without TZ=Asia/Kolkata"
    assert (found.kind, found.actual) == ("credentials", actual)
    assert found.at is others[0]


def test_first_retry_that_is_too_early_is_reported() -> None:
    fields = (("Retry-After", "2"),)
    throttled = [response(503, fields=fields, at=10.0 + at, request=at) for at in range(2)]
    requests = tuple(replace(request(), at=10.0 + at) for at in (0.0, 1.0, 1.5))
    step = replace(exchange(*requests), responses=(*throttled, response(204, request=2)))
    late = tuple(replace(each, at=at) for each, at in zip(requests, (10.0, 13.0, 16.0), strict=True))
    (found,) = findings(CLAUSE, abroad(step), control=replace(step, requests=late))
    assert (found.kind, found.input) == ("wait", "time zone")
    assert found.expected == "as without TZ=Asia/Kolkata: a retry at least 2 s after status 503"
    assert (found.actual, found.at) == ("1.00 s", step.requests[1])


@pytest.mark.parametrize(
    ("made", "actual"),
    [
        (failed(code=None), "failure with status 409: In progress., message In progress."),
        (failed(message=None), "failure with status 409, code conflict"),
        (failed(code=None, message=None), "failure with status 409"),
        (replace(failed(), outcome=SUCCESS), "success with status 204"),
        (replace(failed(), outcome=CRASH), "crash: KeyError: 'x'"),
    ],
)
def test_report_of_another_outcome(made: Exchange, actual: str) -> None:
    (found,) = findings(CLAUSE, abroad(made), control=failed())
    assert (found.kind, found.actual, found.at) == ("outcome", actual, None)
    assert found.expected == (
        "as without TZ=Asia/Kolkata: failure with status 409: In progress., "
        "code conflict, message In progress."
    )


def test_requests_that_cannot_be_read_are_for_another_clause() -> None:
    broken = exchange(replace(request(), malformed="two lengths"))
    assert not judges(CLAUSE, abroad(broken), control=USUAL)
    assert not judges(CLAUSE, abroad(USUAL), control=broken)


@pytest.mark.parametrize("content", [b"", b"{}"])
def test_errors_without_a_graph_error_are_compared_by_status_and_code(content: bytes) -> None:
    def got(status: int, **members: str | None) -> Exchange:
        return exchange(request(), outcome=failure(status, **members), answer=response(409, content))

    assert kinds(CLAUSE, abroad(got(409, message="a", request_id="b")), control=got(409)) == []
    assert kinds(CLAUSE, abroad(got(410)), control=got(409)) == ["outcome"]
    assert kinds(CLAUSE, abroad(got(409, code="x")), control=got(409)) == ["outcome"]
