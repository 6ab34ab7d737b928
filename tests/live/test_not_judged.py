"""No headline, row, exit status or report shows a clause that a run could not test as violated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from graphcontract.tenant import Running, Status
from tests.cli.running import CHECKOUT, Here, read, verdicts
from tests.live import environment, judge, tasks
from tests.live.test_create_file import for_tenant

PAGE = CHECKOUT / "docs" / "how-to" / "live-github.md"


@dataclass(frozen=True)
class Case:
    """A mistake of the user: the options of the run, the clauses that it cannot judge, and why."""

    words: Callable[[Running, Path], tuple[str, ...]]
    clauses: frozenset[str]
    reason: str
    credentials: Callable[[Running], dict[str, str]] = lambda _tenant: {}
    verdict: str = "not-exercised"


def task_again(tenant: Running, _folder: Path) -> tuple[str, ...]:
    return ("--allow-cancel", "--task", *tasks(tenant, Status.CANCELLED))


def create_again(tenant: Running, folder: Path) -> tuple[str, ...]:
    file = for_tenant(tenant, folder, "again")
    judge(tenant, folder, allow_cancel=True, create=file, select=("service.cancel",))
    return ("--allow-cancel", "--create", str(file))


def not_ended(tenant: Running, _folder: Path) -> tuple[str, ...]:
    return ("--allow-cancel", "--started-task", *tasks(tenant, Status.NOT_STARTED))


CANCEL = frozenset({"service.cancel", "service.effect"})
CASES = {
    "a task that is cancelled": Case(task_again, CANCEL, "it is cancelled, not notStarted"),
    "a task that is not there": Case(
        lambda *_: ("--allow-cancel", "--task", "3ed6d46d-13a3-4995-b6ea-a74a20b1fac0"),
        CANCEL,
        "its GET got 404, not notStarted",
    ),
    "a source that has a task": Case(create_again, CANCEL, "nothing was created: the lookup by source"),
    "a started task that has not started": Case(
        not_ended, frozenset({"service.precondition"}), "it is notStarted, and has not ended"
    ),
    "no permission": Case(
        lambda *_: (),
        frozenset({"service.unknown-task", "service.malformed-id"}),
        "the credential may not read tasks (403)",
        lambda tenant: {"GRAPHCONTRACT_TOKEN": tenant.token("unprivileged")},
    ),
    "no permission, and that clause alone": Case(
        lambda *_: ("--select", "service.unknown-task"),
        frozenset({"service.unknown-task"}),
        "SharePointCrossTenantMigration.Read.All",
        lambda tenant: {"GRAPHCONTRACT_TOKEN": tenant.token("unprivileged")},
    ),
    "a second credential that has expired": Case(
        lambda *_: (),
        frozenset({"service.permission"}),
        "the tenant rejects the second credential with 401",
        lambda tenant: {
            "GRAPHCONTRACT_TOKEN_UNPRIVILEGED": tenant.directory.token("unprivileged", lifetime=-10)
        },
    ),
    "a budget that is too small": Case(
        lambda *_: ("--budget", "10"),
        frozenset({"service.method", "service.malformed-id"}),
        "the budget of 10 requests is used up",
        verdict="not-run",
    ),
    "a cancelled task, and that clause alone": Case(
        lambda *given: (*task_again(*given), "--select", "service.cancel"),
        frozenset({"service.cancel"}),
        "it is cancelled",
    ),
}


@pytest.mark.parametrize("name", list(CASES))
def test_it_is_not_reported_as_a_violation(
    here: Here, tenant: Running, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    case = CASES[name]
    for variable, token in (environment(tenant) | case.credentials(tenant)).items():
        monkeypatch.setenv(variable, token)
    words = ("live", "--tenant-url", tenant.root, "--rate", "100", *case.words(tenant, here.folder))
    reports = [f"--report={kind}=r.{kind}" for kind in ("jsonl", "junit", "markdown", "github")]
    ended = here(*words, *reports)
    assert ended.status == 3, ended.out
    said = " ".join(ended.out.split())
    texts = {kind: (here.folder / f"r.{kind}").read_text() for kind in ("markdown", "github", "junit")}
    for text in (said, *texts.values()):
        assert "does not honour" not in text
        assert "no response of this run" not in text
    assert "MUST could not be exercised, and none was violated." in said
    assert case.reason in said
    assert "**The tenant was not tested in full: " in texts["markdown"]

    events = read(here.folder / "r.jsonl")
    found = verdicts(events)
    assert events[-1]["exit_status"] == 3
    assert "fail" not in found.values()
    reasons = {each["clause"]: each.get("reason", "") for each in events if each["event"] == "verdict"}
    cases = {each.get("name"): each for each in ElementTree.fromstring(texts["junit"]).iter("testcase")}
    name, label = (case.verdict.replace("-", " "), "not run" if case.verdict == "not-run" else "skipped")
    for clause in case.clauses:
        assert found[clause] == case.verdict
        assert case.reason in reasons[clause]
        assert [child.tag for child in cases[clause]] == ["error"]
        assert f"| `{clause}` | MUST | {label} | " in texts["markdown"]
        assert f"::error title={clause} (MUST)::{name}: " in texts["github"]
    assert not [each for each in cases.values() if each.find("failure") is not None]


def test_a_violation_beside_it_is_one(here: Here, tenant: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, token in environment(tenant).items():
        monkeypatch.setenv(variable, token)
    tenant.behave("fails-on-unknown")
    ended = here("live", "--tenant-url", tenant.root, "--rate", "100", *task_again(tenant, here.folder))
    assert ended.status == 1
    assert "The tenant violates the contract." in ended.out


def documented() -> tuple[list[str], str]:
    """The cancel job's command line on the page, and the file that it makes tasks of."""
    blocks = {
        part.partition(" -->")[0]: part.partition("```")[2].partition("```")[0].partition("\n")[2]
        for part in PAGE.read_text().split("<!-- file: ")[1:]
    }
    job = yaml.safe_load(blocks[".github/workflows/tenant-cancel.yml"])["jobs"]["cancel"]
    (run,) = (
        step["run"].split() for step in job["steps"] if step.get("run", "").startswith("graphcontract live")
    )
    return run, blocks["task.json"]


def test_the_documented_cancel_job_works_night_after_night(
    here: Here, tenant: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, token in environment(tenant).items():
        monkeypatch.setenv(variable, token)
    (_, _, *words), file = documented()
    line = " ".join(words).replace('"$AZURE_TENANT_ID"', tenant.tenant_id)
    words = line.replace("https://graph.microsoft.com", tenant.root).split()
    (here.folder / "task.json").write_text(file)
    before = {task.id for task in tenant.tasks.all()}
    for night in range(1, 4):
        ended = here("live", *words, "--rate", "100")
        assert ended.status == 0, ended.out + ended.err
        found = verdicts(read(here.folder / "reports" / "tenant.jsonl"))
        assert (found["service.cancel"], found["service.effect"]) == ("pass", "pass")
        made = [task for task in tenant.tasks.all() if task.id not in before]
        assert [task.status for task in made] == ["cancelled"] * night
        assert "nothing was left behind" in here("live", "--resume", ".graphcontract/live-journal.jsonl").out
        tenant.clock.advance(timedelta(days=1).total_seconds())
        for variable, token in environment(tenant).items():
            monkeypatch.setenv(variable, token)
