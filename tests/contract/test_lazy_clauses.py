"""Contracts that only state facts share what they extend, and build their clauses when these are read."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from graphcontract.clauses import list_kinds
from graphcontract.contract.jsonfile import ContractError
from graphcontract.contract.lazy_clauses import LazyClauses
from graphcontract.contract.loader import document, load
from graphcontract.contract.model import DEFAULT_CONTRACT, Clause


def write(folder: Path, name: str, **members: Any) -> Path:
    """A contract that differs from the shipped one in its facts, and has no clauses of its own."""
    shipped = files("graphcontract.contracts").joinpath(f"{DEFAULT_CONTRACT}.json").read_text()
    contract = json.loads(shipped)
    del contract["clauses"], contract["references"]
    path = folder / name
    path.write_text(json.dumps({**contract, "id": name.removesuffix(".json"), **members}))
    return path


@pytest.mark.parametrize("known", [None, list_kinds()], ids=["any kinds", "known kinds"])
def test_clauses_are_the_same_whether_or_not_a_file_has_members_of_its_own(
    known: dict[str, frozenset[str]] | None, tmp_path: Path
) -> None:
    alone, merged = write(tmp_path, "a.json"), write(tmp_path, "a-b.json", errors={})
    one, other = load(alone, known), load(merged, known)
    assert list(one.clauses.items()) == list(other.clauses.items())
    assert one.error_codes == other.error_codes
    without_id = {"id": None}
    assert document(alone, known) | without_id == document(merged, known) | without_id


def test_texts_are_those_of_the_contract_itself(tmp_path: Path) -> None:
    one, other = load(write(tmp_path, "a.json"), None), load(write(tmp_path, "b.json", title="b: c"), None)
    request = {**json.loads((tmp_path / "a.json").read_text())["request"], "method": "DELETE"}
    deleting = load(write(tmp_path, "c.json", request=request), None)
    assert "DELETE" in deleting.clauses["request.method"].statement
    assert "POST" in one.clauses["request.method"].statement
    assert one.clauses["request.method"] is one.clauses["request.method"]
    assert one.clauses["request.method"] == other.clauses["request.method"]


def test_a_clause_that_no_function_checks_is_refused_after_it_was_accepted(tmp_path: Path) -> None:
    path = write(tmp_path, "a.json")
    assert load(path, None).clauses
    fewer = {id: kinds for id, kinds in list_kinds().items() if id != "request.method"}
    with pytest.raises(ContractError, match="request\\.method"):
        load(path, fewer)


def test_a_clause_is_built_once_and_only_when_it_is_read() -> None:
    template = load(DEFAULT_CONTRACT, None).clauses["request.method"]
    built: list[str] = []

    def build(id: str) -> Clause:
        built.append(id)
        return template

    clauses = LazyClauses(("b", "a"), build)
    assert (list(clauses), len(clauses), "a" in clauses, "c" in clauses) == (["b", "a"], 2, True, False)
    assert built == []
    assert clauses["a"] is clauses["a"] is template
    assert built == ["a"]
    with pytest.raises(KeyError):
        clauses["c"]
