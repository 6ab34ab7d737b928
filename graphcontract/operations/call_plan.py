"""Plans the calls of one operation. They depend on the seed and the operation's id and facts alone, never on
which other operations a run judges, in which order, or how many calls are in flight.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from graphcontract.contract.model import Contract
from graphcontract.exchange import Call
from graphcontract.http.request_target import Template
from graphcontract.http.stub_response import StubResponse, plain_error, stub, success
from graphcontract.inputs.calls import plain_arguments
from graphcontract.judging.hypothesis_runner import derive_seed
from graphcontract.operations.values import GRAPH_IDS, ValuePool
from graphcontract.reporting.events import ProfileName


@dataclass(frozen=True, slots=True)
class Budget:
    """How many calls an operation gets, by what is unusual about them, beside one ordinary call."""

    telling: int
    errors: int
    unusable: int
    control: int


BUDGETS: Mapping[ProfileName, Budget] = {
    "quick": Budget(telling=2, errors=1, unusable=0, control=0),
    "gate": Budget(telling=4, errors=1, unusable=1, control=1),
    "nightly": Budget(telling=15, errors=2, unusable=3, control=3),
}

T = TypeVar("T")

# The characters that clients most often fail to encode: every operation meets a class of each group.
_GROUPS: tuple[tuple[str, ...], ...] = (
    ("gen-delims", "url-parts", "path-like", "edge-slashes"),
    ("percent", "unsafe", "plus-space", "latin1"),
    (*GRAPH_IDS, "quotes"),
)
# A literal of a function has rules of its own, for single quotes: every literal meets one.
_LITERAL_GROUPS = (*_GROUPS[:2], ("quotes", "edge-quotes"))
# 404 and 409 are statuses that some clients take for success of a deletion, and none should retry.
_STATUSES = (404, 409)


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """A call and its response. `input_class` names what is unusual about it; `plain` are the values that an
    ordinary call of the operation has.
    """

    call: Call
    response: StubResponse
    input_class: str
    plain: Mapping[str, str]


def sort_operations(ids: Sequence[str], seed: int) -> list[str]:
    """Shuffle operations by the seed, so that what a client carries over from one shows in another. Two
    operations have the same order in every selection that has both.
    """
    return sorted(dict.fromkeys(ids), key=lambda id: derive_seed(seed, id))


def plan_calls(contract: Contract, seed: int, profile: ProfileName, pool: ValuePool) -> list[PlannedCall]:
    """Plan the calls of an operation, the ordinary one first. Each parameter of a call has another value."""
    return list(_Planner(contract, seed, pool).plan(BUDGETS[profile]))


class _Planner:
    def __init__(self, contract: Contract, seed: int, pool: ValuePool) -> None:
        self._contract, self._pool = contract, pool
        self._random = Random(derive_seed(seed, contract.id))  # noqa: S311 - not for secrets
        self._schemas = contract.request.parameters
        self._positions = Template.of(contract).positions
        self._literals = {each.parameter for each in self._positions if each.argument is not None}
        offset = self._random.randrange(8)
        plain = [
            _pick(pool.find_plain(schema), offset + index)
            for index, schema in enumerate(self._schemas.values())
        ]
        self._plain = plain_arguments(contract, plain)
        self._tokens = pool.find_tokens()
        self._token = self._random.randrange(len(self._tokens))
        # Not of the same generator: the values of an operation do not depend on what is known of its status.
        self._successes = derive_seed(seed, f"{contract.id}/success")

    def plan(self, budget: Budget) -> Sequence[PlannedCall]:
        calls = [self._make(self._plain, self._make_success(), "plain")]
        if self._schemas:
            calls += [self._make_telling(number) for number in range(budget.telling)]
        else:  # a second call shows what the first one left behind
            calls.append(self._make(self._plain, self._make_success(), "plain"))
        first = self._random.randrange(len(_STATUSES))
        for number in range(budget.errors):
            response = plain_error(_pick(_STATUSES, first + number))
            calls.append(self._make(self._plain, response, "error"))
        keys = [each.parameter for each in self._positions if each.argument is None]
        texts = [name for name, each in self._schemas.items() if each["type"] == "string"]
        calls += self._replace_one(keys, self._pool.find_unusable(), budget.unusable, "unusable")
        calls += self._replace_one(texts, self._pool.find_controls(), budget.control, "control")
        return calls

    def _make_success(self) -> StubResponse:
        """Make the response that means success. If its status is unknown, the likely ones take turns."""
        statuses = self._contract.success.statuses
        if len(statuses) == 1:
            return success()
        self._successes += 1
        return stub(_pick(statuses, self._successes))

    def _make(self, arguments: Mapping[str, str], response: StubResponse, name: str) -> PlannedCall:
        self._token += 1
        token = _pick(self._tokens, self._token)
        contract = self._contract
        call = Call(contract.id, dict(arguments), token, request=contract.request)
        return PlannedCall(call, response, name, self._plain)

    def _make_telling(self, number: int) -> PlannedCall:
        """Give each parameter a value of another input class."""
        start = self._random.randrange(1 << 16)
        chosen = [self._choose_value(name, number, start + index) for index, name in enumerate(self._schemas)]
        return self._make(plain_arguments(self._contract, chosen), self._make_success(), "values")

    def _choose_value(self, name: str, number: int, index: int) -> str:
        schema, groups = self._schemas[name], _LITERAL_GROUPS if name in self._literals else _GROUPS
        classes = self._pool.list_classes(schema)
        group = [each for each in (groups[number] if number < len(groups) else ()) if each in classes]
        return _pick(self._pool.find_values(schema, _pick(group or classes, index)), index // len(classes))

    def _replace_one(
        self, names: Sequence[str], values: Sequence[str], count: int, input_class: str
    ) -> Sequence[PlannedCall]:
        """Make calls with one value that a client may reject, so that all others are plain."""
        if not names:
            return []
        chosen = self._random.sample(values, min(count, len(values)))
        first = self._random.randrange(len(names))
        return [
            self._make(
                {**self._plain, _pick(names, first + number): value}, self._make_success(), input_class
            )
            for number, value in enumerate(chosen)
        ]


def _pick(values: Sequence[T], index: int) -> T:
    return values[index % len(values)]
