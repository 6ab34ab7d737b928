from __future__ import annotations

from itertools import permutations

import pytest

from graphcontract.judging.verdict import NO_REQUEST, ClauseResult, evidence_id, fold
from graphcontract.reporting.events import VerdictKind
from tests.reporting import evidence

ID = "request.method"
ORDER: tuple[VerdictKind, ...] = ("fail", "error", "not-run", "pass", "not-supported", "not-exercised")


def part(verdict: VerdictKind, **members: object) -> ClauseResult:
    return ClauseResult(ID, verdict, **members)  # type: ignore[arg-type]


@pytest.mark.parametrize("index", range(len(ORDER)))
def test_the_worst_word_is_the_last_word(index: int) -> None:
    for parts in permutations(map(part, ORDER[index:])):
        assert fold(ID, parts).verdict == ORDER[index]


@pytest.mark.parametrize("other", ORDER[:-1])
def test_one_test_that_exercises_a_clause_is_enough(other: VerdictKind) -> None:
    assert fold(ID, [part("not-exercised", reason="r"), part(other, reason="s")]).verdict == other
    assert fold(ID, [part("not-exercised", reason="r")]) == part("not-exercised", reason="r")


def test_a_test_that_was_cut_short_decides() -> None:
    folded = fold(ID, [part("pass", exercised=3), part("not-run", reason="cut short")])
    assert (folded.verdict, folded.reason, folded.exercised) == ("not-run", "cut short", 3)


def test_a_violation_beside_a_test_that_was_cut_short_says_so() -> None:
    for cut in (part("not-run", reason="cut short"), part("fail", cut_off="cut short")):
        assert fold(ID, [part("fail"), cut]).cut_off == "cut short"
    assert fold(ID, [part("fail"), part("pass", reason="r")]).cut_off is None


def test_sums() -> None:
    folded = fold(
        ID,
        [
            part(
                "pass",
                exercised=3,
                duration=0.5,
                classes={"a": 1, "b": 2},
                exchanges=4,
                recorded=({"n": 1},),
                protocols=("2",),
            ),
            part(
                "pass",
                exercised=2,
                duration=1.0,
                classes={"b": 1, "c": 1},
                exchanges=2,
                recorded=({"n": 2},),
                protocols=("1.1", "2"),
            ),
        ],
    )
    assert folded == part(
        "pass",
        exercised=5,
        duration=1.5,
        classes={"a": 1, "b": 3, "c": 1},
        exchanges=6,
        recorded=({"n": 1}, {"n": 2}),
        protocols=("1.1", "2"),
    )


def test_other_faults_are_listed_once() -> None:
    first = evidence(id="x-1")
    folded = fold(
        ID,
        [
            part("fail", evidence=first, also=("x-2", "x-3")),
            part("pass"),
            part("fail", evidence=evidence(id="x-2"), also=("x-1", "x-4")),
        ],
    )
    assert folded.evidence == first
    assert folded.also == ("x-2", "x-3", "x-4")


def test_the_order_of_parts_is_nothing_to_it() -> None:
    """Workers give them as they come."""
    parts = [
        part("fail", evidence=evidence(id="x-2"), also=("x-3",), classes={"a": 1}),
        part("fail", evidence=evidence(id="x-1"), also=("x-4",), classes={"b": 1}),
        part("not-run", reason="b"),
        part("not-run", reason="a"),
        part("pass", exercised=1),
    ]
    for count in range(1, 6):
        folds = [fold(ID, order) for order in permutations(parts[-count:])]
        assert all(each == folds[0] for each in folds)


def test_a_clause_that_no_test_proves() -> None:
    assert fold(ID, []).verdict == "not-run"


@pytest.mark.parametrize(
    ("of", "id"),
    [
        (("request.method", "letter-case", ""), "request.method-04fd417d7b00"),
        (("request.method", "other-method", ""), "request.method-28d575e52601"),
        (("request.task-id", "changed", "letter-case"), "request.task-id-b26f92319257"),
        (("response.no-content", "failure", ""), "response.no-content-c77f05749828"),
    ],
)
def test_evidence_ids_stay(of: tuple[str, str, str], id: str) -> None:
    """Files of known failures name them: a changed one makes all of those red."""
    assert evidence_id(*of) == id


def test_an_unconditional_clause_that_only_other_tests_check_leaves_no_gap() -> None:
    beside = part("not-exercised", reason=NO_REQUEST)
    assert fold(ID, [beside, beside]) == part("not-supported", reason=NO_REQUEST)
    for parts in permutations([beside, part("not-exercised", reason="r")]):
        assert fold(ID, parts) == part("not-exercised", reason="r")
    for parts in permutations([beside, part("pass", exercised=1)]):
        assert fold(ID, parts).verdict == "pass"
