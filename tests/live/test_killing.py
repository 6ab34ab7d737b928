"""Every fault of a tenant violates its own clause and no other; every quirk conforms."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from graphcontract.contract.model import Clause
from graphcontract.tenant import Entry, Running, Status, faults, running, variants
from graphcontract.tenant.forged_tokens import forge_tokens
from tests.clauses import CONTRACT
from tests.live import Result, environment, judge, tasks
from tests.tenant import delegated_claims, personal_claims

_STARTED = (Status.IN_PROGRESS, Status.COMPLETED, Status.FAILED)


def given(tenant: Running, name: str) -> dict[str, str]:
    """The credentials that show a fault: most need none of their own."""
    directory = tenant.directory
    special = {
        "refuses-delegated-tokens": {"GRAPHCONTRACT_TOKEN": delegated_claims(directory, "privileged")},
        "no-effect-for-delegated-tokens": {"GRAPHCONTRACT_TOKEN": delegated_claims(directory, "privileged")},
        "readers-may-cancel": {
            "GRAPHCONTRACT_TOKEN_UNPRIVILEGED": directory.make_claims(directory.apps["reader"])
        },
        "scopes-are-unchecked": {"GRAPHCONTRACT_TOKEN_UNPRIVILEGED": delegated_claims(directory, "reader")},
        "personal-accounts-may-cancel": {
            "GRAPHCONTRACT_TOKEN_UNPRIVILEGED": personal_claims(directory, "privileged")
        },
    }
    tokens = {variable: directory.sign(claims) for variable, claims in special.get(name, {}).items()}
    return environment(
        tenant, GRAPHCONTRACT_TOKENS_REFUSED=json.dumps(dict(forge_tokens(tenant.directory))), **tokens
    )


def tried(tenant: Running, folder: Path, entry: Entry) -> Result:
    tenant.behave(entry.name)
    return judge(
        tenant,
        folder,
        env=given(tenant, entry.name),
        allow_cancel=True,
        tasks=tasks(tenant, Status.NOT_STARTED, Status.NOT_STARTED),
        started_tasks=tasks(tenant, *_STARTED),
    )


def _first_and_last_of_each_clause(entries: Iterable[Entry]) -> Iterator[object]:
    """Leave those between to `make nightly`."""
    by_clause: dict[str, list[Entry]] = {}
    for entry in entries:
        by_clause.setdefault(entry.breaks, []).append(entry)
    for group in by_clause.values():
        for entry in group:
            marks = () if entry in (group[0], group[-1]) else (pytest.mark.nightly,)
            yield pytest.param(entry, marks=marks, id=entry.name)


@pytest.mark.parametrize("entry", [*_first_and_last_of_each_clause(faults())])
def test_a_fault_violates_only_its_clause(tenant: Running, tmp_path: Path, entry: Entry) -> None:
    result = tried(tenant, tmp_path, entry)
    assert result.of("fail") == {entry.breaks}
    assert not result.of("error")
    assert result.status == (1 if CONTRACT.clauses[entry.breaks].level == "MUST" else 0)


@pytest.mark.parametrize("entry", variants(), ids=lambda entry: entry.name)
def test_an_oddity_breaks_no_must(tenant: Running, tmp_path: Path, entry: Entry) -> None:
    if entry.name == "throttled-until-a-date":  # A client waits by its own clock: none has moved this one.
        with running(size=1_000_000, rate=1_000_000) as punctual:
            result = tried(punctual, tmp_path, entry)
    else:
        result = tried(tenant, tmp_path, entry)
    assert result.of("fail") == set(entry.short_of)
    assert not result.of("not-run", "error")
    assert result.status == 0


def _can_be_broken(clause: Clause) -> bool:
    return clause.by == "service" and clause.level != "MAY"


def test_every_clause_of_the_service_has_a_fault_of_its_own() -> None:
    expected = {clause.id for clause in CONTRACT.clauses.values() if _can_be_broken(clause)}
    shown = {entry.breaks for entry in faults()} | {id for entry in variants() for id in entry.short_of}
    assert expected == shown


def test_the_tenant_as_it_should_be_keeps_every_clause(tenant: Running, tmp_path: Path) -> None:
    started = tasks(tenant, *_STARTED)
    named = tasks(tenant, Status.NOT_STARTED)
    result = judge(tenant, tmp_path, allow_cancel=True, tasks=named, started_tasks=started)
    assert result.of("pass") == set(result.verdicts) - {"service.repeat"}
    assert result.verdicts["service.repeat"]["reason"] == "recorded only: the second cancel got 409"
    assert result.status == 0
