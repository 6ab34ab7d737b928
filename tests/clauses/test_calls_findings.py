"""What findings on tokens in reports and on mixed calls say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphcontract.clauses import Finding
from graphcontract.exchange import Exchange, Outcome, ReportedError
from graphcontract.inputs.tokens import CANARY
from graphcontract.wire import WireResponse
from tests.clauses import (
    CONTROL,
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
    findings,
    judges,
    kinds,
    request,
    response,
    target,
)

OTHER_TASK = "1b9ff7a6-8a0c-4a1d-b1a1-5c0a1d6a2f3e"
OTHER_TOKEN = f"{CANARY}.abcdefghi"
OTHER_ID = f"7{ID[1:]}"


def one_call(task: str, token: str, outcome: Outcome = SUCCESS, *answers: WireResponse) -> Exchange:
    sent = request(target(task), fields={"Authorization": f"Bearer {token}"})
    step = exchange(sent, outcome=outcome, asked=call(task, token))
    return replace(step, responses=answers) if answers else step


FIRST = one_call(TASK, TOKEN)
SECOND = one_call(OTHER_TASK, OTHER_TOKEN)


def error_with(**members: object) -> Outcome:
    return Outcome("failure", error=ReportedError(**members))  # type: ignore[arg-type]


class TestTokens:
    @pytest.mark.parametrize(
        ("outcome", "kind", "location"),
        [
            pytest.param(Outcome.rejected(TOKEN), "outcome", "the reason", id="reason"),
            pytest.param(Outcome.crash("x", output=TOKEN), "output", "the client's own output", id="output"),
            pytest.param(Outcome.success(request_id=TOKEN), "outcome", "the requestId", id="request-id"),
            pytest.param(error_with(kind=TOKEN), "outcome", "the error's kind", id="kind"),
            pytest.param(error_with(type=TOKEN), "outcome", "the error's type", id="type"),
            pytest.param(error_with(code=TOKEN), "outcome", "the error's code", id="code"),
            pytest.param(error_with(message=TOKEN), "outcome", "the error's message", id="message"),
            pytest.param(error_with(request_id=TOKEN), "outcome", "the error's requestId", id="error-id"),
            pytest.param(error_with(inner_codes=("a", TOKEN)), "outcome", "the error's codes", id="inner"),
            pytest.param(error_with(details=("a", TOKEN)), "outcome", "the error's codes", id="details"),
            pytest.param(
                error_with(fields={"a": "b", "c": TOKEN}), "outcome", "the error's header fields", id="field"
            ),
            pytest.param(error_with(fields={TOKEN: ""}), "outcome", "the error's header fields", id="name"),
        ],
    )
    def test_each_text_of_an_outcome(self, outcome: Outcome, kind: str, location: str) -> None:
        step = replace(FIRST, outcome=outcome)
        found = Finding(kind, "the token only in the request", f"the token in {location}", exchange=step)
        assert findings("secrets.token", step) == [found]

    def test_a_file(self) -> None:
        step = replace(FIRST, files={"a.log": "nothing", "b.log": f"sent {TOKEN}"})
        location = "the token in the file b.log in the client's working folder"
        expected = [Finding("file", "the token only in the request", location, exchange=step)]
        assert findings("secrets.token", step) == expected

    def test_the_call_that_shows_it_is_in_the_finding(self) -> None:
        telling = replace(FIRST, outcome=Outcome.rejected(OTHER_TOKEN))
        (found,) = findings("secrets.token", telling, SECOND)
        assert found.exchange is telling

    def test_one_call_with_a_distinctive_token_suffices(self) -> None:
        assert judges("secrets.token", one_call(TASK, "short"), FIRST)
        assert judges("secrets.token", FIRST, one_call(TASK, "short"))
        assert not judges("secrets.token", one_call(TASK, "short"), one_call(TASK, "brief"))

    def test_a_request_that_cannot_be_read_changes_nothing(self) -> None:
        unread = exchange(request(more=[("Content-Length", "0")]), outcome=Outcome.rejected(TOKEN))
        assert kinds("secrets.token", unread) == ["outcome"]


class TestMixedCalls:
    def test_the_id_of_another_call(self) -> None:
        sent = request(target(TASK), fields={"Authorization": f"Bearer {OTHER_TOKEN}"})
        step = replace(SECOND, requests=(sent,))
        assert findings("calls.independent", FIRST, step) == [
            Finding("id", f"the id {OTHER_TASK}", "the id of another call", at=sent)
        ]

    def test_the_token_of_another_call(self) -> None:
        sent = request(target(OTHER_TASK), fields={"Authorization": f"Bearer {TOKEN}"})
        step = replace(SECOND, requests=(sent,))
        assert findings("calls.independent", FIRST, step) == [
            Finding("token", "the call's own token", "the token of another call", at=sent)
        ]

    @pytest.mark.parametrize("id", ["calls.independent", "calls.concurrent"])
    def test_the_request_id_of_another_response(self, id: str) -> None:
        first = one_call(TASK, TOKEN, failure(409, request_id=ID), error_answer(409))
        answer = error_answer(409, innerError={"request-id": OTHER_ID})
        second = one_call(OTHER_TASK, OTHER_TOKEN, failure(409, request_id=ID), answer)
        expected, actual = (
            "the request id of the call's own response",
            f"{ID}, the request id of another response",
        )
        assert findings(id, first, second) == [Finding("outcome", expected, actual, exchange=second)]
        own = replace(second, outcome=failure(409, request_id=OTHER_ID))
        assert findings(id, first, own) == []

    def test_the_request_id_of_a_success(self) -> None:
        first = one_call(TASK, TOKEN, failure(409, request_id=ID), error_answer(409))
        second = one_call(OTHER_TASK, OTHER_TOKEN, Outcome.success(request_id=ID))
        assert kinds("calls.independent", first, second) == ["outcome"]
        second = one_call(OTHER_TASK, OTHER_TOKEN, Outcome.success(request_id=OTHER_ID))
        assert kinds("calls.independent", first, second) == []

    def test_a_request_id_that_no_response_has(self) -> None:
        steps = [
            one_call(TASK, TOKEN, failure(409, request_id="none"), error_answer(409)),
            one_call(OTHER_TASK, OTHER_TOKEN, failure(409, request_id="none"), response(409)),
        ]
        assert kinds("calls.independent", *steps) == []

    @pytest.mark.parametrize(
        ("size", "found"), [(19, []), (20, ["token", "token"]), (21, ["token", "token"])]
    )
    def test_a_token_that_is_older_than_the_calls_is_distinctive_from_20_characters(
        self, size: int, found: list[str]
    ) -> None:
        fields = {"Authorization": f"Bearer {'x' * size}"}
        steps = [
            replace(each, requests=(request(each.requests[0].target, fields=fields),))
            for each in (FIRST, SECOND)
        ]
        assert [each.kind for each in findings("calls.independent", *steps)] == found

    @pytest.mark.parametrize(
        ("status", "sent", "found"),
        [
            pytest.param(403, 0, ["token"], id="in-the-refused-request"),
            pytest.param(403, 1, [], id="after-the-refusal"),
            pytest.param(503, 1, ["token"], id="after-another-response"),
        ],
    )
    def test_the_same_older_token_in_both_calls(self, status: int, sent: int, found: list[str]) -> None:
        def with_older_token(step: Exchange) -> Exchange:
            tokens = [step.call.token, step.call.token]
            tokens[sent] = f"{CANARY}.of-another-account"
            path = step.requests[0].target
            made = (request(path, fields={"Authorization": f"Bearer {each}"}) for each in tokens)
            answers = (response(status), replace(response(204), request=1))
            return replace(step, requests=tuple(made), responses=answers)

        assert kinds("calls.independent", *map(with_older_token, (FIRST, SECOND))) == found

    def test_the_first_of_two_refusals_counts(self) -> None:
        def refused_twice(step: Exchange) -> Exchange:
            tokens = (step.call.token, f"{CANARY}.first-account", f"{CANARY}.second-account")
            path = step.requests[0].target
            made = (request(path, fields={"Authorization": f"Bearer {each}"}) for each in tokens)
            answers = (replace(response(403), request=each) for each in (0, 1))
            return replace(step, requests=tuple(made), responses=tuple(answers))

        assert kinds("calls.independent", *map(refused_twice, (FIRST, SECOND))) == []

    @pytest.mark.parametrize(
        ("outcome", "text"),
        [
            pytest.param(failure(None), "failure: In progress.", id="failure"),
            pytest.param(CRASH, "crash: KeyError: 'x'", id="crash"),
            pytest.param(Outcome.rejected("no"), "rejected: no", id="rejected"),
        ],
    )
    def test_a_lost_call(self, outcome: Outcome, text: str) -> None:
        lost = exchange(outcome=outcome, asked=call(OTHER_TASK, OTHER_TOKEN))
        found = Finding("lost", "a request for the call", f"no request; outcome {text}", exchange=lost)
        assert findings("calls.independent", FIRST, lost) == [found]

    @pytest.mark.parametrize("outcome", [CRASH, HANG, SUCCESS], ids=lambda outcome: str(outcome.kind))
    def test_a_call_with_an_unusual_id_is_lost_if_the_client_did_not_refuse_it(
        self, outcome: Outcome
    ) -> None:
        assert kinds("calls.independent", FIRST, exchange(outcome=outcome, asked=call("01"))) == ["lost"]

    def test_a_wrong_outcome(self) -> None:
        wrong = one_call(OTHER_TASK, OTHER_TOKEN, failure(409))
        (found,) = findings("calls.independent", FIRST, wrong)
        assert found.actual == "failure with status 409: In progress."
        assert found.exchange is wrong

    def test_with_a_control_the_outcomes_of_earlier_calls_are_left_out(self) -> None:
        wrong = one_call(OTHER_TASK, OTHER_TOKEN, failure(409))
        assert kinds("calls.independent", wrong, FIRST, control=CONTROL) == []
        assert kinds("calls.independent", FIRST, wrong, control=CONTROL) == ["outcome"]
        assert kinds("calls.independent", wrong, FIRST) == ["outcome"]
        assert kinds("calls.concurrent", wrong, FIRST, control=CONTROL) == ["outcome"]
