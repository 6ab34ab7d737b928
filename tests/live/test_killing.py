"""Every fault of a tenant violates its own clause and no other; every quirk conforms."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

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


def tried(tenant: Running, folder: Path, entry: Entry, **options: Any) -> Result:
    tenant.behave(entry.name)
    return judge(
        tenant,
        folder,
        env=given(tenant, entry.name),
        allow_cancel=True,
        tasks=tasks(tenant, Status.NOT_STARTED, Status.NOT_STARTED),
        started_tasks=tasks(tenant, *_STARTED),
        **options,
    )


_BY_CLAUSE = {clause: list(group) for clause, group in groupby(faults(), attrgetter("breaks"))}
# Faults of all responses, and of one: others are tried with the requests of their clause, one of each clause.
# tests/tenant/test_faults.py has every fault, without a run.
_WHOLE = {_BY_CLAUSE[clause][0].name for clause in ("service.cancel", "service.error-shape")}
_OWN = {entry.name: entry for group in _BY_CLAUSE.values() for entry in (group[0], group[-1])}
_FIRST = {group[0].name for group in _BY_CLAUSE.values()}


def _leave_to_nightly(entries: Iterable[Entry], kept: Collection[str]) -> Iterator[object]:
    for entry in entries:
        marks = () if entry.name in kept else (pytest.mark.nightly,)
        yield pytest.param(entry, marks=marks, id=entry.name)


@pytest.mark.parametrize("entry", [*_leave_to_nightly(faults(), _WHOLE)])
def test_a_fault_violates_only_its_clause(tenant: Running, tmp_path: Path, entry: Entry) -> None:
    result = tried(tenant, tmp_path, entry)
    assert result.of("fail") == {entry.breaks}
    assert not result.of("error")
    assert result.status == (1 if CONTRACT.clauses[entry.breaks].level == "MUST" else 0)


@pytest.mark.parametrize("entry", [*_leave_to_nightly(_OWN.values(), _FIRST - _WHOLE)])
def test_the_requests_of_its_clause_show_a_fault(tenant: Running, tmp_path: Path, entry: Entry) -> None:
    """The first and the last fault of each clause. The requests include those of a cancel, which some faults
    need first.
    """
    result = tried(tenant, tmp_path, entry, select=(entry.breaks, "service.cancel"))
    assert result.of("fail") == {entry.breaks}
    assert not result.of("error")
    assert result.status == (1 if CONTRACT.clauses[entry.breaks].level == "MUST" else 0)


_TO_A_DATE = "throttled-until-a-date"  # a client waits by its own clock, which no test moves


def _combine(entries: Iterable[Entry]) -> list[dict[str, Entry]]:
    """Combine entries in as few services as can be, each of which replaces a method once."""
    found: list[dict[str, Entry]] = []
    for entry in entries:
        service = next((each for each in found if not each.keys() & entry.overrides.keys()), None)
        if service is None:
            found.append(service := {})
        service |= dict.fromkeys(entry.overrides, entry)
    return found


@pytest.mark.parametrize("service", _combine(each for each in variants() if each.name != _TO_A_DATE))
def test_several_oddities_at_once_break_no_must(
    tenant: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, service: dict[str, Entry]
) -> None:
    entries = list({entry.name: entry for entry in service.values()}.values())
    overrides = {name: method for entry in entries for name, method in entry.overrides.items()}
    monkeypatch.setattr("graphcontract.tenant.serving.find_overrides", lambda _: overrides)
    result = tried(tenant, tmp_path, entries[0])
    monkeypatch.undo()
    names = ", ".join(entry.name for entry in entries)
    assert result.of("fail") <= {id for entry in entries for id in entry.short_of}, names
    assert not result.of("not-run", "error"), names
    assert result.status == 0


@pytest.mark.parametrize("entry", [*_leave_to_nightly(variants(), {_TO_A_DATE})])
def test_an_oddity_breaks_no_must(tenant: Running, tmp_path: Path, entry: Entry) -> None:
    if entry.name == _TO_A_DATE:
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
