"""The list of tasks after a cancel: how long a run waits for it, and what it does without one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from graphcontract.live.scenarios.cancel import REREADS
from graphcontract.tenant import Running, Status
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
