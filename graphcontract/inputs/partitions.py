"""Classes of input by name, with a strategy for each. Knows Hypothesis, and not what is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

T = TypeVar("T")
U = TypeVar("U")


class Partitions(Mapping[str, SearchStrategy[T]]):
    """Strategies by the name of the class of input that they draw from; immutable, in order."""

    __slots__ = ("_strategies",)

    def __init__(self, strategies: Mapping[str, SearchStrategy[T]]) -> None:
        self._strategies = dict(strategies)

    def __getitem__(self, name: str) -> SearchStrategy[T]:
        return self._strategies[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._strategies)

    def __len__(self) -> int:
        return len(self._strategies)

    def __repr__(self) -> str:
        return f"Strata({', '.join(self)})"

    def __or__(self, other: Partitions[U]) -> Partitions[T | U]:
        """Both sides' classes; ValueError where a name is on both, as one class would hide the other."""
        if twice := [name for name in self if name in other]:
            raise ValueError(f"classes of input on both sides: {', '.join(twice)}")
        return Partitions({**self._strategies, **other._strategies})

    def any(self) -> SearchStrategy[T]:
        """Draws from every class; shrinks towards the first."""
        return st.one_of(*self._strategies.values())

    def map(self, f: Callable[[T], U]) -> Partitions[U]:
        """Apply `f` to what every class draws."""
        return Partitions({name: strategy.map(f) for name, strategy in self._strategies.items()})

    def only(self, *names: str) -> Partitions[T]:
        """Keep these classes alone, in the order they have here; KeyError for a name that is not here."""
        self._check(names)
        return Partitions({name: self[name] for name in self if name in names})

    def without(self, *names: str) -> Partitions[T]:
        """Leave these classes out; KeyError for a name that is not here."""
        self._check(names)
        return Partitions({name: self[name] for name in self if name not in names})

    def _check(self, names: Iterable[str]) -> None:
        if unknown := [name for name in names if name not in self]:
            raise KeyError(f"no class of input {', '.join(unknown)}; there are {', '.join(self)}")


def constants(values: Mapping[str, T]) -> Partitions[T]:
    """Classes of one value each, which is tried once."""
    return Partitions({name: st.just(value) for name, value in values.items()})


def each(*values: T) -> Partitions[T]:
    """Classes of one value each, named by the value."""
    return constants({str(value): value for value in values})
