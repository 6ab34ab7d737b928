"""Runs against a service elsewhere, which needs more care; the reference tenant stands in for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from graphcontract.live import run
from graphcontract.live.safety.allowed_hosts import Root, parse_root
from graphcontract.live.sender import Sender
from graphcontract.run.options import OptionError
from graphcontract.tenant import Running, Status
from graphcontract.wire import Fields, WireRequest, WireResponse
from tests.clauses import CONTRACT
from tests.live import environment, judge, tasks

GRAPH = "https://graph.microsoft.com"


Asked = Callable[..., list[WireRequest]]


class Reached(Sender):
    """Reaches the tenant by another name than its own, and keeps what was sent."""

    kept: ClassVar[list[WireRequest]] = []

    def send(
        self, method: str, target: str, fields: Fields, content: bytes = b""
    ) -> tuple[WireRequest, WireResponse]:
        request, response = super().send(method, target, fields, content)
        self.kept.append(request)
        return request, response


@pytest.fixture
def asked(tenant: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Carry out a run against Graph's host, and tell its requests."""
    here = parse_root(tenant.root, CONTRACT)
    Reached.kept.clear()

    def instead(root: Root, now: Callable[[], float]) -> Sender:
        assert (root.url, root.loopback) == (GRAPH, False)
        return Reached(here, now)

    monkeypatch.setattr(run, "Sender", instead)

    def carry_out(**options: Any) -> list[WireRequest]:
        result = judge(tenant, tmp_path, tenant_url=GRAPH, **options)
        assert result.status == 0, result.events
        return Reached.kept

    return carry_out


def posted(made: Sequence[WireRequest], id: str) -> int:
    return sum(request.method == "POST" and id in request.target for request in made)


def test_one_call_without_a_token_and_one_with_garbage(asked: Asked, tenant: Running) -> None:
    before = {task.id: task.status for task in tenant.tasks.all()}
    env = environment(tenant)
    sent = [each for request in asked(env=env) for each in request.values("authorization") or ["none"]]
    others = [each for each in sent if each.removeprefix("Bearer ") not in env.values()]
    assert [each == "none" for each in sorted(others)] == [False, True]
    assert {task.id: task.status for task in tenant.tasks.all()} == before


def test_a_cancel_takes_the_task_and_the_tenants_name(asked: Asked, tenant: Running) -> None:
    (id,) = tasks(tenant, Status.NOT_STARTED)
    made = asked(allow_cancel=True, tasks=(id,), confirm_tenant=tenant.tenant_id)
    assert posted(made, id) >= 1
    task = tenant.tasks.get(id)
    assert task is not None
    assert task.status == Status.CANCELLED


def test_another_tenants_name_sends_nothing(asked: Asked, tenant: Running) -> None:
    (id,) = tasks(tenant, Status.NOT_STARTED)
    another = "00000000-0000-4000-8000-000000000001"
    with pytest.raises(OptionError, match="another tenant"):
        asked(allow_cancel=True, tasks=(id,), confirm_tenant=another)
    task = tenant.tasks.get(id)
    assert task is not None
    assert task.status == Status.NOT_STARTED


@pytest.mark.parametrize("risk", [False, True])
def test_a_task_that_runs_is_asked_to_stop_at_ones_own_risk_alone(
    asked: Asked, tenant: Running, risk: bool
) -> None:
    waits, runs, ended = tasks(tenant, Status.NOT_STARTED, Status.IN_PROGRESS, Status.COMPLETED)
    made = asked(
        allow_cancel=True,
        tasks=(waits,),
        started_tasks=(runs, ended),
        confirm_tenant=tenant.tenant_id,
        risk_running_task=risk,
    )
    assert posted(made, ended) >= 1
    assert (posted(made, runs) > 0) is risk


def test_a_lesser_token_does_not_reach_tasks_that_exist(asked: Asked, tenant: Running) -> None:
    existing = [task.id for task in tenant.tasks.all()]
    made = asked(env=environment(tenant))
    assert not [id for id in existing if posted(made, id)]
