"""Equivalence partitioning: a Hypothesis strategy for each named input class."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

T = TypeVar("T")
U = TypeVar("U")


class Partitions(Mapping[str, SearchStrategy[T]]):
    """Strategies by the name of their input class; immutable, in order. A class that has few values is given
    as their sequence, the simplest first; `listed` has these, from which nothing need be drawn.
    """

    __slots__ = ("_strategies", "listed")

    def __init__(self, classes: Mapping[str, SearchStrategy[T] | Sequence[T]]) -> None:
        self.listed = {
            name: tuple(each) for name, each in classes.items() if not isinstance(each, SearchStrategy)
        }
        self._strategies = {
            name: each if isinstance(each, SearchStrategy) else st.sampled_from(each)
            for name, each in classes.items()
        }

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
        return Partitions({**self._classes, **other._classes})

    @property
    def _classes(self) -> dict[str, SearchStrategy[T] | Sequence[T]]:
        return {**self._strategies, **self.listed}

    def any(self) -> SearchStrategy[T]:
        """Draw from every class; shrinks towards the first."""
        return st.one_of(*self._strategies.values())

    def map(self, f: Callable[[T], U]) -> Partitions[U]:
        """Apply `f` to the values of every class."""
        return Partitions(
            {
                name: tuple(map(f, self.listed[name])) if name in self.listed else strategy.map(f)
                for name, strategy in self.items()
            }
        )

    def rename(self, pattern: str) -> Partitions[T]:
        """Rename each class: `{}` in the pattern stands for its name."""
        return Partitions({pattern.format(name): each for name, each in self._classes.items()})

    def only(self, *names: str) -> Partitions[T]:
        """Select these classes, in the existing order; KeyError for an unknown name."""
        if unknown := [name for name in names if name not in self]:
            raise KeyError(f"unknown input class {', '.join(unknown)}; expected one of {', '.join(self)}")
        return Partitions({name: each for name, each in self._classes.items() if name in names})


def constants(values: Mapping[str, T]) -> Partitions[T]:
    """Make classes of one value each."""
    return Partitions({name: (value,) for name, value in values.items()})


def each(*values: T) -> Partitions[T]:
    """Classes of one value each, named by the value."""
    return constants({str(value): value for value in values})
