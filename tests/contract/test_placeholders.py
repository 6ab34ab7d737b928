from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphcontract.contract.loader import load
from graphcontract.contract.placeholders import NAMES, compute_values, fill, find_unknown_placeholders
from tests.contract.test_loader import CANCEL, write
from tests.contract.test_merging import FACTS

ID = "3ed6d46d-13a3-4995-b6ea-a74a20b1fac0"
TASKS = "/solutions/sharePoint/migrations/crossOrganizationMigrationTasks"


def values(folder: Path, **members: Any) -> dict[str, str]:
    return compute_values(load(write(folder, {**FACTS, **members}), None))


def test_values_of_the_shipped_contract() -> None:
    assert compute_values(load(CANCEL, None)) == {
        "method": "POST",
        "version": "beta",
        "path": f"{TASKS}/{{sharePointMigrationTaskId}}/cancel",
        "target": f"/beta{TASKS}/{ID}/cancel",
        "operation": "cancel",
        "title": "sharePointMigrationTask: cancel",
        "parameter": "sharePointMigrationTaskId",
        "id": ID,
        "success": "204",
        "success-line": "204 No Content",
        "permission": "SharePointCrossTenantMigration.Manage.All",
    }


def test_each_placeholder_has_a_value(tmp_path: Path) -> None:
    assert values(tmp_path).keys() == set(NAMES)


def test_without_example_and_permission(tmp_path: Path) -> None:
    found = values(tmp_path)
    assert found["target"] == "/v1.0/me/messages/{messageId}/archive"
    assert found["id"] == "{messageId}"
    assert found["permission"] == "the required permission"


def test_an_example_is_percent_encoded_in_the_target(tmp_path: Path) -> None:
    found = values(tmp_path, example={"arguments": {"messageId": "a/b {c}"}})
    assert found["target"] == "/v1.0/me/messages/a%2Fb%20%7Bc%7D/archive"
    assert found["id"] == "a/b {c}"


def test_a_path_that_ends_with_its_parameter(tmp_path: Path) -> None:
    request = {**FACTS["request"], "path": "/me/messages/{messageId}"}
    assert values(tmp_path, request=request)["operation"] == "messages"


def test_a_status_without_a_phrase(tmp_path: Path) -> None:
    assert values(tmp_path, success={"status": 299, "content": "absent"})["success-line"] == "299"


@pytest.mark.parametrize("name", NAMES)
def test_each_placeholder_is_filled(name: str) -> None:
    filled = fill(f"a {{{name}}}{{{{{name}}}}} b", {each: f"<{each}>" for each in NAMES})
    assert filled == f"a <{name}>{{{name}}} b"


def test_what_a_value_contains_is_left_alone() -> None:
    assert fill("{path}", dict.fromkeys(NAMES, "/x/{id}/{{y}}")) == "/x/{id}/{{y}}"


@pytest.mark.parametrize("mark", ["{", "}", "{}", "{Method}", "{ method }", "{method", "{a b}"])
def test_what_is_not_a_placeholder(mark: str) -> None:
    assert list(find_unknown_placeholders(f"x {mark} y"))


@given(st.text())
def test_any_text_with_braces_doubled_comes_back(text: str) -> None:
    doubled = text.replace("{", "{{").replace("}", "}}")
    assert not list(find_unknown_placeholders(doubled))
    assert fill(doubled, {}) == text
