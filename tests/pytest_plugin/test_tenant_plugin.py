"""Service clauses in someone's own pytest run: a tenant, and one item for each clause that it owes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from graphcontract.contract.loader import load
from graphcontract.contract.model import DEFAULT_CONTRACT
from graphcontract.judging.suite_api import SuiteTest, TenantTest
from graphcontract.run.suite_tests import suite_tests
from graphcontract.tenant import Running, Status, running
from tests.live import tasks
from tests.pytest_plugin.test_plugin import CONFTEST, SUITES, Project, items

SERVICE_CLAUSES = {
    clause.id for clause in load(DEFAULT_CONTRACT, None).clauses.values() if clause.by == "service"
}
SHOWING = """
import os

def cancel(call):
    from graphcontract.clients.reference import make_call
    with open("found", "w") as file:
        file.write(str([name for name in os.environ if "TOKEN" in name and "GRAPHCONTRACT" in name]))
    return make_call(call)
"""


@pytest.fixture(scope="module")
def shared() -> Iterator[Running]:
    with running(size=1_000_000, rate=1_000_000) as tenant:
        yield tenant


@pytest.fixture
def tenant(shared: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setenv("GRAPHCONTRACT_TOKEN", shared.token("privileged"))
    monkeypatch.setenv("GRAPHCONTRACT_TOKEN_UNPRIVILEGED", shared.token("unprivileged"))
    yield shared
    shared.behave(None)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def words(tenant: Running, *more: str) -> tuple[str, ...]:
    return (*SUITES, "--graph-tenant-url", tenant.root, "--graph-rate", "100", "-rA", *more)


def test_the_suite_names_each_clause_once() -> None:
    values = vars(import_module("graphcontract.suites.test_service")).values()
    named = [id for value in values if isinstance(value, TenantTest) for id in value.proves]
    assert sorted(named) == sorted(SERVICE_CLAUSES)
    assert all(isinstance(each, SuiteTest) for each in suite_tests())


def test_an_item_a_clause(tenant: Running, project: Project) -> None:
    (named,) = tasks(tenant, Status.NOT_STARTED)
    more = ("--graph-allow-cancel", "--graph-task", named, "--graph-report", "jsonl=report.jsonl")
    said = project.pytest(*words(tenant, *more, "--graph-confirm-tenant", tenant.tenant_id))
    assert items(said, "PASSED") == SERVICE_CLAUSES - {"service.repeat", "service.precondition"}
    assert "recorded only: the second cancel got 409" in said
    assert "no task that has started is given" in said
    assert "The tenant conforms to the contract" in said
    events = project.events("report.jsonl")
    assert {event["clause"] for event in events if event["event"] == "verdict"} == SERVICE_CLAUSES
    assert (events[0]["kind"], events[-1]["exit_status"]) == ("live", 0)
    task = tenant.tasks.get(named)
    assert task is not None
    assert task.status is Status.CANCELLED


def test_a_violation_is_shown_by_its_evidence(tenant: Running, project: Project) -> None:
    tenant.behave("fails-on-unknown")
    said = project.pytest_process(*words(tenant, "-k", "unknown-task"), status=1)
    assert items(said, "FAILED") == {"service.unknown-task"}
    assert re.search(r"^service\.unknown-task-[0-9a-f]{12} \(MUST\)$", said, re.MULTILINE)
    assert "reproduce graphcontract live --tenant-url" in said
    assert "Traceback" not in said
    assert tenant.token()[:20] not in said


def test_a_should_is_an_expected_failure_unless_it_counts(tenant: Running, project: Project) -> None:
    tenant.behave("no-challenge")
    more = ("-k", "challenge", "--graph-get-only")
    said = project.pytest(*words(tenant, *more))
    assert items(said, "XFAIL") == {"service.challenge"}
    assert "SHOULD violated: " in said
    said = project.pytest(*words(tenant, *more, "--graph-fail-on", "should"), status=1)
    assert items(said, "FAILED") == {"service.challenge"}
    project.write("known.json", '{"known_failures": []}')
    said = project.pytest(*words(tenant, *more, "--graph-known-failures", "known.json"), status=1)
    assert items(said, "FAILED") == {"service.challenge"}


def test_an_expired_known_failure_fails_with_its_own_text(tenant: Running, project: Project) -> None:
    tenant.behave("no-challenge")
    more = ("-k", "challenge", "--graph-get-only", "--graph-known-failures", "known.json")
    project.write("known.json", '{"known_failures": []}')
    said = project.pytest(*words(tenant, *more), status=1)
    (id,) = set(re.findall(r"^(service\.challenge-[0-9a-f]{12}) \(SHOULD\)$", said, re.MULTILINE))
    row = f'"clause": "service.challenge", "evidence": ["{id}"], "reason": "the vendor knows"'
    project.write("known.json", f'{{"known_failures": [{{{row}}}]}}')
    said = project.pytest(*words(tenant, *more))
    assert "accepted as known: service.challenge (SHOULD): the vendor knows" in said
    project.write("known.json", f'{{"known_failures": [{{{row}, "expires": "2020-01-01"}}]}}')
    said = project.pytest(*words(tenant, *more), status=1)
    assert "the entry expired on 2020-01-01: fix the failure" in said
    assert "Known failures have expired" in said


def test_a_known_failure_is_one(tenant: Running, project: Project) -> None:
    tenant.behave("fails-on-unknown")
    said = project.pytest(*words(tenant, "-k", "unknown-task"), status=1)
    (id,) = set(re.findall(r"service\.unknown-task-[0-9a-f]{12}", said))
    row = f'{{"clause": "service.unknown-task", "evidence": ["{id}"], "reason": "not ours to fix"}}'
    project.write("known.json", f'{{"known_failures": [{row}]}}')
    more = ("-k", "unknown-task", "--graph-known-failures", "known.json")
    assert items(project.pytest(*words(tenant, *more)), "XFAIL") == {"service.unknown-task"}
    tenant.behave(None)
    assert "fixed" in project.pytest(*words(tenant, *more), status=1)


def test_the_run_sends_what_the_chosen_items_rest_on(tenant: Running, project: Project) -> None:
    project.write("conftest.py", CONFTEST)
    project.pytest(*words(tenant, "-k", "unknown-task"))
    header, plan, *_, footer = project.events("heard")
    assert [row["clause"] for row in plan["clauses"]] == ["service.unknown-task"]
    assert footer["exchanges"] == 4
    assert header["kind"] == "live"


def test_nothing_is_sent_where_items_are_only_listed(tenant: Running, project: Project) -> None:
    said = project.pytest(*words(tenant, "--collect-only", "-q", "-m", "must"))
    assert "service.cancel" in said
    assert "service.challenge" not in said
    assert "The tenant" not in said
    assert "test_request" not in said


def test_without_a_tenant_its_clauses_are_no_items(project: Project) -> None:
    said = project.pytest(*SUITES, "--graph-client", "reference", "--collect-only", "-q")
    assert "test_request" in said
    assert "service." not in said


def test_a_client_beside_it_finds_no_credential(tenant: Running, project: Project) -> None:
    project.write("mine.py", SHOWING)
    client = ("--graph-client", "python:mine:cancel", "--graph-transport", "loopback", "--graph-in-process")
    said = project.pytest(*words(tenant, *client, "-k", "unknown-task or request.method"))
    assert items(said, "PASSED") == {"service.unknown-task", "request.method"}
    assert (project.folder / "found").read_text() == "[]"


def test_a_rejected_credential_gives_no_verdict_on_the_tenant(
    tenant: Running, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPHCONTRACT_TOKEN", tenant.directory.token("privileged", lifetime=-10))
    said = project.pytest(*words(tenant, "-k", "unknown-task"), status=1)
    assert "not-run: the tenant rejects the credential with 401" in said
    assert "Nothing was exercised." in said


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        (("--graph-task", "t-1"), "--allow-cancel"),
        (("--graph-allow-cancel",), "needs a task"),
        (("--graph-select", "request.*"), "matches no clause"),
        (("--graph-confirm-tenant", "another"), "another tenant"),
        (("--graph-seed", "x"), "--graph-seed takes a number"),
        (("--graph-rate", "0"), "--graph-rate"),
        (("--graph-report", "nope"), "is not a report"),
        (("--graph-tenant-url", "https://evil.example"), "not allowed"),
        (("--graph-tenant-url", "http://127.0.0.1:9"), "cannot be reached"),
        (("-n", "2"), "leave out -n"),
        (("--graph-client", "reference", "--graph-report", "jsonl=x"), "applies to one run"),
    ],
)
def test_a_mistake_in_use_is_one(
    tenant: Running, project: Project, more: tuple[str, ...], reason: str
) -> None:
    said = project.pytest(*words(tenant, *more, "-k", "unknown-task"), status=pytest.ExitCode.USAGE_ERROR)
    assert reason in said
    assert "Traceback" not in said
    assert "INTERNALERROR" not in said
