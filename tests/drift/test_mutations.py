"""Every change of a fact is found by the right rules, and nothing that means the same raises a word."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphcontract.contract.model import Contract
from graphcontract.drift.contract_facts import identify_operation
from graphcontract.drift.model import Reading, Source
from graphcontract.drift.page import page_reader
from tests.drift import library, loud_requests, loud_terms
from tests.drift.mutations import Mutation
from tests.drift.permissionmutations import PERMISSIONS_LOUD, PERMISSIONS_SILENT, PermissionsMutation
from tests.drift.silent import SILENT

LOUD = (*loud_requests.LOUD, *loud_terms.LOUD)


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    return library.contract(tmp_path_factory.mktemp("contract"))


@pytest.fixture(scope="module")
def yesterday(contract: Contract, tmp_path_factory: pytest.TempPathFactory) -> Reading:
    folder = library.laid_out(tmp_path_factory.mktemp("yesterday"), library.files_of_page())
    return page_reader.read(library.source(folder), identify_operation(contract))


def named(mutation: Mutation | PermissionsMutation) -> str:
    return mutation.name


def test_there_are_enough() -> None:
    every: tuple[Mutation | PermissionsMutation, ...] = (
        *LOUD,
        *SILENT,
        *PERMISSIONS_LOUD,
        *PERMISSIONS_SILENT,
    )
    assert len(every) >= 130
    assert len({(type(each), each.name, bool(each.rules)) for each in every}) == len(every)


def test_the_page_itself_raises_no_word(contract: Contract, tmp_path: Path) -> None:
    folder = library.laid_out(tmp_path, library.files_of_page())
    result = library.compared(contract, library.source(folder))
    assert (result.findings, result.notes) == ([], [])


@pytest.mark.parametrize("mutation", LOUD, ids=named)
def test_a_changed_page_is_found(mutation: Mutation, contract: Contract, tmp_path: Path) -> None:
    folder = library.laid_out(tmp_path, mutation.files())
    assert library.rules(library.compared(contract, library.source(folder))) == list(mutation.rules)


@pytest.mark.parametrize("mutation", SILENT, ids=named)
def test_the_same_in_other_words_is_not(mutation: Mutation, contract: Contract, tmp_path: Path) -> None:
    folder = library.laid_out(tmp_path, mutation.files())
    assert library.rules(library.compared(contract, library.source(folder))) == []


@pytest.mark.parametrize("mutation", SILENT, ids=named)
def test_nor_is_it_against_yesterday(
    mutation: Mutation, contract: Contract, yesterday: Reading, tmp_path: Path
) -> None:
    """But for sentences that were reworded or dropped: that is what comparing with yesterday is for."""
    folder = library.laid_out(tmp_path, mutation.files())
    result = library.compared(contract, library.source(folder), snapshot=[yesterday])
    assert set(library.rules(result)) <= {"wording-changed", "statement-dropped", "statement-added"}


@pytest.mark.parametrize("mutation", PERMISSIONS_LOUD, ids=named)
def test_changed_permissions_are_found(
    mutation: PermissionsMutation, contract: Contract, tmp_path: Path
) -> None:
    assert permission_rules(mutation.text(), contract, tmp_path) == sorted(mutation.rules)


@pytest.mark.parametrize("mutation", PERMISSIONS_SILENT, ids=named)
def test_the_same_permissions_are_not(
    mutation: PermissionsMutation, contract: Contract, tmp_path: Path
) -> None:
    assert permission_rules(mutation.text(), contract, tmp_path) == []


def permission_rules(text: str, contract: Contract, folder: Path) -> list[str]:
    """Rules of a permissions.json, its habit of small letters left out."""
    path = folder / "permissions.json"
    path.write_text(text, encoding="utf-8")
    found = library.compared(contract, Source(path, path.name)).findings

    return sorted(each.rule for each in found if each.rule != "letter-case-changed")
