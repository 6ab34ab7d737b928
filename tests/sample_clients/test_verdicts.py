"""Each faulty client violates its clause and no other, each quirky one only the SHOULDs that it declares."""

from __future__ import annotations

import pytest

from tests.sample_clients.registry import Entry, entries, faulty_clients, quirky_clients
from tests.sample_clients.verdicts import CONTRACT, errors, run, violated


@pytest.mark.parametrize("entry", faulty_clients(), ids=lambda entry: entry.id)
def test_faulty_client_violates_its_clause_alone(entry: Entry) -> None:
    parts = run(entry)
    assert not errors(parts)
    assert entry.violates in violated(parts)
    assert violated(parts) <= {entry.violates, *entry.also}


@pytest.mark.parametrize("entry", quirky_clients(), ids=lambda entry: entry.id)
def test_quirky_client_violates_what_it_declares_alone(entry: Entry) -> None:
    assert all(CONTRACT.clauses[id].level == "SHOULD" for id in entry.also)
    parts = run(entry)
    assert not errors(parts)
    assert violated(parts) == entry.also


def test_ids_are_unique() -> None:
    slugs = [entry.slug for entry in entries()]
    assert len(set(slugs)) == len(slugs)


def test_each_faulty_client_is_in_the_module_of_its_clause() -> None:
    for entry in faulty_clients():
        module = entry.client.__module__.removeprefix("tests.sample_clients.faulty.").partition(".")[0]
        assert module == entry.violates.replace(".", "_").replace("-", "_"), entry.id
