"""In the profile `nightly` a run reads in random order too, and only reads."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from graphcontract.live.random_reads import MOST_READS
from graphcontract.tenant import Running, Status
from tests.live import judge, requests, tasks


def test_it_only_reads(tenant: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    quiet, night = tmp_path / "gate.jsonl", tmp_path / "night.jsonl"
    judge(tenant, tmp_path, request_log=quiet)
    result = judge(tenant, tmp_path, profile="nightly", seed=7, request_log=night)
    more = requests(night)[len(requests(quiet)) :]
    assert len(more) == MOST_READS
    assert len({line["purpose"] for line in more}) > 2
    assert {line["method"] for line in more} == {"GET"}
    assert result.status == 0
    assert result.events[0]["seed"] == 7


def test_the_seed_decides_the_order(tenant: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    orders = []
    for number, seed in enumerate((7, 7, 8)):
        log = tmp_path / f"{number}.jsonl"
        one = ("service.unknown-task",)  # what is read at random does not depend on it
        judge(tenant, tmp_path, profile="nightly", seed=seed, select=one, request_log=log)
        orders.append([line["purpose"] for line in requests(log)[-MOST_READS:]])
    assert orders[0] == orders[1] != orders[2]


def test_a_move_that_must_not_be_is_seen(
    tenant: Running,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (id,) = tasks(tenant, Status.COMPLETED)
    service = type(tenant.service())
    original, shown = service.render_task, Counter[str]()

    def wavering(self: Any, request: Any, task: Any) -> dict[str, Any]:
        shown[task.id] += 1
        document: dict[str, Any] = original(self, request, task)
        return document | {"status": "completed" if shown[task.id] % 2 else "cancelled"}

    monkeypatch.setattr(service, "render_task", wavering)
    result = judge(tenant, tmp_path, profile="nightly", seed=3)
    assert "service.precondition" in result.of("fail")
    assert id not in result.text + "".join(capfd.readouterr())
    assert not (tmp_path / ".graphcontract" / "examples").exists()


def test_the_budget_holds_at_night_too(
    tenant: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    harness = tmp_path / "gate.jsonl"
    judge(tenant, tmp_path, request_log=harness)
    spent = len(requests(harness)) + 5
    night = tmp_path / "night.jsonl"
    result = judge(tenant, tmp_path, profile="nightly", budget=spent, request_log=night)
    assert len(requests(night)) == spent
    assert any("budget" in line for line in result.said)
    assert json.dumps(result.events[-1])
