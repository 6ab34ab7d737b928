"""What calls show of one another, and which words tell a token."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from graphcontract.clauses.secrets import contains_any_token
from graphcontract.exchange import Exchange, Outcome
from graphcontract.inputs.tokens import CANARY
from tests.clauses import (
    CRASH,
    HANG,
    ID,
    SUCCESS,
    TASK,
    TOKEN,
    call,
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

OTHER_TASK = "1b9ff7a6-8a0c-4a1d-b1a1-5c0a1d6a2f3e"
OTHER_TOKEN = f"{CANARY}.abcdefghi"
CANCELLED = Outcome.failure(kind="cancelled")


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
    assert contains_any_token(frozenset({TOKEN}), f"before {text} behind")


@pytest.mark.parametrize(
    "text", ["", TOKEN[:19], f"x {TOKEN[-19:]}", f"{TOKEN[:8]}… (31 characters)", OTHER_TASK]
)
def test_words_that_do_not(text: str) -> None:
    assert not contains_any_token(frozenset({TOKEN}), text)


def test_a_short_token_cannot_be_recognized() -> None:
    assert not contains_any_token(frozenset({"short"}), "short")
    assert not contains_any_token(frozenset({TOKEN[:19]}), TOKEN)
    assert contains_any_token(frozenset({TOKEN[:20]}), TOKEN)


def own(task: str, token: str, outcome: Outcome = SUCCESS, shown: tuple[str, str] | None = None) -> Exchange:
    """A call with this id and token, which shows these or others."""
    shown_task, shown_token = shown or (task, token)
    fields = {"Authorization": f"Bearer {shown_token}", "Host": "127.0.0.1:1"}
    return exchange(request(target(shown_task), fields=fields), outcome=outcome, asked=call(task, token))


FIRST = own(TASK, TOKEN)


SECOND = own(OTHER_TASK, OTHER_TOKEN)


@pytest.mark.parametrize("id", ["calls.independent", "calls.concurrent"])
def test_calls_apart(id: str) -> None:
    assert kinds(id, FIRST, SECOND) == []
    assert not judges(id, FIRST)


@pytest.mark.parametrize("order", [1, -1])
def test_an_id_or_token_that_no_call_was_given_is_another_clause_s(order: int) -> None:
    for third in (f"2{TASK[1:]}", f"f{TASK[1:]}"):
        strange = own(TASK, TOKEN, shown=(third, f"{CANARY}.{third}"))
        assert kinds("calls.independent", *[strange, SECOND][::order]) == []
        assert kinds("calls.independent", *[strange, own("a", "b"), own("g", "h")][::order]) == []


@pytest.mark.parametrize(("status", "found"), [(403, []), (409, ["token"]), (503, ["token"])])
def test_another_account_of_the_client_after_403(status: int, found: list[str]) -> None:
    """After 403, a client may have the same other credentials for every call (RFC 9110, 15.5.4)."""

    def twice(first: Exchange) -> Exchange:
        again = own(next(iter(first.call.arguments.values())), first.call.token, shown=None)
        account = request(
            again.requests[0].target, fields={"Authorization": "Bearer the-token-of-another-account"}
        )
        return replace(first, requests=(*first.requests, account), responses=(response(status),))

    assert kinds("calls.independent", twice(FIRST), twice(SECOND)) == found


def test_the_token_of_another_call_after_403() -> None:
    stolen = request(target(OTHER_TASK), fields={"Authorization": f"Bearer {TOKEN}"})
    step = replace(SECOND, requests=(*SECOND.requests, stolen), responses=(response(403),))
    assert kinds("calls.independent", FIRST, step) == ["token"]


@pytest.mark.parametrize("order", [1, -1])
def test_an_id_of_another_call_anywhere_in_a_request(order: int) -> None:
    tracing = replace(SECOND, requests=(request(target(OTHER_TASK), more=[("X-Task", TASK)]),))
    tracing = replace(tracing, call=call(OTHER_TASK))
    assert kinds("calls.independent", *[FIRST, tracing][::order]) == ["id"]


@pytest.mark.parametrize("host", ["10.0.0.1:1", "localhost:1"])
def test_another_root(host: str) -> None:
    sent = request(target(OTHER_TASK), fields={"Authorization": f"Bearer {OTHER_TOKEN}", "Host": host})
    (found,) = findings("calls.independent", FIRST, replace(SECOND, requests=(sent,)))
    assert (found.kind, found.expected, found.actual) == ("root", "Host: 127.0.0.1:1", host)


@pytest.mark.parametrize(
    ("root", "host"),
    [
        ("https://graph.microsoft.com/beta", "graph.microsoft.com:443"),
        ("https://graph.microsoft.com/beta", "GRAPH.microsoft.com"),
        ("http://localhost/beta", "localhost:80"),
    ],
)
def test_the_default_port_of_a_root_is_the_same_root(root: str, host: str) -> None:
    """A CONNECT names the port in its Host (RFC 9110, 9.3.6)."""
    sent = request(method="CONNECT", fields={"Host": host})
    step = replace(SECOND, call=replace(SECOND.call, base_url=root), requests=(sent, *SECOND.requests[1:]))
    assert "root" not in kinds("calls.independent", FIRST, step)


class TestOutcomes:
    """What a call is taken for differs from what the same answer is taken for elsewhere."""

    @staticmethod
    def step(status: int, outcome: Outcome, *, second: bool = True) -> Exchange:
        made = own(OTHER_TASK, OTHER_TOKEN, outcome) if second else own(TASK, TOKEN, outcome)
        return replace(made, responses=(response(status),))

    def test_a_response_to_another_method(self) -> None:
        """A client that follows a redirect as GET does well to report failure."""
        followed = self.step(204, failure(301))
        followed = replace(followed, requests=(replace(followed.requests[0], method="GET"),))
        assert kinds("calls.independent", self.step(204, SUCCESS, second=False), followed) == []

    @pytest.mark.parametrize(
        ("status", "elsewhere", "outcome", "found"),
        [
            (204, SUCCESS, SUCCESS, []),
            (204, SUCCESS, failure(409), ["outcome"]),
            (204, SUCCESS, CRASH, ["outcome"]),
            (204, SUCCESS, failure(None), ["outcome"]),
            (204, failure(None), failure(None), []),
            (204, CRASH, failure(None), []),
            (409, failure(409), failure(409), []),
            (409, failure(409), SUCCESS, ["outcome"]),
            (409, failure(409), CRASH, ["outcome"]),
            (409, failure(409), failure(404), ["outcome"]),
            (409, failure(409), failure(500), ["outcome"]),
            (409, failure(404), failure(404), []),
            (409, failure(500), failure(404), []),
            (409, SUCCESS, failure(404), []),
        ],
    )
    @pytest.mark.parametrize("order", [1, -1])
    def test_as_elsewhere(
        self, status: int, elsewhere: Outcome, outcome: Outcome, found: list[str], order: int
    ) -> None:
        steps = [self.step(status, elsewhere, second=False), self.step(status, outcome)]
        seen = findings("calls.independent", *steps[::order])
        assert [each.kind for each in seen] == found
        word = "success" if status == 204 else "failure"
        assert all(each.expected == f"{word} for status {status}, as in another call" for each in seen)

    @pytest.mark.parametrize("status", [404, 500])
    def test_another_answer_says_nothing_of_it(self, status: int) -> None:
        steps = [self.step(status, failure(409), second=False), self.step(409, failure(None))]
        assert kinds("calls.independent", *steps) == []

    def test_a_call_without_its_request_is_lost(self) -> None:
        lost = exchange(outcome=failure(None), asked=call(OTHER_TASK, OTHER_TOKEN))
        assert kinds("calls.independent", FIRST, lost) == ["lost"]

    @pytest.mark.parametrize("outcome", [failure(None), Outcome.rejected("not a GUID")])
    def test_a_call_whose_id_is_refused_is_not_lost(self, outcome: Outcome) -> None:
        refused = exchange(outcome=outcome, asked=call("01", OTHER_TOKEN))
        assert kinds("calls.independent", FIRST, refused) == []

    def test_a_call_with_any_id_that_sends_nothing_and_succeeds_is_lost(self) -> None:
        lost = exchange(outcome=Outcome.success(), asked=call("01", OTHER_TOKEN))
        assert kinds("calls.independent", FIRST, lost) == ["lost"]
        unanswered = replace(SECOND, responses=(), outcome=failure(None))
        assert kinds("calls.independent", FIRST, unanswered) == []

    def test_nothing_is_misreported_where_a_connection_broke(self) -> None:
        broken = replace(self.step(204, failure(None)), fault="reset")
        assert kinds("calls.independent", FIRST, broken) == []
        assert kinds("calls.independent", broken, own(TASK, TOKEN, CRASH)) == []


@pytest.mark.parametrize(
    ("shown", "found"), [((TASK, OTHER_TOKEN), "id"), ((OTHER_TASK, TOKEN), "token")], ids=["id", "token"]
)
def test_what_another_call_was_given(shown: tuple[str, str], found: str) -> None:
    assert kinds("calls.independent", FIRST, own(OTHER_TASK, OTHER_TOKEN, shown=shown)) == [found]


def test_what_a_later_call_is_given() -> None:
    assert kinds("calls.independent", own(TASK, TOKEN, shown=(OTHER_TASK, TOKEN)), SECOND) == ["id"]
    assert kinds("calls.independent", own(TASK, TOKEN, shown=(TASK, OTHER_TOKEN)), SECOND) == ["token"]


@pytest.mark.parametrize("kept", [f"{CANARY}.older", CANARY])
def test_what_is_older_than_both_calls(kept: str) -> None:
    older = (f"2{TASK[1:]}", kept)
    steps = own(TASK, TOKEN, shown=older), own(OTHER_TASK, OTHER_TOKEN, shown=older)
    assert kinds("calls.independent", *steps) == ["id", "token"]


def test_a_constant_is_not_of_another_call() -> None:
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


def test_a_token_that_tells_is_judged() -> None:
    assert judges("secrets.token", own(TASK, TOKEN[:20]))
    assert not judges("secrets.token", own(TASK, TOKEN[:19]))


def test_a_token_of_an_earlier_call_is_found_as_well() -> None:
    telling = own(OTHER_TASK, OTHER_TOKEN, failure(409, message=f"before: {TOKEN}"))
    assert kinds("secrets.token", FIRST, telling) == ["outcome"]
    assert kinds("secrets.token", telling, FIRST) == ["outcome"]
    assert fault("secrets.token", replace(FIRST, outcome=replace(SUCCESS, output=TOKEN)))[0] == "output"


class TestCancellation:
    """The call before was cancelled two seconds after it began."""

    @staticmethod
    def cancelled(
        *, ended: float = 2.1, outcome: Outcome = CANCELLED, sent: tuple[float, ...] = (0.1,)
    ) -> Exchange:
        requests = tuple(replace(request(), at=at) for at in sent)
        return Exchange(call(), requests, (), outcome, 0.0, ended, cancelled=2.0)

    @pytest.mark.parametrize("sent", [(), (0.1,), (2.5,), (0.1, 2.1)])
    @pytest.mark.parametrize("outcome", [CANCELLED, failure(503), Outcome.rejected("cancelled")])
    def test_an_end_without_further_requests(self, sent: tuple[float, ...], outcome: Outcome) -> None:
        assert kinds("calls.cancelled", self.cancelled(sent=sent, outcome=outcome), SECOND) == []

    def test_other_calls_are_not_judged(self) -> None:
        assert not judges("calls.cancelled", FIRST, SECOND)
        assert not judges("calls.cancelled", self.cancelled())

    @pytest.mark.parametrize(
        ("changed", "kind"),
        [
            ({"ended": 3.1}, "late"),
            ({"outcome": HANG}, "late"),
            ({"outcome": CRASH}, "crash"),
            ({"outcome": SUCCESS}, "success"),
            ({"sent": (0.1, 2.3)}, "sent-after"),
        ],
    )
    def test_faults(self, changed: dict[str, Any], kind: str) -> None:
        assert fault("calls.cancelled", self.cancelled(**changed), SECOND) == (kind, "response")

    def test_success_that_crossed_the_cancellation(self) -> None:
        step = replace(self.cancelled(outcome=SUCCESS), responses=(response(204),))
        assert kinds("calls.cancelled", step, SECOND) == []

    def test_the_next_call(self) -> None:
        failed = replace(SECOND, outcome=failure())
        assert fault("calls.cancelled", self.cancelled(), failed) == ("unusable", "response")
        assert kinds("calls.cancelled", self.cancelled(), failed, control=failed) == []


class TestBlockedCalls:
    """A call waits 2 s from 10 s on; the other one's request arrives at `at`, and it ends at `ended`."""

    @staticmethod
    def shown(at: float, ended: float, wait: float = 2.0, more: int = 0) -> list[str]:
        first, again = replace(request(), at=9.9), replace(request(), at=10.0 + wait)
        waiting = exchange(first, again)
        answers = (replace(response(503), at=10.0), replace(response(204), at=10.1 + wait, request=1))
        waiting = replace(waiting, responses=answers, started=9.8, ended=10.2 + wait)
        other = exchange(*(replace(request(), at=at) for _ in range(1 + more)))
        other = replace(other, started=at, ended=ended)
        return [*kinds("calls.concurrent", waiting, other), *kinds("calls.concurrent", other, waiting)]

    @pytest.mark.parametrize(
        ("at", "ended", "blocked"),
        [
            (9.9, 12.1, True),
            (10.1, 11.9, True),
            (9.9, 10.9, False),
            (10.1, 10.2, False),
            (9.0, 9.5, False),
            (12.0, 12.1, False),
            (11.0, 12.5, False),
        ],
    )
    def test_other_call_must_end_meanwhile(self, at: float, ended: float, blocked: bool) -> None:
        assert self.shown(at, ended) == (["blocked"] * 2 if blocked else [])

    def test_short_wait_shows_nothing(self) -> None:
        assert self.shown(9.9, 10.95, wait=0.9) == []

    def test_call_that_retries_itself_is_left_out(self) -> None:
        assert self.shown(9.9, 12.1, more=1) == []
