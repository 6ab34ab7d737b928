"""What Microsoft publishes as CSDL and OpenAPI, in the folder that GRAPHCONTRACT_SOURCES names."""

from __future__ import annotations

import lzma
import os
import shutil
from collections import Counter
from pathlib import Path

import pytest

from graphcontract.contract.loader import load
from graphcontract.drift import contract_facts
from graphcontract.drift.csdl import csdl_reader
from graphcontract.drift.csdl.csdl_file import CsdlFile
from graphcontract.drift.csdl.edm import Schema, strip_namespace
from graphcontract.drift.model import Reading, Source
from graphcontract.drift.openapi import openapi_reader

FOLDER = Path(os.environ.get("GRAPHCONTRACT_SOURCES", ""))
CONTRACT = load("sharepointmigrationtask-cancel", None)
STATUSES = ("notStarted", "inProgress", "completed", "cancelled", "failed", "unknownFutureValue")


def values(reading: Reading) -> dict[str, object]:
    return {name: fact.value for name, fact in reading.facts.items() if fact.stance == "asserts"}


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("openapi") / "graph-beta.yaml"
    with (
        lzma.open(FOLDER / "openapi" / "graph-beta-with-cancel.yaml.xz") as source,
        path.open("wb") as target,
    ):
        shutil.copyfileobj(source, target)
    return path


def test_a_description_of_all_of_graph(large: Path) -> None:
    reading = openapi_reader.read(Source(large, large.name), contract_facts.identify_operation(CONTRACT))
    said = values(reading)
    assert reading.notes == ()
    assert said["success"] == (204, "none")
    assert said["errors"] == ("4XX", "5XX")
    assert said["binding"] == "sharePointMigrationTask"
    assert reading.facts["path"].origin.line == 911_460
    assert said["status-enum"] == tuple(
        (name, None) for name in (*STATUSES[:3], "cancelled", "failed", "unknownFutureValue")
    )


def test_paths_to_other_actions_in_it(large: Path) -> None:
    path = openapi_reader.find_routes(Source(large, large.name), "governanceRoleAssignmentRequest", "cancel")[
        0
    ]
    assert path is not None
    assert path[-1] == "microsoft.graph.cancel"


def test_a_cloud_that_only_declares_the_action() -> None:
    file = FOLDER / "csdl" / "beta-USSec.csdl"
    said = values(csdl_reader.read(Source(file, file.name), contract_facts.identify_operation(CONTRACT)))
    assert (said["route"], said["version"]) == ("declared", "beta")
    assert said["status-enum"] == tuple((name, number) for number, name in enumerate(STATUSES))
    assert "path" not in said


def test_a_version_that_lacks_the_action() -> None:
    file = FOLDER / "csdl" / "v1.0-Prod.csdl"
    assert values(csdl_reader.read(Source(file, file.name), contract_facts.identify_operation(CONTRACT))) == {
        "version": "v1.0",
        "route": "absent",
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "beta-USSec.csdl",
            {"family": 106, "one key": 70, "to a collection": 2, "no route": 9, "other keys": 25},
        ),
        (
            "v1.0-Prod.csdl",
            {"family": 131, "one key": 94, "to a collection": 1, "no route": 7, "other keys": 29},
        ),
    ],
)
def test_actions_that_a_contract_can_be_about(name: str, expected: dict[str, int]) -> None:
    """Bound, with no parameter but the binding, no return type: as many as have a route with one key."""
    schema = Schema(CsdlFile(FOLDER / "csdl" / name, name))
    found = Counter[str]()
    for each in map(schema._make_operation, schema.file.find_all("Action")):
        if each.binding and not each.parameters and each.returns is None:
            found["family"] += 1
            binding = each.binding or ""
            steps = None if binding.startswith("Collection(") else schema.find_route(binding, keys=1)
            if binding.startswith("Collection("):
                found["to a collection"] += 1
            elif steps is None:
                found["no route"] += 1
            else:
                found["one key" if sum(step.key for step in steps) == 1 else "other keys"] += 1
                assert strip_namespace(binding) == strip_namespace(steps[-1].type)
    assert {kind: found[kind] for kind in expected} == expected
