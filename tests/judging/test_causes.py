"""The cause of a violation is what the client did in the call, the same text for the same fault."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphcontract.clauses import Finding
from graphcontract.exchange import Exchange, Outcome, Trial
from graphcontract.judging.causes import find_cause
from graphcontract.judging.evaluator import Occurrence
from graphcontract.judging.verdict import ClauseResult, fold
from tests.clauses import CONTRACT, CONTROL, TOKEN, error_answer, exchange, failure, request, response
from tests.reporting import evidence

ENDED = Outcome.failure(type="RuntimeError", message="Event loop is closed")


def cause(step: Exchange, *, exchange: Exchange | None = None) -> str | None:
    finding = Finding("crash", "", "", exchange=exchange)
    return find_cause(CONTRACT, Occurrence("x", finding, Trial(step, None, (CONTROL,)), "a class"))


@pytest.mark.parametrize(
    ("reasons", "text"),
    [
        (
            [
                "JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
                "JSONDecodeError: Extra data: line 1 column 3 (char 2)",
            ],
            "the client raised JSONDecodeError",
        ),
        (["RuntimeError: Event loop is closed"], "the client raised RuntimeError: Event loop is closed"),
        (["KeyError: 'code'", "KeyError: 'message'"], "the client raised KeyError: …"),
        (["TypeError: terminated"], "the client raised TypeError: terminated"),
        (
            ["SyntaxError: Unexpected token '<'", "SyntaxError: Unexpected end of JSON input"],
            "the client raised SyntaxError",
        ),
        (["exit status 7\nmore", "exit status 9"], "the client raised exit status …"),
    ],
)
def test_an_exception_is_a_cause(reasons: list[str], text: str) -> None:
    found = {cause(exchange(request(), outcome=Outcome.crash(reason))) for reason in reasons}
    assert found == {text}


def test_the_cause_is_that_of_the_violating_call() -> None:
    crashed = exchange(request(), outcome=Outcome.crash("JSONDecodeError: x"))
    assert cause(CONTROL, exchange=crashed) == "the client raised JSONDecodeError"
    assert cause(CONTROL) is None


def test_a_failure_where_success_was_due_is_a_cause() -> None:
    text = "the client reported RuntimeError: Event loop is closed"
    assert cause(exchange(request(), outcome=ENDED)) == text
    assert cause(exchange(request(), outcome=failure(), answer=error_answer(409))) is None
    assert cause(replace(exchange(request(), outcome=ENDED), fault="reset")) is None
    assert cause(exchange(request(), outcome=Outcome.failure())) is None


def test_a_call_that_does_not_end_is_a_cause() -> None:
    found = {cause(exchange(request(), outcome=Outcome.hang(f"no outcome within {s} s"))) for s in (3, 4.5)}
    assert found == {"the client did not return"}


def test_a_malformed_request_is_a_cause_whatever_followed() -> None:
    sent = request(more=[("Content-Length", "0")])
    step = exchange(sent, outcome=Outcome.crash("KeyError: 'x'"), answer=response(400))
    assert cause(step) == "a request that is not valid HTTP/1.1: more than one Content-Length"


def test_a_cause_contains_no_token() -> None:
    found = cause(exchange(request(), outcome=Outcome.crash(f"ValueError: bad header Bearer {TOKEN}")))
    assert found is not None
    assert TOKEN[:20] not in found


def test_causes_of_several_tests_are_combined() -> None:
    first, second = (
        ClauseResult("c", "fail", 1, evidence=evidence(id=id), causes={"x": (id, "c-3"), id: (id,)})
        for id in ("c-1", "c-2")
    )
    assert fold("c", [first, second]).causes == {"x": ("c-1", "c-3", "c-2"), "c-1": ("c-1",), "c-2": ("c-2",)}
