"""The shipped contract against what was published, in the folder that GRAPHCONTRACT_SOURCES names."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from graphcontract.contract.loader import load
from graphcontract.drift.model import Source
from graphcontract.drift.pipeline import Result, check_drift
from graphcontract.drift.waivers import read_drift_sources

if "GRAPHCONTRACT_SOURCES" not in os.environ:  # named by hand, else it is not collected
    pytest.skip("GRAPHCONTRACT_SOURCES names no folder", allow_module_level=True)

FOLDER = Path(os.environ["GRAPHCONTRACT_SOURCES"])
CONTRACT = "sharepointmigrationtask-cancel"
PAGE = "docs/api-reference/beta/api/sharepointmigrationtask-cancel.md"
EXPECTED = {
    PAGE: set[str](),
    "docs/api-reference/beta/includes/permissions/sharepointmigrationtask-cancel-permissions.md": {
        "fact-unreadable"
    },
    "docs/api-reference/includes/global-only.md": {"fact-unreadable"},
    "docs/api-reference/beta/resources/sharepointmigrationtask.md": set(),
    "docs/api-reference/beta/api/sharepointmigrationtask-get.md": {"operation-missing"},
    "docs-earlier/api-reference/beta/api/sharepointmigrationtask-cancel.md": {
        "errors-documented",
        "wording-changed",
    },
    "permissions/permissions-slice.json": {"letter-case-changed (known)"},
    "sdk/kiota-dom-export-slice-1.66.0.txt": set(),
    "csdl/v1.0-Prod.csdl": {"nothing-compared"},
    "csdl/beta-USSec.csdl": {"route-only-declared (known)"},
    "openapi/cancel-slice.yaml": set(),
}


def found(*names: str) -> Result:
    sources = [Source(FOLDER / name, name) for name in names]
    known = read_drift_sources(CONTRACT, None).known
    return check_drift(
        load(CONTRACT, None), CONTRACT, sources, snapshot=None, known=known, today=date(2026, 1, 1)
    )


def rules(result: Result) -> set[str]:
    return {f"{each.rule}{'' if each.counts else ' (known)'}" for each in result.findings}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_source_against_the_contract(name: str) -> None:
    assert rules(found(name)) == EXPECTED[name]


def test_all_of_them_against_each_other() -> None:
    result = found(*EXPECTED)
    assert rules(result) == {rule for each in EXPECTED.values() for rule in each} | {"errors-changed (known)"}
