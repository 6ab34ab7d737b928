"""What the tests of live runs share: a tenant on loopback, and runs whose waits move its clock."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graphcontract.judging.run_recorder import ExitStatus
from graphcontract.live.options import LiveOptions
from graphcontract.live.run import Live
from graphcontract.live.safety.rate_limit import RateClock
from graphcontract.tenant import Running, Status
from graphcontract.tenant.fixtures import add_fixtures
from tests.clauses import CONTRACT
from tests.reporting import problems

COLLECTION = "/beta/solutions/sharePoint/migrations/crossOrganizationMigrationTasks"


@dataclass
class Result:
    """What a run emitted and said."""

    status: ExitStatus
    events: list[Mapping[str, Any]]
    said: list[str]
    waits: list[float] = field(default_factory=list)

    @property
    def verdicts(self) -> dict[str, Mapping[str, Any]]:
        return {each["clause"]: each for each in self.events if each["event"] == "verdict"}

    def of(self, *kinds: str) -> set[str]:
        """The clauses with these verdicts."""
        return {id for id, verdict in self.verdicts.items() if verdict["verdict"] in kinds}

    @property
    def text(self) -> str:
        """All that a report or a terminal could show."""
        return json.dumps(self.events) + "\n".join(self.said)


def waiting(tenant: Running, waits: list[float]) -> RateClock:
    """A clock whose waits take no time, but for the tenant."""

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        tenant.clock.advance(seconds)

    return RateClock(wall=lambda: tenant.clock.now().timestamp(), sleep=sleep)


def environment(tenant: Running, **given: str) -> dict[str, str]:
    """Credentials of a tenant's applications, as a run finds them."""
    found = {
        "GRAPHCONTRACT_TOKEN": tenant.token("privileged"),
        "GRAPHCONTRACT_TOKEN_UNPRIVILEGED": tenant.token("unprivileged"),
    }
    return {name: value for name, value in (found | given).items() if value}


def judge(
    tenant: Running,
    folder: Path,
    *,
    env: Mapping[str, str] | None = None,
    emit: Callable[[Mapping[str, Any]], None] = lambda _event: None,
    **options: Any,
) -> Result:
    """Carry out a run against the tenant."""
    waits: list[float] = []
    given: dict[str, Any] = {"tenant_url": tenant.root, "journal": folder / "journal.jsonl", "rate": 100.0}
    run = Live.of(LiveOptions(**given | options), clock=waiting(tenant, waits))
    result = Result(ExitStatus.HARNESS, [], [], waits)

    def hear(event: Mapping[str, Any]) -> None:
        result.events.append(event)
        emit(event)

    result.status = run.run(hear, result.said.append, dict(env or environment(tenant)))
    assert not [problem for event in result.events for problem in problems(event)]
    return result


def tasks(tenant: Running, *statuses: Status) -> tuple[str, ...]:
    """The ids of fresh tasks in these statuses."""
    sown = [dict(add_fixtures(tenant.tasks, tenant.clock)) for _ in range(len(statuses))]
    return tuple(each[status] for each, status in zip(sown, statuses, strict=True))


def journal_text(*events: Mapping[str, Any], root: str = "http://127.0.0.1:1", tenant: str = "t-1") -> str:
    """A journal with these events in the lines after its header and its run."""
    run = {"root": root, "tenant": tenant, "contract": "", "action": CONTRACT.request.action, "may": {}}
    header: dict[str, Any] = {"event": "journal", "format": 1, "tool": "graphcontract 0.1.0"}
    lines = enumerate((header, {"event": "run", **run}, *events), 1)
    return "".join(f"{json.dumps({'n': number, 'at': '', **event})}\n" for number, event in lines)


def requests(log: Path) -> Sequence[Mapping[str, Any]]:
    """The lines of a request log."""
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
