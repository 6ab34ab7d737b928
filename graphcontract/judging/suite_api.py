"""How a suite's test says what it proves and over which inputs; running it is the engine's business."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

from hypothesis import strategies as st

from graphcontract.contract.model import Contract
from graphcontract.inputs import Partitions

if TYPE_CHECKING:
    from graphcontract.judging.harness import Harness

P = ParamSpec("P")
Body = Callable[Concatenate["Harness", P], None]
Source = Partitions[Any] | Callable[[Contract], Partitions[Any]]
_SOURCES = "__graphcontract_sources__"
_CASES = "__graphcontract_cases__"
_CALLS = "__graphcontract_calls__"
_SECONDS = "__graphcontract_seconds__"


@dataclass(frozen=True, slots=True)
class SuiteTest:
    """A test of a suite: a body, the clauses that it puts to the proof, and what it draws by keyword.

    `cases` are fixed keyword arguments by class of input, where nothing is drawn: calls that wait are made
    side by side, for `seconds` at the longest with a good client.
    """

    name: str
    body: Callable[..., None]
    proves: tuple[str, ...]
    sources: Mapping[str, Source]
    cases: Mapping[str, Mapping[str, Any]]
    calls: int = 1
    seconds: float = 0.0

    def partitions(self, contract: Contract) -> dict[str, st.SearchStrategy[dict[str, Any]]]:
        """Keyword arguments for the body by class of input: a class a combination of its sources' classes."""
        drawn = {name: _classes(source, contract) for name, source in self.sources.items()}
        combined: dict[str, st.SearchStrategy[dict[str, Any]]] = {}
        for combination in product(*(classes.items() for classes in drawn.values())):
            names = [
                name
                for (name, _), classes in zip(combination, drawn.values(), strict=True)
                if len(classes) > 1
            ]
            strategies = [strategy for _, strategy in combination]
            combined[" ".join(names) or "any"] = st.tuples(*strategies).map(partial(_by_name, tuple(drawn)))
        return combined


@dataclass(frozen=True, slots=True)
class TenantTest:
    """Clauses that a tenant owes: pytest shows one item a clause, and one live run judges all of them."""

    proves: tuple[str, ...]


def _by_name(names: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    # Not st.fixed_dictionaries: it draws an order too, and so repeats what has but one value.
    return dict(zip(names, values, strict=True))


def _classes(source: Source, contract: Contract) -> Partitions[Any]:
    return source if isinstance(source, Partitions) else source(contract)


def given(*, calls: int = 1, **sources: Source) -> Callable[[Body[P]], Body[P]]:
    """Draw the body's keyword arguments from classes of input, or from what makes such of a contract.

    `calls` is about how many calls the body makes: a test that makes many draws fewer examples.
    """

    def decorate(body: Body[P]) -> Body[P]:
        setattr(body, _SOURCES, sources)
        setattr(body, _CALLS, calls)
        return body

    return decorate


def concurrently(*, seconds: float = 0.0, **cases: Mapping[str, Any]) -> Callable[[Body[P]], Body[P]]:
    """Give the body's one keyword argument each of these values, in calls at the same time.

    `seconds` is about how long the longest of them takes: the longest are begun first.
    """
    ((keyword, values),) = cases.items()

    def decorate(body: Body[P]) -> Body[P]:
        setattr(body, _CASES, {name: {keyword: value} for name, value in values.items()})
        setattr(body, _SECONDS, seconds)
        return body

    return decorate


def proves(*clauses: str) -> Callable[[Body[P]], SuiteTest]:
    """Make a test of a body: pytest shows one item a clause, and its calls are made once for all of them."""

    def decorate(body: Body[P]) -> SuiteTest:
        sources, cases = getattr(body, _SOURCES, {}), getattr(body, _CASES, {})
        calls, seconds = getattr(body, _CALLS, 1), getattr(body, _SECONDS, 0.0)
        return SuiteTest(body.__name__, body, clauses, sources, cases, calls, seconds)

    return decorate
