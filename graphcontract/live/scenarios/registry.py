"""The scenarios of a live run, in order, and the clauses that depend on each.

A scenario yields steps and receives the result of each; a plan runs the same scenarios with the results of a
conforming service.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from graphcontract.live.scenarios.cancel import cancel_tasks
from graphcontract.live.scenarios.context import ScenarioContext
from graphcontract.live.scenarios.create import create_task
from graphcontract.live.scenarios.rejections import (
    reject_bad_tokens,
    reject_bad_tokens_in_reads,
    reject_malformed_ids,
    reject_missing_permission,
    reject_other_methods,
    reject_started_tasks,
)
from graphcontract.live.steps import Scenario

_OF_A_CANCEL = ("service.cancel", "service.effect", "service.list", "service.repeat")

SCENARIOS: tuple[tuple[Callable[[ScenarioContext], Scenario], tuple[str, ...]], ...] = (
    (create_task, _OF_A_CANCEL),
    (reject_bad_tokens, ("service.authentication",)),
    (reject_bad_tokens_in_reads, ("service.authentication",)),
    (reject_missing_permission, ("service.permission", "service.refusal-status")),
    (reject_other_methods, ("service.method", "service.refusal-status")),
    (cancel_tasks, _OF_A_CANCEL),
    (reject_started_tasks, ("service.precondition", "service.refusal-status")),
    (reject_malformed_ids, ("service.malformed-id",)),
)
"""The scenarios after `reject_unknown_ids`. Malformed ids come last: a 5xx to them may end the run."""


def list_scenarios_of(clause: str, planned: Sequence[str]) -> list[Callable[[ScenarioContext], Scenario]]:
    """The scenarios that must be complete before a clause can pass."""
    own = [scenario for scenario, clauses in SCENARIOS if clause in clauses]
    return own if own or clause == "service.unknown-task" else list_needed(planned)


def list_needed(planned: Sequence[str]) -> list[Callable[[ScenarioContext], Scenario]]:
    """The scenarios after `reject_unknown_ids` that these clauses depend on; a clause about every response
    depends on all.
    """
    everything = not set(planned) <= {id for _, clauses in SCENARIOS for id in clauses} | {
        "service.unknown-task"
    }
    return [scenario for scenario, clauses in SCENARIOS if everything or not set(clauses).isdisjoint(planned)]
