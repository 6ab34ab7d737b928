from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import configuration, control
from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers
from hypothesis.strategies import SearchStrategy

from graphcontract.judging import hypothesis_internals
from graphcontract.judging.hypothesis_runner import (
    Reproduced,
    StopShrinking,
    choose,
    draw,
    find_first,
    shrink,
)

TEXTS = st.text(max_size=30)


class RefusesClasses(dict[str, Any]):
    """A registry of backends that takes names of classes alone, as that of earlier releases."""

    def __setitem__(self, name: str, value: object) -> None:
        raise TypeError(value)


def fail(*_: object) -> None:
    raise TypeError


OTHER_HYPOTHESES: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "as-released": lambda patch: None,
    "no-registry": lambda patch: patch.delattr(providers, "AVAILABLE_PROVIDERS"),
    "another-registry": lambda patch: patch.setattr(providers, "AVAILABLE_PROVIDERS", {}),
    "another-registration": lambda patch: patch.setattr(providers, "AVAILABLE_PROVIDERS", RefusesClasses()),
    "no-context": lambda patch: patch.delattr(control, "current_build_context"),
    "another-context": lambda patch: patch.setattr(control, "current_build_context", object),
    "no-home": lambda patch: patch.delattr(configuration, "set_hypothesis_home_dir"),
    "another-home": lambda patch: patch.setattr(configuration, "set_hypothesis_home_dir", fail),
}
STEADY = {"as-released", "no-home", "another-home"}
as_released = pytest.mark.parametrize("hypothesis_is", ["as-released"], indirect=True)


def forget() -> None:
    hypothesis_internals.steady_backend.cache_clear()
    hypothesis_internals.read_characters.cache_clear()


@pytest.fixture(autouse=True, params=OTHER_HYPOTHESES)
def hypothesis_is(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[str]:
    """Releases of Hypothesis in which one of its internals is missing or is another."""
    registered = dict(providers.AVAILABLE_PROVIDERS)
    providers.AVAILABLE_PROVIDERS.pop("graphcontract", None)
    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as patch:
        OTHER_HYPOTHESES[request.param](patch)
        forget()
        yield request.param
    forget()
    providers.AVAILABLE_PROVIDERS.clear()
    providers.AVAILABLE_PROVIDERS.update(registered)


def test_the_steady_backend_is_used_wherever_it_can_be(hypothesis_is: str) -> None:
    assert (hypothesis_internals.steady_backend() is not None) == (hypothesis_is in STEADY)


def drawn(
    strategy: SearchStrategy[str] = TEXTS, *, seed: int = 0, name: str = "test/class", examples: int = 30
) -> list[str]:
    return draw(strategy, seed=seed, name=name, examples=examples)


def test_the_same_draws_for_the_same_seed_and_name() -> None:
    assert drawn() == drawn()
    assert len(drawn()) == 30


def test_another_seed_or_name_is_another_draw() -> None:
    assert drawn() != drawn(seed=1)
    assert drawn() != drawn(name="test/other")
    assert drawn(seed=11, name="1/x") != drawn(seed=1, name="11/x")


@as_released
def test_what_other_modules_say_is_nothing_to_the_draws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hypothesis by itself draws literals of every local module that is loaded."""
    before = drawn(examples=100)
    literals = ", ".join(repr(f"a literal of a client, number {number}") for number in range(200))
    (tmp_path / "client_with_literals.py").write_text(f"WORDS = [{literals}]\n")
    monkeypatch.syspath_prepend(tmp_path)
    import_module("client_with_literals")
    try:
        assert drawn(examples=100) == before
    finally:
        del sys.modules["client_with_literals"]


def test_shrinking_ends_where_the_body_has_enough() -> None:
    seen: list[str] = []

    def body(value: str) -> None:
        seen.append(value)
        if len(seen) == 3:
            raise StopShrinking

    shrink(TEXTS, body, seed=0, name="n", examples=30)
    assert len(seen) == 3


def test_the_values_that_are_drawn_are_those_that_are_searched() -> None:
    seen: list[str] = []
    shrink(TEXTS, seen.append, seed=0, name="test/class", examples=30)
    assert list(dict.fromkeys(seen))[:30] == drawn()


def test_what_shows_a_fault_is_shrunk_and_seen_last() -> None:
    shown: list[int] = []

    def body(value: int) -> None:
        if value >= 1000:
            shown.append(value)
            raise Reproduced

    shrink(st.integers(), body, seed=0, name="n", examples=200)
    assert shown[-1] == 1000
    assert len(shown) > 1


def test_a_megabyte_is_shrunk_without_a_warning() -> None:
    def body(value: str) -> None:
        raise Reproduced

    shrink(st.just("x" * 2**20), body, seed=0, name="n", examples=1)


def test_any_other_exception_comes_out() -> None:
    def body(value: str) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        shrink(TEXTS, body, seed=0, name="n", examples=5)


def test_a_body_that_shows_it_only_once() -> None:
    seen: list[int] = []

    def body(value: int) -> None:
        seen.append(value)
        if len(seen) == 3:
            raise Reproduced

    shrink(st.integers(), body, seed=0, name="n", examples=30)
    assert len(seen) > 3


def test_a_database_tells_the_next_run_what_failed(tmp_path: Path) -> None:
    def failing(value: int) -> None:
        if value >= 1000:
            raise Reproduced

    shrink(st.integers(), failing, seed=0, name="a", examples=200, database=tmp_path)
    first = draw(st.integers(), seed=1, name="a", examples=10, database=tmp_path)
    other = draw(st.integers(), seed=1, name="b", examples=10, database=tmp_path)
    assert first[0] == 1000
    assert 1000 not in other


@as_released
def test_nothing_is_left_in_the_folder_of_the_run(tmp_path: Path) -> None:
    drawn()
    assert list(tmp_path.iterdir()) == []


def test_a_small_class_is_met_whole_and_once() -> None:
    met = draw(st.integers(0, 5), seed=0, name="small", examples=20)
    assert sorted(met) == [0, 1, 2, 3, 4, 5]


def test_as_many_values_are_met_as_were_asked_for() -> None:
    met = draw(st.integers(), seed=0, name="large", examples=7)
    assert len(set(met)) == len(met) == 7


def test_all_listed_values_are_chosen_if_they_are_few() -> None:
    assert choose("abcd", seed=0, name="few", most=4) == ["a", "b", "c", "d"]
    assert choose("abcd", seed=1, name="few", most=9) == ["a", "b", "c", "d"]


def test_of_many_listed_values_the_first_and_others_by_the_seed_are_chosen() -> None:
    chosen = [choose(range(50), seed=seed, name="many", most=8) for seed in (0, 0, 1)]
    assert chosen[0] == chosen[1] != chosen[2]
    assert all(each[0] == 0 and len(set(each)) == 8 and each == sorted(each) for each in chosen)
    assert choose(range(50), seed=0, name="other", most=8) != chosen[0]
    assert choose(range(50), seed=0, name="one", most=1) == [0]


def test_the_first_listed_value_that_shows_a_fault_is_seen_last() -> None:
    seen: list[int] = []

    def body(value: int) -> None:
        seen.append(value)
        if value > 2:
            raise Reproduced

    find_first([1, 2, 3, 4], body)
    assert seen == [1, 2, 3]
