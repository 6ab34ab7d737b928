"""All operations of an SDK's API export: request builders, found by the segments of a path."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphcontract.drift.model import SourceError
from graphcontract.drift.operations.build import build_catalogue, open_source
from graphcontract.drift.operations.sdk_export_operations import SdkExportOperations
from graphcontract.drift.operations.statement import Statement
from graphcontract.errors import UserError
from tests.drift.many_operations import EXPORT, source

NAME = "kiota-dom-export.txt"
DESK = "/library/desks/{desk-id}"


def read(folder: Path, text: str = EXPORT) -> SdkExportOperations:
    return SdkExportOperations(source(folder, NAME, text))


@pytest.mark.parametrize(
    ("method", "path", "is_found"),
    [
        ("DELETE", DESK, True),
        ("POST", f"{DESK}/close", True),
        ("POST", f"{DESK}/microsoft.graph.close", True),
        ("POST", f"{DESK}/CLOSE", True),
        ("DELETE", f"{DESK}/close", False),
        ("POST", f"{DESK}/library.security.lock", True),
        ("POST", f"{DESK}/list/clear", True),  # list_ in Python
        ("DELETE", f"{DESK}/owner/$ref", True),
        ("DELETE", f"{DESK}/photo/$value", True),
        ("POST", "/library/find(name='{name}',row={row})/close", True),
        ("POST", "/library/find(name='{name}')/close", False),
        ("DELETE", "/users/{id}", True),
        ("DELETE", "/users/item", False),
        ("DELETE", "/models", False),
    ],
)
def test_a_builder_is_found_by_its_path(method: str, path: str, is_found: bool, tmp_path: Path) -> None:
    found = read(tmp_path).describe(Statement("beta", method, path).key, path)
    assert (found is not None) == is_found
    assert read(tmp_path).describe(Statement("v1.0", method, path).key, path) is None
    if found is not None:
        line = EXPORT.splitlines()[found.line - 1]
        assert f"|public|{method.lower()}(" in line


@pytest.mark.parametrize(
    ("builder", "path", "is_found"),
    [
        ("microsoftGraphSecurityLock", "microsoft.graph.security.lock", True),
        ("microsoftGraphSecurityLock", "lock", True),
        ("graphLock", "lock", True),
        ("lock", "microsoft.graph.security.lock", True),
        ("Lock_Escaped", "lock", True),
        ("unlock", "lock", False),
        ("graphSecurityUnlock", "lock", False),
        ("itemAtWithIndex", "itemAt(index={index})", True),
        ("WithIdWithPolicyId", "id='{id}',policyId='{policyId}'", True),
    ],
)
def test_a_segment_has_the_name_of_its_builder(
    builder: str, path: str, is_found: bool, tmp_path: Path
) -> None:
    line = f"msgraph.generated.library.{builder}.LockRequestBuilder::|public|post(a?:R):None\n"
    whole = f"/library/{path}"
    found = read(tmp_path, line).describe(Statement("v1.0", "POST", whole).key, whole)
    assert (found is not None) == is_found


def test_content_and_result(tmp_path: Path) -> None:
    listed = {f"{each.method} {each.path}": each for each in read(tmp_path).list_statements()}
    assert (listed["POST /library/desks"].content, listed["POST /library/desks"].success) == (
        "required",
        "2XX content",
    )
    assert listed["DELETE /library/desks/{item}"].is_bare
    assert not any(each.is_spelled for each in listed.values())
    assert "DELETE /models" not in listed


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("other.generated.a.ARequestBuilder::|public|post(a?:R):None\n", "its package is other"),
        ("msgraph_beta.generated.models.Loan-->Entity\n", "it has no request builders"),
    ],
)
def test_an_export_of_another_kind(text: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as failed:
        read(tmp_path, text)
    assert failed.value.message.startswith(f"{NAME}: {problem}")


def test_no_catalogue_is_made_of_an_export(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="it has no paths"):
        build_catalogue([source(tmp_path, NAME, EXPORT)])
    with pytest.raises(UserError, match="it has no paths"):
        open_source(source(tmp_path, NAME, EXPORT))
