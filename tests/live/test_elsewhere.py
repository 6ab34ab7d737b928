"""Runs against a service elsewhere, which needs more care; the reference tenant stands in for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from graphcontract.live import run
from graphcontract.live.safety.allowed_hosts import Root, parse_root
from graphcontract.live.sender import Sender
from graphcontract.live.steps import GARBAGE
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


def list_bad_tokens(made: Sequence[WireRequest], env: Mapping[str, str]) -> list[tuple[str, str]]:
    """The requests without a valid token, in order: what was sent in its place, and what was requested."""
    sent = [(each, value) for each in made for value in each.values("authorization") or ["none"]]
    bad = [(each, value) for each, value in sent if value.removeprefix("Bearer ") not in env.values()]
    kinds = {"POST": "call", "GET": "read"}
    return [
        (value.removeprefix("Bearer ")[:13], "list" if "?$top" in each.target else kinds[each.method])
        for each, value in bad
    ]


FEW = [(token, what) for what in ("call", "list", "read") for token in ("none", GARBAGE[:13])]


def test_few_requests_without_a_token_and_with_garbage(asked: Asked, tenant: Running) -> None:
    before = {task.id: task.status for task in tenant.tasks.all()}
    env = environment(tenant)
    assert list_bad_tokens(asked(env=env), env) == FEW
    assert {task.id: task.status for task in tenant.tasks.all()} == before


def test_that_a_busy_tenant_did_not_handle_are_repeated(
    asked: Asked, tenant: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    env, send, busy = environment(tenant), Sender.send, set[tuple[str, ...]]()

    def throttled(
        self: Sender, method: str, target: str, fields: Fields, content: bytes = b""
    ) -> tuple[WireRequest, WireResponse]:
        request, response = send(self, method, target, fields, content)
        key = (method, target.partition("?")[1], *request.values("authorization"))
        if response.status != 401 or key in busy:
            return request, response
        busy.add(key)
        ids = tuple(each for each in response.fields if each[0].endswith("request-id"))
        made = replace(response, status=429, fields=(*ids, ("Retry-After", "1")))
        return request, made

    monkeypatch.setattr(Sender, "send", throttled)
    made = list_bad_tokens(asked(env=env), env)
    assert [each for at, each in enumerate(made) if made[at - 1] != each] == FEW
    assert len(made) == 2 * len(FEW)


def test_in_a_run_that_only_reads(asked: Asked, tenant: Running) -> None:
    env = environment(tenant)
    made = list_bad_tokens(asked(env=env, get_only=True), env)
    assert [(token, what.replace("call", "read")) for token, what in FEW] == made


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
