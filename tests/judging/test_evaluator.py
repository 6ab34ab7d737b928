"""The evaluator of check and live: which result a clause gets from its trials and the end of the run."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from graphcontract.clauses import registry
from graphcontract.exchange import Exchange, Trial
from graphcontract.judging.evaluator import ClauseEvaluator, Occurrence, find_unsupported, find_violations
from tests.clauses import CONTRACT, SUCCESS, call, request

ID = "request.method"


def trial(*methods: str) -> Trial:
    return Trial(Exchange(call(), tuple(request(method=each) for each in methods), (), SUCCESS))


GOOD, BAD, SILENT = trial("POST"), trial("GET"), trial()


def evaluate(*trials: Trial) -> ClauseEvaluator:
    evaluator = ClauseEvaluator(CONTRACT, registry()[ID])
    for number, each in enumerate(trials, 1):
        evaluator.add(each, "a class", number)
    return evaluator


TRIALS = {"violated": [GOOD, BAD], "exercised": [GOOD], "not met": [SILENT], "nothing": []}


CASES = list(product(TRIALS, [None, "u"], [None, "c"]))


@pytest.mark.parametrize(("trials", "unsupported", "cut_off"), CASES)
def test_a_clause_gets_one_result(trials: str, unsupported: str | None, cut_off: str | None) -> None:
    """A violation counts even of a run that ended early; nothing passes that was not exercised."""
    result = evaluate(*TRIALS[trials]).conclude(
        repeat="again",
        present=lambda each: each,
        unsupported=unsupported,
        cut_off=cut_off,
        unmet="m",
        remark="r",
    )
    shown = (result.verdict, result.reason)
    match trials:
        case "violated":
            assert (*shown, result.cut_off) == ("fail", None, cut_off)
        case "exercised":
            assert shown == (("not-run", "c") if cut_off else ("pass", "r"))
        case _ if unsupported:
            assert shown == ("not-supported", "u")
        case _:
            assert shown == (("not-run", "c") if cut_off else ("not-exercised", "m"))
    assert result.exercised == len(TRIALS[trials]) * (trials != "not met")


def test_an_unmet_precondition_has_a_reason_by_default() -> None:
    result = evaluate(SILENT).conclude(repeat="again", present=lambda each: each)
    assert result.reason == "no exchange met this clause's precondition"


def test_evidence_is_what_is_presented() -> None:
    """The first trial of a violation is presented; others of the same kind and class are only counted."""
    given: list[Occurrence] = []

    def present(first: Occurrence) -> Occurrence:
        given.append(first)
        return replace(first, finding=replace(first.finding, actual="withheld"), note="a note")

    evaluator = evaluate(GOOD, BAD, trial("GET", "GET"))
    result = evaluator.conclude(repeat="again", present=present)
    (first,) = given
    assert (first.trial, first.number, first.input_class) == (BAD, 2, "a class")
    assert result.evidence is not None
    assert {name: result.evidence[name] for name in ("id", "actual", "note", "repeat")} == {
        "id": first.key,
        "actual": "withheld",
        "note": "a note",
        "repeat": "again",
    }
    assert evaluator.seen == {first.key: 2}
    assert result.classes == {"a class": 3}


def spoken(version: str, **members: object) -> Exchange:
    made = Exchange(call(), (replace(request(), version=version),), (), SUCCESS)
    return replace(made, **members)  # type: ignore[arg-type]


def test_the_versions_of_http_that_exercised_a_clause() -> None:
    over_http2, rejected = Trial(spoken("2")), Trial(Exchange(call(), (), (), SUCCESS))
    assert evaluate(GOOD).conclude(repeat="again", present=lambda each: each).protocols == ("1.1",)
    for trials in ([over_http2, GOOD, GOOD], [over_http2, BAD]):
        result = evaluate(*trials).conclude(repeat="again", present=lambda each: each)
        assert result.protocols == ("1.1", "2")
    assert evaluate(SILENT, rejected).conclude(repeat="again", present=lambda each: each).protocols == ()


def test_requests_elsewhere_count_and_neither_connect_nor_odd_versions() -> None:
    other, odd = replace(request(), version="1.0"), replace(request(), version="1" * 1000)
    exchange = spoken("2", elsewhere=(other, odd), connects=(request(),))
    result = evaluate(Trial(exchange)).conclude(repeat="again", present=lambda each: each)
    assert result.protocols == ("1.0", "2")


@pytest.mark.parametrize(("earlier", "protocols"), [(False, ("2",)), (True, ("1.1", "2"))])
def test_earlier_calls_count_for_clauses_that_examine_them(
    protocols: tuple[str, ...], *, earlier: bool
) -> None:
    evaluator = ClauseEvaluator(CONTRACT, replace(registry()[ID], uses_earlier_steps=earlier))
    evaluator.add(Trial(spoken("2"), before=(spoken("1.1"),)), "a class")
    result = evaluator.conclude(repeat="again", present=lambda each: each)
    assert result.protocols == protocols


def test_a_trial_that_does_not_exercise_a_clause_has_no_violations() -> None:
    assert find_violations(CONTRACT, registry()[ID], SILENT) is None
    assert find_violations(CONTRACT, registry()[ID], GOOD) == {}
    assert len(find_violations(CONTRACT, registry()[ID], BAD) or {}) == 1


def test_what_is_not_shown_has_its_reason() -> None:
    status = registry()["error.status"]
    assert find_unsupported(CONTRACT, status, {"status"}) is None
    assert find_unsupported(CONTRACT, status, set()) == "the client does not report the HTTP status code"
    assert find_unsupported(CONTRACT, status, set(), lambda _need: None) is None
    never = replace(status, not_applicable=lambda _contract: "not required")
    assert find_unsupported(CONTRACT, never, {"status"}) == "not required"
