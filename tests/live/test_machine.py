"""The state machine on the reference tenant, written to by several clients, and read-only on a live root."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from graphcontract.live.lifecycle import Model
from graphcontract.live.machine import CLIENTS, make_machine, make_settings
from graphcontract.tenant import Running, Status, running
from tests.live import judge, requests, tasks

_STEP, _DAY = 40.0, 86400.0
ENOUGH = make_settings(
    max_examples=15, stateful_step_count=15, database=None, phases=[hypothesis.Phase.generate]
)


class Writable:
    """The reference tenant as the machine's world; time moves it on, and nothing else does."""

    writable = True
    numbers: Iterator[int] = iter(range(1_000_000))

    def __init__(self, tenant: Running, client: httpx.Client) -> None:
        self._tenant, self._client = tenant, client
        self._tokens = [tenant.directory.token("privileged", lifetime=_DAY) for _ in range(CLIENTS)]
        self._made: list[str] = []

    def _asked(self, client: int, method: str, path: str, **given: Any) -> httpx.Response:
        base = "/solutions/sharePoint/migrations/crossOrganizationMigrationTasks"
        fields = {"Authorization": f"Bearer {self._tokens[client]}"}
        return self._client.request(method, f"{self._tenant.root}{base}{path}", headers=fields, **given)

    def create(self, client: int) -> str:
        start = self._tenant.clock.now() + timedelta(seconds=20)
        parameters = {
            "@odata.type": "#microsoft.graph.sharePointSiteMigrationTaskParameters",
            "sourceSiteUrl": f"https://contoso.sharepoint.example/sites/m{next(self.numbers)}",
            "targetSiteUrl": "https://fabrikam.sharepoint.example/sites/x",
            "targetOrganizationHost": "https://fabrikam-my.sharepoint.example",
            "preferredStartDateTime": start.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        answer = self._asked(client, "POST", "", json={"parameters": parameters})
        assert answer.status_code == 200, answer.text
        self._made.append(str(answer.json()["id"]))
        return self._made[-1]

    def advance(self) -> Mapping[str, str]:
        self._tenant.clock.advance(_STEP)
        found = ((id, self._tenant.tasks.get(id)) for id in self._made)
        return {id: str(task.status) for id, task in found if task is not None}

    def cancel(self, client: int, id: str) -> int:
        return self._asked(client, "POST", f"/{id}/cancel").status_code

    def get(self, client: int, id: str) -> tuple[int, str | None]:
        answer = self._asked(client, "GET", f"/{id}")
        return answer.status_code, answer.json().get("status")

    def list(self, client: int) -> Mapping[str, str] | None:
        shown: dict[str, str] = {}
        path: str | None = "?$top=100"
        while path:
            page = self._asked(client, "GET", path).json()
            shown |= {task["id"]: task["status"] for task in page["value"]}
            link = page.get("@odata.nextLink")
            path = f"?{link.partition('?')[2]}" if link else None
        return {id: shown.get(id, "") for id in self._made}


@pytest.fixture(scope="module")
def tireless() -> Iterator[Running]:
    """A tenant that never throttles, and whose tasks are this module's."""
    with running(size=1_000_000, rate=1_000_000) as tenant:
        yield tenant


def explored(tenant: Running) -> None:
    with httpx.Client(trust_env=False) as client:
        world = make_machine(lambda: Writable(tenant, client), st.uuids(version=4).map(str))
        hypothesis.seed(1)(world)
        run_state_machine_as_test(world, settings=ENOUGH)


def test_the_reference_tenant_is_as_the_model_has_it(tireless: Running) -> None:
    tireless.behave(None)
    explored(tireless)


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
def test_a_tenant_at_fault_is_not(tireless: Running, fault: str) -> None:
    tireless.behave(fault)
    with pytest.raises((AssertionError, hypothesis.errors.Flaky)):
        explored(tireless)


class TestModel:
    def test_a_cancel(self) -> None:
        model = Model()
        model.add_task("a")
        assert model.cancel_task("a") == {204}
        assert model.tasks == {"a": "cancelled"}
        assert model.cancel_task("a") == {204, 409}
        for status in ("inProgress", "completed", "failed"):
            model.move_task("a", status)
            assert model.cancel_task("a") == {409}
            assert model.tasks == {"a": status}

    @pytest.mark.parametrize(
        ("before", "after", "may"),
        [
            ("notStarted", "cancelled", True),
            ("notStarted", "completed", True),
            ("inProgress", "failed", True),
            ("inProgress", "cancelled", False),
            ("inProgress", "notStarted", False),
            ("completed", "cancelled", False),
            ("cancelled", "notStarted", False),
            ("cancelled", "cancelled", True),
            ("unknownFutureValue", "cancelled", True),
            ("completed", "unknownFutureValue", True),
        ],
    )
    def test_what_may_follow(self, before: str, after: str, may: bool) -> None:
        model = Model()
        assert model.observe_status("a", before)
        assert model.observe_status("a", after) is may
        assert model.tasks == {"a": after}


class TestNight:
    def test_it_only_reads(self, tenant: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        quiet, night = tmp_path / "gate.jsonl", tmp_path / "night.jsonl"
        judge(tenant, tmp_path, request_log=quiet)
        result = judge(tenant, tmp_path, profile="nightly", seed=7, request_log=night)
        more = requests(night)[len(requests(quiet)) :]
        assert len(more) > 20
        assert {line["method"] for line in more} == {"GET"}
        assert result.status == 0
        assert (result.events[0]["seed"], result.events[0]["database"]) == (7, ".graphcontract/examples")

    def test_a_move_that_must_not_be_is_seen(
        self,
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
        kept = [path.read_bytes() for path in tmp_path.glob(".graphcontract/examples/**/*") if path.is_file()]
        assert kept
        assert not any(re.search(id.encode(), data) for data in kept)

    def test_the_budget_holds_at_night_too(
        self, tenant: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
