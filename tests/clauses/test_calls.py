"""What calls show of one another, and which words tell a token."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from graphcontract.clauses.secrets import shows
from graphcontract.exchange import Exchange, Outcome
from graphcontract.inputs.tokens import CANARY
from tests.clauses import (
    ID,
    SUCCESS,
    TASK,
    TOKEN,
    call,
    error_answer,
    exchange,
    failure,
    fault,
    kinds,
    request,
    target,
)

OTHER_TASK = "1b9ff7a6-8a0c-4a1d-b1a1-5c0a1d6a2f3e"
OTHER_TOKEN = f"{CANARY}.abcdefghi"


@pytest.mark.parametrize(
    "text",
    [
        TOKEN,
        f"Bearer {TOKEN[:20]}…",
        TOKEN[-20:],
        TOKEN.lower(),
        f"access_token={TOKEN}&x=1",
        base64.b64encode(f"user:{TOKEN}".encode()).decode(),
        base64.urlsafe_b64encode(f"u:{TOKEN}".encode()).decode(),
    ],
)
def test_words_that_tell_a_token(text: str) -> None:
    assert shows(TOKEN, f"before {text} behind")


@pytest.mark.parametrize("text", ["", TOKEN[:19], f"{TOKEN[:8]}… (31 characters)", OTHER_TASK])
def test_words_that_do_not(text: str) -> None:
    assert not shows(TOKEN, text)


def test_a_short_token_cannot_be_told() -> None:
    assert not shows("short", "short")


def own(task: str, token: str, outcome: Outcome = SUCCESS, shown: tuple[str, str] | None = None) -> Exchange:
    """A call with this id and token, which shows these or others."""
    shown_task, shown_token = shown or (task, token)
    fields = {"Authorization": f"Bearer {shown_token}", "Host": "127.0.0.1:1"}
    return exchange(request(target(shown_task), fields=fields), outcome=outcome, asked=call(task, token))


FIRST = own(TASK, TOKEN)


def test_calls_apart() -> None:
    assert kinds("calls.independent", FIRST, own(OTHER_TASK, OTHER_TOKEN)) == []


@pytest.mark.parametrize(
    ("shown", "found"), [((TASK, OTHER_TOKEN), "id"), ((OTHER_TASK, TOKEN), "token")], ids=["id", "token"]
)
def test_what_another_call_was_given(shown: tuple[str, str], found: str) -> None:
    assert kinds("calls.independent", FIRST, own(OTHER_TASK, OTHER_TOKEN, shown=shown)) == [found]


def test_what_is_older_than_both_calls() -> None:
    older = (f"2{TASK[1:]}", f"{CANARY}.older")
    steps = own(TASK, TOKEN, shown=older), own(OTHER_TASK, OTHER_TOKEN, shown=older)
    assert kinds("calls.independent", *steps) == ["id", "token"]


def test_a_constant_is_no_other_calls() -> None:
    nothing = ("undefined", "undefined")
    assert (
        kinds(
            "calls.independent",
            *(own(*it, shown=nothing) for it in ((TASK, TOKEN), (OTHER_TASK, OTHER_TOKEN))),
        )
        == []
    )


def test_one_token_may_begin_with_another() -> None:
    assert kinds("calls.independent", FIRST, own(OTHER_TASK, f"{TOKEN}0")) == []


def test_the_request_id_of_another_answer() -> None:
    other = f"7{ID[1:]}"
    steps = [
        replace(
            own(task, token, failure(409, request_id=ID)), responses=(error_answer(409, innerError=inner),)
        )
        for task, token, inner in (
            (TASK, TOKEN, {"request-id": ID}),
            (OTHER_TASK, OTHER_TOKEN, {"request-id": other}),
        )
    ]
    assert kinds("calls.independent", *steps) == ["outcome"]


def test_a_token_of_an_earlier_call_is_told_as_well() -> None:
    telling = own(OTHER_TASK, OTHER_TOKEN, failure(409, message=f"before: {TOKEN}"))
    assert kinds("secrets.token", FIRST, telling) == ["outcome"]
    assert kinds("secrets.token", telling, FIRST) == ["outcome"]
    assert fault("secrets.token", replace(FIRST, outcome=replace(SUCCESS, output=TOKEN)))[0] == "output"
