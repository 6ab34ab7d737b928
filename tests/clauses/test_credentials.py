"""What a request shows of its token, where else a token may be, and what reports say of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphcontract.exchange import Exchange, Outcome
from graphcontract.inputs.tokens import CANARY
from graphcontract.wire import WireRequest
from tests.clauses import (
    CONTROL,
    CRASH,
    HANG,
    TOKEN,
    call,
    exchange,
    failure,
    findings,
    judges,
    kinds,
    not_applicable,
    read,
    request,
    response,
    target,
    with_fields,
)

CLAUSE = "request.authorization"
GOOD = request()
BARE = request(fields={"Authorization": None})
OTHER = request(fields={"Authorization": "Bearer another"})
CLAIMS = response(401, fields=(("WWW-Authenticate", 'Bearer claims="x"'),))


def authorized(value: str) -> WireRequest:
    return request(fields={"Authorization": value})


@pytest.mark.parametrize(
    ("sent", "kind", "expected", "actual"),
    [
        (BARE, "missing", "one Authorization header", "no Authorization header"),
        (
            request(more=[("Authorization", f"Bearer {TOKEN}")] * 2),
            "repeated",
            "one Authorization header",
            "3 Authorization headers",
        ),
        (authorized(f"Token {TOKEN}"), "other-scheme", "Bearer and the token", "the scheme Token"),
        (authorized(f"{'x' * 41} y"), "other-scheme", "Bearer and the token", None),
        (authorized("Bearer2 "), "other-scheme", "Bearer and the token", "no scheme, 7 characters"),
        (
            authorized(f"Bearer {TOKEN}x"),
            "other-token",
            "Bearer and the unchanged token",
            f"{len(TOKEN) + 1} characters that differ from the token's {len(TOKEN)} "
            f"from character {len(TOKEN) + 1} on",
        ),
        (
            request(more=[("Accept", TOKEN)]),
            "elsewhere",
            "the token in Authorization only",
            "in the header Accept",
        ),
    ],
    ids=["missing", "repeated", "scheme", "long scheme", "no token", "longer token", "elsewhere"],
)
def test_report_of_each_fault(sent: WireRequest, kind: str, expected: str, actual: str | None) -> None:
    (found,) = findings(CLAUSE, exchange(sent))
    assert (found.kind, found.expected, found.at) == (kind, expected, sent)
    assert found.actual == (actual or f"the scheme {'x' * 20}…{'x' * 20} (41 characters)")


@pytest.mark.parametrize(
    "value", [f"bearer {TOKEN}", f"BEARER   {TOKEN}", f"Bearer {TOKEN}\t", f"\tBearer {TOKEN} "]
)
def test_letter_case_and_spaces_make_no_difference(value: str) -> None:
    assert kinds(CLAUSE, exchange(authorized(value))) == []


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (f"Bearer\t{TOKEN}", ["other-scheme"]),
        (f"Bearer{TOKEN}", ["other-scheme"]),
        (f"Bearer: {TOKEN}", ["other-scheme"]),
        (f"Bearer {TOKEN} x", ["other-token"]),
        (f"Bearer {TOKEN.lower()}", ["other-token"]),
    ],
)
def test_other_separators_and_other_tokens_are_faults(value: str, found: list[str]) -> None:
    assert kinds(CLAUSE, exchange(authorized(value))) == found


@pytest.mark.parametrize(("status", "found"), [(299, ["missing"]), (300, []), (399, []), (400, ["missing"])])
def test_credentials_may_be_missing_after_any_redirect(status: int, found: list[str]) -> None:
    assert kinds(CLAUSE, exchange(GOOD, BARE, answer=response(status))) == found
    assert kinds(CLAUSE, exchange(GOOD, GOOD, BARE, answer=response(status))) == found


def test_another_token_after_a_claims_challenge() -> None:
    assert kinds(CLAUSE, exchange(GOOD, OTHER, answer=CLAIMS)) == []
    assert kinds(CLAUSE, exchange(GOOD, BARE, answer=CLAIMS)) == ["missing"]
    assert kinds(CLAUSE, exchange(OTHER, GOOD, answer=CLAIMS)) == ["other-token"]


def test_only_responses_before_a_request_excuse_it() -> None:
    """A response to the request itself, or to a later one, excuses nothing."""
    step = exchange(GOOD, OTHER, replace(OTHER))
    first, second, third = step.responses
    late = replace(step, responses=(first, replace(second, status=403), third))
    found = findings(CLAUSE, late)
    assert [each.kind for each in found] == ["other-token"]
    assert found[0].at is step.requests[1]


@pytest.mark.parametrize(
    ("sent", "location"),
    [
        (request(f"{target()}?t={TOKEN}"), "the request target"),
        (request(more=[("X-Token", f"a, {TOKEN}")]), "the header X-Token"),
        (request(more=[("Aa", TOKEN)]), "the header Aa"),
        (request(more=[("Authorization-Copy", TOKEN)]), "the header Authorization-Copy"),
        (request(content=f"a\r\n\r\nb\r\n\r\n{TOKEN}"), "the content"),
        (read(GOOD.raw.replace(b"\r\n\r\n", f"\r\n{TOKEN}\r\n\r\n".encode())), "a line that is not a header"),
        (read(b"\r\n" + request(f"{target()}?t={TOKEN}").raw), "the request target"),
        (request(f"{target()}?t={TOKEN}", more=[("X-Token", TOKEN)], content=TOKEN), "the request target"),
        (request(more=[("X-Token", TOKEN)], content=TOKEN), "the header X-Token"),
    ],
)
def test_first_place_where_the_token_is_repeated(sent: WireRequest, location: str) -> None:
    (found,) = findings(CLAUSE, exchange(sent))
    assert (found.kind, found.actual, found.at) == ("elsewhere", f"in {location}", sent)


@pytest.mark.parametrize("name", ["Accept", "X-Token", "Authorisation", "Authorization-Copy"])
def test_token_in_another_header_instead(name: str) -> None:
    sent = request(fields={"Authorization": None, name: TOKEN})
    assert kinds(CLAUSE, exchange(sent)) == ["missing", "elsewhere"]


def test_every_request_of_the_call_is_searched() -> None:
    """Also one to another path, whose Authorization is not examined."""
    other = request("/beta/organization", fields={"Authorization": f"Token {TOKEN}"})
    leaking = request("/beta/organization", fields={"X-Token": TOKEN})
    assert kinds(CLAUSE, exchange(other, GOOD)) == []
    assert kinds(CLAUSE, exchange(leaking, GOOD)) == ["elsewhere"]
    assert len(findings(CLAUSE, exchange(leaking, leaking, GOOD))) == 2


@pytest.mark.parametrize(
    ("outcome", "actual"),
    [
        (CRASH, "no request; outcome crash: KeyError: 'x'"),
        (HANG, "no request; outcome hang: no outcome within 4.5 s"),
    ],
)
def test_report_of_a_crash(outcome: Outcome, actual: str) -> None:
    (found,) = findings(CLAUSE, exchange(outcome=outcome), control=CONTROL)
    assert (found.kind, found.input) == ("crash", "token")
    assert (found.expected, found.actual) == ("Authorization: Bearer and the token", actual)


@pytest.mark.parametrize("outcome", [Outcome.rejected("no"), failure(None)])
def test_calls_without_a_request_that_did_not_crash(outcome: Outcome) -> None:
    assert not judges(CLAUSE, exchange(outcome=outcome), control=CONTROL)


def test_crash_after_a_request_is_for_other_clauses() -> None:
    assert kinds(CLAUSE, exchange(GOOD, outcome=CRASH), control=CONTROL) == []
    assert not judges(CLAUSE, exchange(outcome=CRASH), control=exchange(outcome=CRASH))


def test_forbidden_credentials() -> None:
    contract = with_fields(Authorization="forbid")
    (found,) = findings(CLAUSE, exchange(GOOD), contract=contract)
    assert (found.kind, found.at) == ("present", GOOD)
    assert (found.expected, found.actual) == ("no Authorization header", "an Authorization header")
    assert kinds(CLAUSE, exchange(BARE), contract=contract) == []
    assert kinds(CLAUSE, exchange(authorized("")), contract=contract) == ["present"]


@pytest.mark.parametrize("id", [CLAUSE, "input.no-token"])
def test_contract_that_leaves_authorization_open(id: str) -> None:
    reason = not_applicable(id, with_fields(Authorization="unconstrained"))
    assert reason == "the contract leaves Authorization open"
    assert not_applicable(id, with_fields(Authorization="forbid")) is None


@pytest.mark.parametrize(
    ("value", "kind", "actual"),
    [
        ("Bearer", "empty", "an Authorization header without a token"),
        ("Bearer \t ", "empty", "an Authorization header without a token"),
        ("Bearer  (null)", "placeholder", "the token (null)"),
        ("Bearer [object Object]", "placeholder", "the token [object Object]"),
        ("Bearer <undefined>", "placeholder", "the token <undefined>"),
        ("Bearer nullable", "other-token", "credentials of 8 characters"),
    ],
)
def test_report_of_credentials_without_a_token(value: str, kind: str, actual: str) -> None:
    sent = authorized(value)
    (found,) = findings("input.no-token", exchange(sent, asked=call(token="")))
    assert (found.kind, found.actual, found.at) == (kind, actual, sent)
    assert found.expected == "no Authorization header without a token"


def test_each_header_without_a_token_is_reported() -> None:
    sent = request(fields={"Authorization": "Bearer"}, more=[("Authorization", "Bearer nil")])
    assert kinds("input.no-token", exchange(sent, asked=call(token=""))) == ["empty", "placeholder"]


def proxied(*lines: str, token: str = TOKEN) -> Exchange:
    raw = "\r\n".join(["CONNECT graph.test:443 HTTP/1.1", "Host: graph.test:443", *lines, "", ""])
    return replace(exchange(GOOD, asked=call(token=token)), connects=(read(raw.encode()),))


@pytest.mark.parametrize(
    ("line", "location"),
    [
        (f"Proxy-Authorization: Bearer {TOKEN}", "the header Proxy-Authorization"),
        (f"X-Token: {TOKEN}", "the header X-Token"),
        (f"authorization: {TOKEN}", "the header authorization"),
        (f"({TOKEN}", "a line that is not a header"),
    ],
)
def test_report_of_a_token_in_connect(line: str, location: str) -> None:
    (found,) = findings("proxy.credentials", proxied(line))
    assert found.expected == "no token in a CONNECT request"
    assert found.actual == f"the token in {location}"


def test_connect_before_a_request_that_cannot_be_read() -> None:
    step = proxied(f"Authorization: Bearer {TOKEN}")
    broken = replace(step, requests=(replace(GOOD, malformed="two lengths"),))
    assert kinds("proxy.credentials", broken) == ["authorization"]


def test_shortest_token_that_can_be_recognized() -> None:
    token = f"{CANARY}{TOKEN}"[:20]
    (found,) = findings("proxy.credentials", proxied(f"Authorization: Bearer {token}", token=token))
    assert found.kind == "authorization"
    assert not judges("proxy.credentials", proxied(token=token[:19]))
