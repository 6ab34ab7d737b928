"""Every change of a fact in CSDL or OpenAPI is reported rightly, and what means the same raises no word."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphcontract.contract.model import Contract
from graphcontract.drift.csdl import csdl_reader
from graphcontract.drift.model import Fact, Reading, Source, Value
from graphcontract.drift.openapi import openapi_reader
from tests.drift import library, mutations_csdl, mutations_openapi, schemas
from tests.drift.schemas import WANTED, Mutation

NAMES = {"csdl": "beta-Prod.csdl", "openapi": "beta.yaml"}
TEXTS = {"csdl": schemas.CSDL, "openapi": schemas.OPENAPI}
MODULES = {"csdl": mutations_csdl, "openapi": mutations_openapi}


def cases(which: str) -> list[object]:
    return [
        pytest.param(kind, mutation, id=f"{kind}: {mutation.name}")
        for kind, module in MODULES.items()
        for mutation in getattr(module, which)
    ]


def read(kind: str, text: str, folder: Path, name: str = "") -> Reading:
    path = folder / (name or NAMES[kind])
    path.write_bytes(text.encode())
    reader = csdl_reader.read if kind == "csdl" else openapi_reader.read
    return reader(Source(path, path.name), WANTED)


def plain(reading: Reading) -> dict[str, Value]:
    """The facts that compare, without placeholders and places."""
    return {name: comparable(fact) for name, fact in reading.facts.items()}


def comparable(fact: Fact) -> Value:
    if fact.name == "path" and isinstance(fact.value, tuple):
        return tuple(("key", "") if isinstance(each, tuple) else each for each in fact.value)
    return fact.value


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    return library.contract(tmp_path_factory.mktemp("contract"))


@pytest.fixture(scope="module")
def yesterday(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Reading]:
    folder = tmp_path_factory.mktemp("yesterday")
    return {kind: read(kind, TEXTS[kind], folder) for kind in TEXTS}


def find_rules(
    contract: Contract, kind: str, folder: Path, name: str, snapshot: Reading | None = None
) -> list[str]:
    source = Source(folder / (name or NAMES[kind]), name or NAMES[kind])
    return library.rules(library.compared(contract, source, snapshot=[snapshot] if snapshot else None))


def test_there_are_enough() -> None:
    every = [
        (kind, each.name)
        for kind in MODULES
        for which in ("LOUD", "OF_THE_TYPE", "SILENT")
        for each in getattr(MODULES[kind], which)
    ]
    assert len(every) == len(set(every)) >= 120


@pytest.mark.parametrize("kind", MODULES)
def test_the_file_itself_says_what_the_contract_does(kind: str, contract: Contract, tmp_path: Path) -> None:
    facts = plain(read(kind, TEXTS[kind], tmp_path))
    assert facts["properties"] == schemas.PROPERTIES
    assert facts["route"] == "reachable"
    assert facts["key-type"] == "string"
    assert facts["success"] == (None if kind == "csdl" else 204, "none")  # CSDL states no status
    assert find_rules(contract, kind, tmp_path, "") == []


@pytest.mark.parametrize(("kind", "mutation"), cases("LOUD"))
def test_a_changed_fact_is_read_and_reported(
    kind: str, mutation: Mutation, contract: Contract, yesterday: dict[str, Reading], tmp_path: Path
) -> None:
    changed = mutation.change(TEXTS[kind])
    now = plain(read(kind, changed, tmp_path, mutation.file))
    before = plain(yesterday[kind])
    assert {name: now.get(name) for name in mutation.facts} == {
        name: comparable(Fact(name, "asserts", value, yesterday[kind].origin))
        for name, value in mutation.facts.items()
    }
    if mutation.facts.get("route") != "absent":
        others = before.keys() - mutation.facts.keys()
        assert {name: now.get(name) for name in others} == {name: before[name] for name in others}
    assert find_rules(contract, kind, tmp_path, mutation.file) == list(mutation.rules)


@pytest.mark.parametrize(("kind", "mutation"), cases("OF_THE_TYPE"))
def test_what_no_contract_says_is_reported_by_the_snapshot(
    kind: str, mutation: Mutation, contract: Contract, yesterday: dict[str, Reading], tmp_path: Path
) -> None:
    now = plain(read(kind, mutation.change(TEXTS[kind]), tmp_path))
    before = plain(yesterday[kind])
    assert now == before | mutation.facts
    assert find_rules(contract, kind, tmp_path, "", yesterday[kind]) == list(mutation.rules)


@pytest.mark.parametrize(("kind", "mutation"), cases("SILENT"))
def test_what_means_the_same_raises_no_word(
    kind: str, mutation: Mutation, contract: Contract, yesterday: dict[str, Reading], tmp_path: Path
) -> None:
    changed = mutation.change(TEXTS[kind])
    assert changed != TEXTS[kind]
    read(kind, changed, tmp_path)
    assert find_rules(contract, kind, tmp_path, "") == []
    assert [
        rule
        for rule in find_rules(contract, kind, tmp_path, "", yesterday[kind])
        if rule != "wording-changed"
    ] == []
