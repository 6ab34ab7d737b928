"""What a client does with a credential's tokens after a claims challenge, and without any."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphcontract.exchange import Exchange, Outcome
from graphcontract.wire import WireRequest, WireResponse
from tests.clauses import (
    CRASH,
    HANG,
    SUCCESS,
    TASK,
    TOKEN,
    call,
    error_answer,
    exchange,
    failure,
    findings,
    judges,
    kinds,
    request,
    response,
    target,
)

NEW, NEWER = f"{TOKEN}.1", f"{TOKEN}.2"
CHALLENGE = error_answer(401, claims="")
CHALLENGE = replace(CHALLENGE, fields=(("WWW-Authenticate", 'Bearer claims="x"'),))


def made(*steps: tuple[str, WireResponse], outcome: Outcome) -> Exchange:
    """A call with tokens: a request for each step, with this token and this response."""
    requests = tuple(with_token(token) for token, _ in steps)
    responses = tuple(replace(each, request=index) for index, (_, each) in enumerate(steps))
    return Exchange(replace(call(), tokens=(TOKEN, NEW, NEWER)), requests, responses, outcome)


def with_token(token: str) -> WireRequest:
    return request(target(TASK), fields={"Authorization": f"Bearer {token}"})


@pytest.mark.parametrize(
    ("steps", "outcome"),
    [
        ([(TOKEN, CHALLENGE)], failure(401)),
        ([(TOKEN, CHALLENGE)], Outcome.failure(kind="credential")),
        ([(TOKEN, CHALLENGE), (NEW, response(204))], SUCCESS),
        ([(TOKEN, CHALLENGE), (NEWER, response(204))], SUCCESS),
        ([(TOKEN, CHALLENGE), (NEW, CHALLENGE)], failure(401)),
        ([(TOKEN, CHALLENGE), (NEW, error_answer(503)), (NEW, response(204))], SUCCESS),
        ([(TOKEN, error_answer(503)), (TOKEN, CHALLENGE), (NEW, response(204))], SUCCESS),
    ],
)
def test_new_token_or_failure(steps: list[tuple[str, WireResponse]], outcome: Outcome) -> None:
    assert kinds("retry.claims", made(*steps, outcome=outcome)) == []


@pytest.mark.parametrize(
    ("steps", "outcome", "found"),
    [
        ([(TOKEN, CHALLENGE), (TOKEN, CHALLENGE)], failure(401), ["rejected-token"]),
        (
            [(TOKEN, CHALLENGE), (NEW, error_answer(503)), (TOKEN, response(204))],
            SUCCESS,
            ["rejected-token"],
        ),
        ([(TOKEN, CHALLENGE), (NEW, CHALLENGE), (NEWER, response(204))], SUCCESS, ["repeated"]),
        ([(TOKEN, CHALLENGE), (NEW, response(204))], failure(401), ["lost"]),
        ([(TOKEN, CHALLENGE)], SUCCESS, ["success"]),
        ([(TOKEN, CHALLENGE)], CRASH, ["crash"]),
        ([(TOKEN, CHALLENGE)], HANG, ["hang"]),
    ],
)
def test_faults(steps: list[tuple[str, WireResponse]], outcome: Outcome, found: list[str]) -> None:
    assert kinds("retry.claims", made(*steps, outcome=outcome)) == found


def test_only_calls_with_tokens_and_a_challenge_are_judged() -> None:
    assert not judges("retry.claims", exchange(request(), outcome=failure(401), answer=CHALLENGE))
    assert not judges("retry.claims", made((TOKEN, error_answer(401)), outcome=failure(401)))
    assert not judges("credentials.failure", made((TOKEN, CHALLENGE), outcome=failure(401)))


@pytest.mark.parametrize("outcome", [Outcome.failure(kind="credential"), Outcome.rejected("no token")])
def test_failure_of_the_credential(outcome: Outcome) -> None:
    assert kinds("credentials.failure", without_token(outcome=outcome)) == []


def without_token(*requests: WireRequest, outcome: Outcome) -> Exchange:
    return Exchange(replace(call(token=""), tokens=()), requests, (), outcome)


@pytest.mark.parametrize("outcome", [SUCCESS, CRASH, HANG])
def test_failure_of_the_credential_that_is_not_reported(outcome: Outcome) -> None:
    assert kinds("credentials.failure", without_token(outcome=outcome)) == [outcome.kind]


@pytest.mark.parametrize("value", [None, "Bearer None", "Bearer "])
def test_request_without_a_token(value: str | None) -> None:
    sent = request(fields={"Authorization": value})
    assert kinds("credentials.failure", without_token(sent, outcome=failure(401))) == ["sent"]


def test_report_of_a_rejected_token() -> None:
    step = made((TOKEN, CHALLENGE), (TOKEN, CHALLENGE), (NEW, CHALLENGE), outcome=failure(401))
    rejected, repeated = findings("retry.claims", step)
    assert (rejected.kind, rejected.at) == ("rejected-token", step.requests[1])
    assert rejected.expected == "another token than the one that the service rejected"
    assert rejected.actual == "the rejected token"
    assert (repeated.kind, repeated.at) == ("repeated", step.requests[2])
    assert (repeated.expected, repeated.actual) == ("at most one repeat", "3 requests")


def test_more_repeats_are_reported_once() -> None:
    tokens = [f"{TOKEN}.{number}" for number in range(4)]
    step = made(*((each, CHALLENGE) for each in tokens), outcome=failure(401))
    (found,) = findings("retry.claims", step)
    assert (found.kind, found.at, found.actual) == ("repeated", step.requests[2], "4 requests")


def test_retry_between_two_challenges_is_not_a_repeat() -> None:
    steps = [(TOKEN, CHALLENGE), (NEW, error_answer(503)), (NEW, CHALLENGE), (NEWER, response(204))]
    assert kinds("retry.claims", made(*steps, outcome=SUCCESS)) == ["repeated"]
    assert kinds("retry.claims", made(*steps[:3], outcome=failure(401))) == []


@pytest.mark.parametrize(
    ("steps", "outcome", "expected", "actual"),
    [
        (
            [(TOKEN, CHALLENGE), (NEW, response(204))],
            failure(401, message=None),
            "success, as the repeat succeeded",
            "failure with status 401",
        ),
        (
            [(TOKEN, CHALLENGE)],
            CRASH,
            "failure after a claims challenge",
            "crash: KeyError: 'x'",
        ),
        (
            [(TOKEN, CHALLENGE), (NEW, error_answer(409))],
            SUCCESS,
            "failure after a claims challenge",
            "success with status 204",
        ),
    ],
)
def test_report_of_the_outcome(
    steps: list[tuple[str, WireResponse]], outcome: Outcome, expected: str, actual: str
) -> None:
    (found,) = findings("retry.claims", made(*steps, outcome=outcome))
    assert (found.expected, found.actual, found.at) == (expected, actual, None)


def test_repeat_without_a_response_did_not_succeed() -> None:
    step = made((TOKEN, CHALLENGE), (NEW, response(204)), outcome=SUCCESS)
    assert kinds("retry.claims", replace(step, responses=step.responses[:1])) == ["success"]


@pytest.mark.parametrize(
    ("value", "actual"),
    [(None, "a request without any"), ("Bearer x", "a request with credentials")],
)
def test_report_of_the_first_request_without_a_token(value: str | None, actual: str) -> None:
    sent = request(fields={"Authorization": value})
    step = without_token(sent, request(), outcome=failure(401))
    (found,) = findings("credentials.failure", step)
    assert (found.kind, found.at) == ("sent", sent)
    assert (found.expected, found.actual) == ("no request without a token", actual)


def test_report_of_a_failure_that_is_not_reported() -> None:
    (found,) = findings("credentials.failure", without_token(outcome=HANG))
    assert found.expected == "failure, as the credential failed"
    assert found.actual == "hang: no outcome within 4.5 s"
    assert not judges("credentials.failure", exchange(request()))
