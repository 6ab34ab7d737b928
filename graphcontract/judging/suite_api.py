"""The decorators of a suite's tests: which clauses a test proves, what it needs, and which inputs it is
given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial, wraps
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
_WAITS = "__graphcontract_waits__"


@dataclass(frozen=True, slots=True)
class SuiteTest:
    """A test of a suite: its body, the clauses that it proves, and the body's keyword arguments.

    `sources` are drawn. `cases` are fixed keyword arguments by input class instead: calls that take time
    are made concurrently. `waits` has about how many seconds a conforming client waits in each, if it does.
    `seed_key` is what draws depend on beside the seed and the input class, the name if it is None: a test
    that is renamed keeps its draws with its old name. `needs` is what a harness has to show for the body to
    make a call.
    """

    name: str
    body: Callable[..., None]
    proves: tuple[str, ...]
    sources: Mapping[str, Source]
    cases: Mapping[str, Mapping[str, Any]]
    calls: int = 1
    waits: Mapping[str, float] = field(default_factory=dict)
    seed_key: str | None = None
    needs: frozenset[str] = frozenset()

    def partitions(self, contract: Contract) -> Partitions[dict[str, Any]]:
        """Keyword arguments for the body by input class: one for each combination of the sources' classes."""
        drawn = {name: _partitions_of(source, contract) for name, source in self.sources.items()}
        by_name = partial(_by_name, tuple(drawn))
        combinations: dict[str, st.SearchStrategy[dict[str, Any]] | Sequence[dict[str, Any]]] = {}
        for names in product(*drawn.values()):
            each = list(zip(drawn.values(), names, strict=True))
            combined = " ".join(name for classes, name in each if len(classes) > 1) or "any"
            if all(name in classes.listed for classes, name in each):
                listed = product(*(classes.listed[name] for classes, name in each))
                combinations[combined] = [by_name(values) for values in listed]
            else:
                combinations[combined] = st.tuples(*(classes[name] for classes, name in each)).map(by_name)
        return Partitions(combinations)


@dataclass(frozen=True, slots=True)
class TenantTest:
    """Clauses on a tenant: pytest shows one item for each, and one live run judges all of them."""

    proves: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Needing:
    """The value of a case that makes calls only if the harness shows `need`."""

    need: str
    value: Any


def _by_name(names: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    # st.fixed_dictionaries would also draw an order, and so repeat inputs that have one value only.
    return dict(zip(names, values, strict=True))


def _partitions_of(source: Source, contract: Contract) -> Partitions[Any]:
    return source if isinstance(source, Partitions) else source(contract)


def given(*, calls: int = 1, **sources: Source) -> Callable[[Body[P]], Body[P]]:
    """Draw the body's keyword arguments from input classes, or from a function that makes them for a
    contract.

    `calls` is about how many calls the body makes: a test that makes many draws fewer examples.
    """

    def decorate(body: Body[P]) -> Body[P]:
        setattr(body, _SOURCES, sources)
        setattr(body, _CALLS, calls)
        return body

    return decorate


def concurrently(
    *, seconds: float | Mapping[str, float] = 0.0, **cases: Mapping[str, Any]
) -> Callable[[Body[P]], Body[P]]:
    """Pass each of these values to the body's one keyword argument, in concurrent calls.

    `seconds` is about how long each of them waits, or those that do by name: the longest start first, and
    clients share them evenly. A value may be wrapped in `Needing`.
    """
    ((keyword, values),) = cases.items()

    def decorate(body: Body[P]) -> Body[P]:
        setattr(body, _CASES, {name: {keyword: value} for name, value in values.items()})
        setattr(body, _WAITS, seconds if isinstance(seconds, Mapping) else dict.fromkeys(values, seconds))
        return body

    return decorate


def proves(
    *clauses: str, needs: str | tuple[str, ...] = (), seed_key: str | None = None
) -> Callable[[Body[P]], SuiteTest]:
    """Make a test of a body. pytest shows one item for each clause, and the calls are made once for all of
    them.

    The body makes no call if the harness does not show all of `needs`; `seed_key` is that of `SuiteTest`.
    """
    needed = frozenset((needs,) if isinstance(needs, str) else needs)

    def decorate(body: Body[P]) -> SuiteTest:
        return SuiteTest(
            body.__name__,
            _only_with(needed, body),
            clauses,
            getattr(body, _SOURCES, {}),
            getattr(body, _CASES, {}),
            getattr(body, _CALLS, 1),
            getattr(body, _WAITS, {}),
            seed_key,
            needed,
        )

    return decorate


def _only_with(needs: frozenset[str], body: Callable[..., None]) -> Callable[..., None]:
    """Have a body do nothing if the harness does not show all that the test and its case need."""

    @wraps(body)
    def run_if_supported(harness: Harness, **arguments: Any) -> None:
        wrapped = [each for each in arguments.values() if isinstance(each, Needing)]
        if needs | {each.need for each in wrapped} <= harness.clients.shows:
            body(harness, **{name: _unwrap(each) for name, each in arguments.items()})

    return run_if_supported


def _unwrap(value: Any) -> Any:
    return value.value if isinstance(value, Needing) else value
