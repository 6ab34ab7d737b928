"""Equivalence partitioning: a Hypothesis strategy for each named input class."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

T = TypeVar("T")
U = TypeVar("U")


class Partitions(Mapping[str, SearchStrategy[T]]):
    """Strategies by the name of their input class; immutable, in order. `constants` has the value of each
    class that has one value only, which Hypothesis need not draw.
    """

    __slots__ = ("_strategies", "constants")

    def __init__(
        self, strategies: Mapping[str, SearchStrategy[T]], constants: Mapping[str, T] | None = None
    ) -> None:
        self._strategies, self.constants = dict(strategies), dict(constants or {})

    def __getitem__(self, name: str) -> SearchStrategy[T]:
        return self._strategies[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._strategies)

    def __len__(self) -> int:
        return len(self._strategies)

    def __repr__(self) -> str:
        return f"Partitions({', '.join(self)})"

    def __or__(self, other: Partitions[U]) -> Partitions[T | U]:
        """Combine the classes of both sides; ValueError if both have a name, since one would hide the
        other.
        """
        if twice := [name for name in self if name in other]:
            raise ValueError(f"input classes on both sides: {', '.join(twice)}")
        return Partitions({**self._strategies, **other._strategies}, {**self.constants, **other.constants})

    def any(self) -> SearchStrategy[T]:
        """Draw from every class; shrinks towards the first."""
        return st.one_of(*self._strategies.values())

    def map(self, f: Callable[[T], U]) -> Partitions[U]:
        """Apply `f` to the draws of every class."""
        return Partitions(
            {name: strategy.map(f) for name, strategy in self._strategies.items()},
            {name: f(value) for name, value in self.constants.items()},
        )

    def only(self, *names: str) -> Partitions[T]:
        """Select these classes, in the existing order; KeyError for an unknown name."""
        self._check(names)
        return Partitions(
            {name: self[name] for name in self if name in names},
            {name: value for name, value in self.constants.items() if name in names},
        )

    def _check(self, names: Iterable[str]) -> None:
        if unknown := [name for name in names if name not in self]:
            raise KeyError(f"unknown input class {', '.join(unknown)}; expected one of {', '.join(self)}")


def constants(values: Mapping[str, T]) -> Partitions[T]:
    """Make classes of one value each."""
    return Partitions({name: st.just(value) for name, value in values.items()}, values)


def each(*values: T) -> Partitions[T]:
    """Classes of one value each, named by the value."""
    return constants({str(value): value for value in values})
