"""In any order of requests, tasks have the statuses of a model, unless the tenant has a fault."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from graphcontract.tenant.overrides import Overrides
from graphcontract.tenant.registry import find_overrides
from graphcontract.tenant.service import PAGE_SIZE
from tests.tenant import TASKS, USER, Asking

_UNTIL_START, _STEP = 20, 40.0  # seconds; a task is in progress for 60, so that a step can end in each status
_WHICH = st.integers(0, 999)

ENOUGH = hypothesis.settings(
    max_examples=40,
    stateful_step_count=15,
    database=None,
    deadline=None,
    phases=[hypothesis.Phase.generate],
    report_multiple_bugs=False,
    print_blob=False,
    suppress_health_check=list(hypothesis.HealthCheck),
    verbosity=hypothesis.Verbosity.quiet,
)


class Lifecycle(RuleBasedStateMachine):
    """The model has the expected statuses by id. `which` selects one of the tasks by number."""

    overrides: ClassVar[Overrides] = {}

    def __init__(self) -> None:
        super().__init__()
        self.asking = Asking(self.overrides)
        self.model: dict[str, str] = {}

    def pick(self, which: int) -> str:
        return list(self.model)[which % len(self.model)]

    @initialize(count=st.integers(1, 3))
    def begin(self, count: int) -> None:
        for _ in range(count):
            self.create()

    @rule()
    def create(self) -> None:
        """A new task has a new id and has not started."""
        start = self.asking.clock.now() + timedelta(seconds=_UNTIL_START)
        source = {"userPrincipalName": f"user-{len(self.model)}@contoso.example"}
        response = self.asking.create(
            USER, sourceUserIdentity=source, preferredStartDateTime=start.isoformat()
        )
        id = response.json()["id"]
        assert id not in self.model
        self.model[id] = "notStarted"

    @precondition(lambda self: not {"notStarted", "inProgress"}.isdisjoint(self.model.values()))
    @rule()
    def advance(self) -> None:
        """Tasks start and end as time passes; the tenant's store says which."""
        self.asking.clock.advance(_STEP)
        for id, status in self.model.items():
            if status in ("notStarted", "inProgress") and (task := self.asking.tasks.get(id)):
                self.model[id] = str(task.status)

    @rule(which=_WHICH)
    def cancel(self, which: int) -> None:
        """The response to a cancel depends on the task's status."""
        id = self.pick(which)
        assert self.asking.cancel(id).status_code == (204 if self.model[id] == "notStarted" else 409)
        if self.model[id] == "notStarted":
            self.model[id] = "cancelled"

    @rule(which=_WHICH)
    def get(self, which: int) -> None:
        id = self.pick(which)
        assert self.asking.status(id) == self.model[id]

    @rule()
    def list(self) -> None:
        page = self.asking("GET", f"{TASKS}?$top={PAGE_SIZE}").json()
        assert {task["id"]: task["status"] for task in page["value"]} == self.model


def explore(fault: str | None) -> None:
    machine = type("OfTenant", (Lifecycle,), {"overrides": find_overrides(fault)})
    hypothesis.seed(1)(machine)
    run_state_machine_as_test(machine, settings=ENOUGH)


def test_the_reference_tenant_is_as_the_model_has_it() -> None:
    explore(None)


@pytest.mark.parametrize(
    "fault",
    [
        "ok-with-the-task",
        "no-effect",
        "effect-is-failure",
        "effect-comes-undone",
        "cancels-in-progress",
        "cancels-completed",
        "accepts-in-vain",
        "no-effect-the-second-time",
    ],
)
def test_a_tenant_at_fault_is_not(fault: str) -> None:
    with pytest.raises((AssertionError, hypothesis.errors.Flaky)):
        explore(fault)
