"""Sets of named classes of input: what they hold, and how they are combined."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from graphcontract.inputs import Partitions, constants

from . import draws, smallest

NUMBERS = Partitions({"one": st.just(1), "two": st.just(2), "three": st.just(3)})


def test_a_mapping_in_order() -> None:
    assert list(NUMBERS) == ["one", "two", "three"]
    assert len(NUMBERS) == 3
    assert repr(NUMBERS) == "Partitions(one, two, three)"
    assert draws(NUMBERS["two"], 5) == [2]


def test_constants_are_drawn_once() -> None:
    made = constants({"empty": "", "long": "x" * 1000})
    assert [(name, draws(made[name], 9)) for name in made] == [("empty", [""]), ("long", ["x" * 1000])]


def test_a_class_may_list_its_values() -> None:
    made: Partitions[str] = Partitions({"listed": ("b", "a"), "drawn": st.just("c")})
    assert made.listed == {"listed": ("b", "a")}
    assert sorted(draws(made["listed"], 9)) == ["a", "b"]


def test_what_is_listed_stays_listed() -> None:
    made: Partitions[int] = Partitions({"listed": (1, 2), "drawn": st.just(3)})
    changed = (made.map(str) | constants({"none": ""})).rename("a {}").only("a listed", "a drawn")
    assert list(changed) == ["a listed", "a drawn"]
    assert changed.listed == {"a listed": ("1", "2")}
    assert draws(changed["a drawn"], 1) == ["3"]


def test_is_not_changed_by_what_it_was_made_of() -> None:
    source = {"one": st.just(1)}
    made = Partitions(source)
    source["two"] = st.just(2)
    assert list(made) == ["one"]


def test_any_draws_from_every_class_and_shrinks_to_the_first() -> None:
    assert set(draws(NUMBERS.any(), 50)) == {1, 2, 3}
    assert smallest(NUMBERS.any(), lambda _: True) == 1


def test_map_keeps_the_names() -> None:
    words = NUMBERS.map(str)
    assert list(words) == list(NUMBERS)
    assert draws(words["three"], 1) == ["3"]


def test_only_keeps_its_own_order() -> None:
    assert list(NUMBERS.only("three", "one")) == ["one", "three"]
    assert list(NUMBERS.only()) == []


def test_an_unknown_name_is_reported_with_the_known_ones() -> None:
    with pytest.raises(KeyError, match="four; expected one of one, two, three"):
        NUMBERS.only("one", "four")


def test_union() -> None:
    both = NUMBERS | Partitions({"letter": st.just("a")})
    assert list(both) == ["one", "two", "three", "letter"]
    assert draws(both["letter"], 1) == ["a"]


def test_union_hides_no_class() -> None:
    with pytest.raises(ValueError, match="on both sides: two"):
        NUMBERS | Partitions({"two": st.just(22)})
