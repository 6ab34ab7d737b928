"""The list of tasks after a cancel: how long a run waits for it, and what it does without one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.responses import Response

from graphcontract.live.scenarios.cancel import REREADS
from graphcontract.tenant import Running, Status
from graphcontract.tenant.responses import make_json_response
from graphcontract.tenant.service import Service, ServiceRequest
from tests.live import Result, judge, requests, tasks


def cancelled(tenant: Running, folder: Path, number: int = 1, **options: Any) -> tuple[Result, int]:
    """A run that cancels so many tasks, and how many lists it read after the first cancel."""
    log = folder / "log.jsonl"
    named = tasks(tenant, *[Status.NOT_STARTED] * number)
    select = ("service.cancel", "service.effect", "service.list")
    result = judge(tenant, folder, allow_cancel=True, tasks=named, select=select, request_log=log, **options)
    purposes = [line["purpose"] for line in requests(log)]
    return result, purposes[purposes.index("cancel") :].count("list")


def test_one_list_is_enough_where_it_is_up_to_date(tenant: Running, tmp_path: Path) -> None:
    result, lists = cancelled(tenant, tmp_path)
    assert result.of("pass") == {"service.cancel", "service.effect", "service.list"}
    assert lists == 1


def test_a_list_has_a_minute(tenant: Running, tmp_path: Path) -> None:
    tenant.behave("list-follows-later")
    result, lists = cancelled(tenant, tmp_path)
    assert "service.list" in result.of("pass")
    assert 1 < lists <= 1 + len(REREADS)


def test_and_only_one_of_a_run(tenant: Running, tmp_path: Path) -> None:
    tenant.behave("list-is-an-hour-late")
    result, lists = cancelled(tenant, tmp_path, 2)
    assert result.of("fail") == {"service.list"}
    assert result.status == 0
    # For the second task a list before its cancel, and one after it.
    assert lists == 1 + len(REREADS) + 2
    assert 60 <= sum(result.waits) < 90


def test_a_list_that_is_denied_violates_nothing(tenant: Running, tmp_path: Path) -> None:
    tenant.behave("list-is-forbidden")
    result, _ = cancelled(tenant, tmp_path)
    assert result.verdicts["service.list"]["verdict"] == "not-exercised"
    assert result.verdicts["service.list"]["reason"] == "the list of tasks is incomplete"
    assert result.of("pass") == {"service.cancel", "service.effect"}
    assert result.status == 0


@pytest.mark.parametrize("fault", ["one-request-id", "list-repeats-the-task"])
def test_the_evidence_has_what_is_compared(tenant: Running, tmp_path: Path, fault: str) -> None:
    tenant.behave(fault)
    named = tasks(tenant, Status.NOT_STARTED)
    result = judge(tenant, tmp_path, allow_cancel=True, tasks=named)
    (id,) = result.of("fail")
    assert result.verdicts[id]["evidence"]["before"]
    assert named[0] not in result.text


@pytest.mark.parametrize("profile", ["gate", "nightly"])
def test_a_list_does_not_lead_out_of_the_tasks(
    tenant: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, profile: str
) -> None:
    def list_ids_that_are_segments(_service: Service, _request: ServiceRequest) -> Response:
        tasks = [{"id": id, "status": "completed"} for id in ("..", ".", "a/../b")]
        return make_json_response({"value": tasks})

    monkeypatch.chdir(tmp_path)
    overrides = {"list": list_ids_that_are_segments}
    with monkeypatch.context() as patch:
        patch.setattr("graphcontract.tenant.serving.find_overrides", lambda _: overrides)
        tenant.behave("no-effect")
    log = tmp_path / "log.jsonl"
    result = judge(tenant, tmp_path, profile=profile, request_log=log)
    # The policy forbids such a request, and the run would end.
    assert result.status == 0
    assert {"no-token:list", "no-token:read"} <= {line["purpose"] for line in requests(log)}
