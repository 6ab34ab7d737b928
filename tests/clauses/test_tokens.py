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
