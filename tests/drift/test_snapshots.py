"""Facts written and read back are the same; what moved since is found; hostile files are one error."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import reduce
from operator import getitem, methodcaller
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcontract.contract.jsonfile import ContractError
from graphcontract.contract.model import Contract
from graphcontract.drift import permissions_file
from graphcontract.drift.contract_facts import identify_operation
from graphcontract.drift.model import Reading, Source
from graphcontract.drift.page import page_reader
from graphcontract.drift.snapshots import format_snapshot, read_snapshot
from graphcontract.errors import UserError
from tests.drift import library
from tests.drift.mutations import swap, without
from tests.examples import count_examples

ERRORS = "### Errors\n\n|Code|Scenario|\n|-|-|\n|404|Unknown.|\n|409|Picked up.|\n\n## Examples"
DEPRECATED = "> [!CAUTION]\n> This API is deprecated and will be removed on {day}.\n\n## Permissions"


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    return library.contract(tmp_path_factory.mktemp("contract"))


def reading(contract: Contract, folder: Path, text: str = library.PAGE_TEXT) -> Reading:
    library.laid_out(folder, library.files_of_page(page=text))
    return page_reader.read(library.source(folder), identify_operation(contract))


def snapshot(contract: Contract, folder: Path, *readings: Reading) -> Path:
    path = folder / "snapshot.json"
    path.write_text(format_snapshot(contract.id, identify_operation(contract), readings), encoding="utf-8")
    return path


def test_facts_come_back(contract: Contract, tmp_path: Path) -> None:
    path = tmp_path / "permissions.json"
    path.write_text(json.dumps(library.PERMISSIONS_JSON))
    made = [
        reading(contract, tmp_path),
        permissions_file.read(Source(path, path.name), identify_operation(contract)),
    ]
    back = read_snapshot(snapshot(contract, tmp_path, *made), contract.id)
    assert [each.origin.kind for each in back] == ["page", "permissions"]
    for one, other in zip(made, back, strict=True):
        assert {name: (fact.stance, fact.value) for name, fact in one.facts.items()} == {
            name: (fact.stance, fact.value) for name, fact in other.facts.items()
        }


def test_it_changes_only_where_facts_do(contract: Contract, tmp_path: Path) -> None:
    first = json.loads(snapshot(contract, tmp_path, reading(contract, tmp_path)).read_text())
    moved = swap("## Permissions", "\n\n\n## Permissions")(library.PAGE_TEXT)
    second = json.loads(snapshot(contract, tmp_path, reading(contract, tmp_path, moved)).read_text())
    assert first != second
    for document in (first, second):
        del document["sources"][0]["slice_sha256"]
    assert first == second


@pytest.mark.parametrize(
    ("before", "after", "rules"),
    [
        (swap("## Examples", ERRORS), str, ["errors-dropped"]),
        (swap("## Examples", ERRORS), swap("## Examples", ERRORS.replace("409", "423")), ["errors-changed"]),
        (str, swap("## Examples", ERRORS), ["errors-documented"]),
        (str, swap("Pick the", "Choose the"), []),
        (str, swap("while the book", "as long as the book"), ["wording-changed"]),
        (str, swap("../resources/loan.md", "../resources/lending.md"), ["wording-changed"]),
        (str, without("## Request headers", "## Request body"), ["statement-dropped"]),
        (without("## Request headers", "## Request body"), str, ["statement-added"]),
        (str, swap("## Permissions", DEPRECATED.format(day="May 1, 2027")), ["deprecation-announced"]),
        (swap("## Permissions", DEPRECATED.format(day="May 1, 2027")), str, ["deprecation-withdrawn"]),
        (
            swap("## Permissions", DEPRECATED.format(day="May 1, 2027")),
            swap("## Permissions", DEPRECATED.format(day="June 1, 2027")),
            ["removal-date-changed"],
        ),
        (
            swap("## Permissions", DEPRECATED.format(day="May 1, 2026")),
            swap("## Permissions", DEPRECATED.format(day="May 1, 2026")),
            ["removal-date-passed"],
        ),
    ],
)
def test_a_page_at_two_times(
    contract: Contract, tmp_path: Path, before: Any, after: Any, rules: list[str]
) -> None:
    yesterday = read_snapshot(
        snapshot(contract, tmp_path, reading(contract, tmp_path, before(library.PAGE_TEXT))), contract.id
    )
    library.laid_out(tmp_path, library.files_of_page(page=after(library.PAGE_TEXT)))
    result = library.compared(contract, library.source(tmp_path), snapshot=yesterday)
    assert library.rules(result) == rules


def test_a_source_that_is_not_given_or_not_there_is_not_silence(contract: Contract, tmp_path: Path) -> None:
    yesterday = read_snapshot(snapshot(contract, tmp_path, reading(contract, tmp_path)), contract.id)
    assert library.rules(library.compared(contract, snapshot=yesterday)) == ["source-gone"]
    assert library.rules(library.compared(contract, library.source(tmp_path), snapshot=[])) == [
        "fact-unreadable"
    ]


def test_a_page_of_another_name_is_the_same_source(contract: Contract, tmp_path: Path) -> None:
    yesterday = read_snapshot(snapshot(contract, tmp_path, reading(contract, tmp_path)), contract.id)
    source = Source(tmp_path / library.PAGE, "https://docs.example/loan.md")
    assert library.rules(library.compared(contract, source, snapshot=yesterday)) == []


def test_it_is_for_one_contract(contract: Contract, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="a snapshot for book-cancel"):
        read_snapshot(snapshot(contract, tmp_path, reading(contract, tmp_path)), "book-cancel")


@pytest.mark.parametrize("text", ["", "[]", "{", "nonsense", "[" * 100_000, '{"snapshot": 1}', "\0"])
def test_what_is_not_a_snapshot(tmp_path: Path, text: str) -> None:
    path = tmp_path / "snapshot.json"
    path.write_text(text)
    with pytest.raises(UserError):
        read_snapshot(path, "loan-cancel")


@pytest.mark.parametrize("path", [(), ("sources", 0), ("sources", 0, "facts", "path")], ids=str)
def test_a_member_that_the_schema_lacks_or_requires_is_named(
    contract: Contract, tmp_path: Path, path: tuple[Any, ...]
) -> None:
    file = snapshot(contract, tmp_path, reading(contract, tmp_path))
    whole = file.read_text(encoding="utf-8")

    def error_after(change: Callable[[dict[str, Any]], object]) -> str:
        document = json.loads(whole)
        change(reduce(getitem, path, document))
        file.write_text(json.dumps(document), encoding="utf-8")
        with pytest.raises(ContractError) as error:
            read_snapshot(file, contract.id)
        return str(error.value)

    inner = reduce(getitem, path, json.loads(whole))
    assert "misspelt" in error_after(lambda each: each.update(misspelt=1))
    for name in inner.keys() - {"value"}:
        assert f'the member "{name}"' in error_after(methodcaller("pop", name))


@given(name=st.sampled_from(["path", "success", "query", "properties", "content", "errors"]), data=st.data())
@settings(max_examples=count_examples(50), deadline=None, database=None)
def test_a_value_of_another_shape_is_refused_or_compared(
    name: str, data: st.DataObject, tmp_path_factory: Any
) -> None:
    folder = tmp_path_factory.mktemp("shapes")
    contract = library.contract(folder)
    document = json.loads(snapshot(contract, folder, reading(contract, folder)).read_text())
    leaves = st.none() | st.booleans() | st.integers(-5, 500) | st.text(max_size=3)
    value = data.draw(st.recursive(leaves, lambda inner: st.lists(inner, max_size=3), max_leaves=6))
    document["sources"][0]["facts"][name] = {"stance": "asserts", "value": value}
    path = folder / "snapshot.json"
    path.write_text(json.dumps(document))
    try:
        yesterday = read_snapshot(path, contract.id)
    except UserError:
        return
    library.compared(contract, library.source(folder), snapshot=yesterday)
