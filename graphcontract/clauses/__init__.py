"""The verdict functions: what a trial shows against a clause of the contract.

A clause is a pure function from contract and trial to findings. It knows nothing of where the
exchange came from, of inputs, or of reports. Importing this package fills the registry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from graphcontract.contract.model import Contract
from graphcontract.exchange import Trial, WireRequest

Judge = Callable[[Contract, Trial], Iterator["Finding"]]
When = Callable[[Contract, Trial], bool]
NotApplicable = Callable[[Contract], str | None]

_MODULES = (
    *("request", "credentials", "conventions", "answers", "errors", "retries", "network", "calls"),
    *("service_effects", "service_refusals", "service_answers"),
)
_registry: dict[str, ClauseFunction] = {}


@dataclass(frozen=True, slots=True)
class Finding:
    """One way in which a trial breaks a clause. `kind` is from the clause's closed list;
    `input` names the class of input that shows it, stable under shrinking and seeds.
    """

    kind: str
    expected: str
    observed: str
    input: str = ""
    at: WireRequest | None = None


@dataclass(frozen=True, slots=True)
class ClauseFunction:
    """A clause's judge. `when` tells trials that could condemn; `needs` what must be observable;
    `otherwise` is the reason where a client by its design never meets `when`;
    `unowed` the reason where a contract does not owe the clause;
    `looks_back` says that it judges a trial's earlier steps too, which then are evidence.
    """

    id: str
    kinds: frozenset[str]
    judge: Judge
    when: When
    needs: frozenset[str]
    otherwise: str | None
    not_applicable: NotApplicable
    uses_earlier_steps: bool


def clause(
    id: str,
    *kinds: str,
    when: When,
    needs: frozenset[str] = frozenset(),
    otherwise: str | None = None,
    not_applicable: NotApplicable = lambda _contract: None,
    uses_earlier_steps: bool = False,
) -> Callable[[Judge], Judge]:
    """Register a verdict function under its clause's id, with the kinds of finding it can give."""

    def register(judge: Judge) -> Judge:
        if id in _registry:
            raise ValueError(f"two verdict functions for {id}")
        _registry[id] = ClauseFunction(
            id, frozenset(kinds), judge, when, needs, otherwise, not_applicable, uses_earlier_steps
        )
        return judge

    return register


@cache
def registry() -> Mapping[str, ClauseFunction]:
    """Every clause that can be judged, by id."""
    for module in _MODULES:
        import_module(f"{__name__}.{module}")
    return dict(_registry)


def known() -> dict[str, frozenset[str]]:
    """Clause ids that have a verdict function, with their kinds: what a contract file may name."""
    return {id: function.kinds for id, function in registry().items()}
