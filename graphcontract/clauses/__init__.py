"""The clauses: one pure function for each requirement, from a contract and a trial to findings.

Each module registers its functions with `@clause`; `registry()` imports all of them. The docstring of a
clause is its rule, the section of its source, and the false positive that it avoids.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from graphcontract.clauses.queries import find_unreadable_requests
from graphcontract.contract.model import Contract
from graphcontract.exchange import Exchange, Trial
from graphcontract.wire import WireRequest

Judge = Callable[[Contract, Trial], Iterator["Finding"]]
When = Callable[[Contract, Trial], bool]
NotApplicable = Callable[[Contract], str | None]

_MODULES = (
    *(
        "request",
        "credentials",
        "conventions",
        "responses",
        "errors",
        "exposed",
        "retries",
        "tokens",
        "redirects",
        "network",
        "connections",
        "http2",
        "http2_responses",
        "http2_connections",
        "calls",
        "surroundings",
    ),
    *("service_effects", "service_lists", "service_rejections", "service_responses"),
)
_registry: dict[str, ClauseFunction] = {}

UNCONDITIONAL = ("secrets.token", "request.body", "request.authorization")
"""Clauses that hold whatever the input and the response: every exchange of a run is checked for them."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One violation of a clause, seen in one trial. `kind` is one of the clause's kinds; `expected` and
    `actual` are phrases for a report; `input` names the class of input that shows the violation, the same
    whatever the seed and after shrinking; `at` is the request that shows it, if one does, and `exchange` the
    call that does, if it is not the one under examination.
    """

    kind: str
    expected: str
    actual: str
    input: str = ""
    at: WireRequest | None = None
    exchange: Exchange | None = None

    def find_exchange(self, trial: Trial) -> Exchange:
        """The exchange of the trial that shows the violation."""
        if self.exchange is not None:
            return self.exchange
        for each in trial.exchanges:
            if any(request is self.at for request in (*each.requests, *each.elsewhere, *each.connects)):
                return each
        return trial.exchange


@dataclass(frozen=True, slots=True)
class ClauseFunction:
    """A clause's function and what it depends on.

    `when` is true for a trial that could show a violation; `needs` names what client and transport must
    make visible. `otherwise` is the reason that is reported if the client, by its design, never meets
    `when`; `not_applicable` gives the reason if the contract does not require the clause.
    `uses_earlier_steps` is true if the function also examines the control and the calls before, which are
    then part of the evidence. `when` is false for a trial with a request that could not be read, unless the
    clause `reads_malformed` requests.
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
    reads_malformed: bool = False,
) -> Callable[[Judge], Judge]:
    """Register the function of the clause `id`, with the kinds of finding that it can yield."""

    def register(judge: Judge) -> Judge:
        if id in _registry:
            raise ValueError(f"two functions are registered for the clause {id}")
        applies = when if reads_malformed else _unless_unreadable(when, earlier_steps=uses_earlier_steps)
        _registry[id] = ClauseFunction(
            id, frozenset(kinds), judge, applies, needs, otherwise, not_applicable, uses_earlier_steps
        )
        return judge

    return register


def _unless_unreadable(when: When, *, earlier_steps: bool) -> When:
    """Leave out trials with a request that could not be read: what the client did, and the status that it
    got, follow from that.
    """

    def applies(contract: Contract, trial: Trial) -> bool:
        steps = trial.exchanges if earlier_steps else (trial.exchange,)
        return when(contract, trial) and not any(find_unreadable_requests(contract, each) for each in steps)

    return applies


@cache
def registry() -> Mapping[str, ClauseFunction]:
    """Every clause that has a function, by id."""
    for module in _MODULES:
        import_module(f"{__name__}.{module}")
    return dict(_registry)


def list_kinds() -> dict[str, frozenset[str]]:
    """Return the kinds of each clause that has a function, by clause id: what a contract file may name."""
    return {id: function.kinds for id, function in registry().items()}
