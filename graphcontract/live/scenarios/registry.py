"""What a live run does, step by step: which scenarios there are, and which clauses rest on each.

A scenario yields steps and is sent what each showed; the plan runs the same scenarios with what a good
service would show.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from graphcontract.live.scenarios.cancel import cancel
from graphcontract.live.scenarios.context import ScenarioContext
from graphcontract.live.scenarios.create import create
from graphcontract.live.scenarios.rejections import malformed, methods, permission, started, unauthenticated
from graphcontract.live.steps import Scenario

REST: tuple[tuple[Callable[[ScenarioContext], Scenario], tuple[str, ...]], ...] = (
    (create, ("service.cancel", "service.effect", "service.repeat")),
    (unauthenticated, ("service.authentication",)),
    (permission, ("service.permission", "service.refusal-status")),
    (methods, ("service.method", "service.refusal-status")),
    (cancel, ("service.cancel", "service.effect", "service.repeat")),
    (started, ("service.precondition", "service.refusal-status")),
    (malformed, ("service.malformed-id",)),
)
"""What follows `unknown`, with the clauses that rest on it; what a run of 5xx may stop comes last."""


def resting(clause: str, planned: Sequence[str]) -> list[Callable[[ScenarioContext], Scenario]]:
    """The scenarios that have to be over before a clause is judged to the end."""
    own = [scenario for scenario, clauses in REST if clause in clauses]
    return own if own or clause == "service.unknown-task" else needed(planned)


def needed(planned: Sequence[str]) -> list[Callable[[ScenarioContext], Scenario]]:
    """The scenarios after `unknown` that these clauses rest on; those that judge every answer rest on all."""
    everything = not set(planned) <= {id for _, clauses in REST for id in clauses} | {"service.unknown-task"}
    return [scenario for scenario, clauses in REST if everything or not set(clauses).isdisjoint(planned)]
