"""How tests and fixed cases are shared among the clients of a run."""

from __future__ import annotations

from graphcontract.run.spreading import spread


def loads(weights: list[float], places: list[int], count: int) -> list[float]:
    return [sum(w for w, at in zip(weights, places, strict=True) if at == index) for index in range(count)]


def test_the_heaviest_come_first_so_that_all_finish_together() -> None:
    weights = [1.0, 1.0, 1.0, 1.0, 3.0, 2.0, 3.0]
    assert loads(weights, spread(weights, 3), 3) == [4.0, 4.0, 4.0]


def test_what_weighs_nothing_is_dealt_out_in_turn() -> None:
    assert spread([0.0, 5.0, 0.0, 0.0], 2) == [0, 0, 1, 0]


def test_what_is_marked_comes_to_the_first() -> None:
    assert spread([1.0, 2.0, 3.0], 3, [True, False, True]) == [0, 1, 0]


def test_the_same_weights_give_the_same_places() -> None:
    weights = [float(number % 4) for number in range(40)]
    assert spread(weights, 4) == spread(weights, 4)
