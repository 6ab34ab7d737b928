"""The export of a Kiota SDK: route, verb, content, return type and the status enum."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphcontract.contract.model import Contract
from graphcontract.drift.model import Source
from tests.drift import library

BUILDER = "msgraph_beta.generated.library.branches.loanRequests.item.cancel.CancelRequestBuilder::|public|"
EXPORT = f"""\
msgraph_beta.generated.models.Loan-->Entity
msgraph_beta.generated.models.Loan::|public|status():LoanStatus
msgraph_beta.generated.models.LoanStatus::0000-Reserved
msgraph_beta.generated.models.LoanStatus::0001-Lent
msgraph_beta.generated.other.item.cancel.CancelRequestBuilder::|public|post(body:X):Y
{BUILDER}constructor(path_parameters:Union[str, dict[str, Any]]; request_adapter:RequestAdapter):None
{BUILDER}post(request_configuration?:RequestConfiguration[QueryParameters]):None
{BUILDER}to_post_request_information(request_configuration?:RequestConfiguration):RequestInformation
"""


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    return library.contract(tmp_path_factory.mktemp("contract"))


@pytest.mark.parametrize(
    ("old", "new", "rules"),
    [
        ("", "", []),
        ("|post(", "|delete(", ["method-changed"]),
        ("post(request", "post(body:Reason; request", ["content-required"]),
        ("post(request", "post(body?:Reason; request", ["content-optional"]),
        ("QueryParameters]):None", "QueryParameters]):Loan", ["success-content-changed"]),
        ("branches.loanRequests", "houses.loanRequests", ["operation-missing"]),
        ("loanRequests", "LoanRequests", ["letter-case-changed"]),
        ("0000-Reserved", "0000-Held", ["enum-member-removed"]),
        ("msgraph_beta", "msgraph", ["version-appeared"]),
        ("Loan-->Entity", "Loan-->Thing", []),
    ],
)
def test_an_export(contract: Contract, tmp_path: Path, old: str, new: str, rules: list[str]) -> None:
    path = tmp_path / "kiota-dom-export.txt"
    assert old in EXPORT
    path.write_text(EXPORT.replace(old, new) if old else EXPORT)
    assert library.rules(library.compared(contract, Source(path, path.name))) == rules


def test_a_line_without_an_end(contract: Contract, tmp_path: Path) -> None:
    path = tmp_path / "kiota-dom-export.txt"
    path.write_text(EXPORT + "status" * 500_000)
    assert library.rules(library.compared(contract, Source(path, path.name))) == []
