"""The killing test: each fault is condemned by its own clause and by no other, each oddity by none but
the SHOULDs that it is known to fall short of.
"""

from __future__ import annotations

import pytest

from graphcontract.run.suite_tests import suite_tests
from tests.bank import (
    faults_advised,
    faults_answers,
    faults_calls,
    faults_late,
    faults_network,
    faults_request,
    faults_second_thoughts,
    faults_time,
    oddities,
    oddities_network,
)
from tests.bank.court import CONTRACT, verdicts
from tests.bank.registry import FAULTS, ODDITIES, Entry

assert faults_advised
assert faults_answers
assert faults_calls
assert faults_late
assert faults_network
assert faults_request
assert faults_second_thoughts
assert faults_time
assert oddities
assert oddities_network

UNTIMED = frozenset(test.name for test in suite_tests() if not test.cases)


def condemned(entry: Entry, **how: object) -> set[str]:
    found = verdicts(entry.client().cancel, transport=entry.transport, **how)  # type: ignore[arg-type]
    errors = {id: part.reason for id, part in found.items() if part.verdict == "error"}
    assert not errors, errors
    return {id for id, part in found.items() if part.verdict == "fail"}


@pytest.mark.parametrize("entry", FAULTS, ids=lambda entry: f"{entry.breaks}-{entry.name}")
def test_fault_is_condemned_by_its_clause_alone(entry: Entry) -> None:
    found = condemned(entry, of=[entry.breaks], shown_by=entry.shown_by)
    assert entry.breaks in found
    assert found <= {entry.breaks, *entry.also}


@pytest.mark.parametrize("entry", ODDITIES, ids=lambda entry: entry.name)
def test_oddity_falls_short_of_what_it_declares_alone(entry: Entry) -> None:
    assert all(CONTRACT.clauses[id].level == "SHOULD" for id in entry.also)
    assert condemned(entry, shown_by=entry.shown_by or UNTIMED) == entry.also
