"""Actions with and without a namespace, and type casts, on the wire."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphcontract.contract.model import Contract
from tests.clauses import CONTRACT, PARAMETER, call, exchange, kinds, request
from tests.contract.test_odata import IDENTIFIERS, NAMESPACES

CASES = f"/security/cases/ediscoveryCases/{{{PARAMETER}}}/"
QUALIFIED = st.one_of(st.just(""), NAMESPACES.map(lambda namespace: f"{namespace}."))
CAST = "graph.androidLobApp"


def contract_of(end: str, **members: str) -> Contract:
    return replace(CONTRACT, request=replace(CONTRACT.request, path=CASES + end), **members)  # type: ignore[arg-type]


def verdict(contract: Contract, end: str, task_id: str = "5f0c") -> tuple[list[str], list[str]]:
    """Kinds of findings of `request.path` and, where it finds nothing, of `request.path-spelling`."""
    target = f"/beta{CASES}".replace(f"{{{PARAMETER}}}", task_id) + end
    sent = exchange(request(target), asked=call(task_id))
    assert kinds("request.path-parameters", sent, contract=contract) == []
    found = kinds("request.path", sent, contract=contract)
    return found, [] if found else kinds("request.path-spelling", sent, contract=contract)


@given(QUALIFIED, QUALIFIED, IDENTIFIERS)
def test_the_namespace_of_an_action_is_a_matter_of_spelling(contract: str, client: str, name: str) -> None:
    path, spelling = verdict(contract_of(contract + name), client + name)
    assert path == []
    same = contract.lower() == client.lower()
    assert spelling == ([] if contract == client else ["letter-case"] if same else ["namespace"])


@given(QUALIFIED, QUALIFIED, IDENTIFIERS, IDENTIFIERS)
def test_another_name_is_another_action(contract: str, client: str, name: str, other: str) -> None:
    found, _ = verdict(contract_of(contract + name), f"{client}{name}X{other}")
    assert found == ["other-segment"]


@given(QUALIFIED, NAMESPACES, IDENTIFIERS)
def test_a_doubled_namespace_is_wrong(contract: str, client: str, name: str) -> None:
    found, _ = verdict(contract_of(contract + name), f"{client}.{client}.{name}")
    assert found == ["other-segment"]


@given(QUALIFIED, st.lists(IDENTIFIERS, min_size=2, max_size=4).map(".".join))
def test_an_id_that_looks_like_a_qualified_name_is_not_touched(client: str, task_id: str) -> None:
    contract = contract_of("close")
    found, _ = verdict(contract, f"{client}close", task_id)
    assert found == []
    target = f"/beta{CASES}".replace(f"{{{PARAMETER}}}", task_id.rpartition(".")[2]) + "close"
    sent = exchange(request(target), asked=call(task_id))
    assert kinds("request.path-parameters", sent, contract=contract) == ["changed"]


@pytest.mark.parametrize(
    ("contract", "client", "path", "spelling"),
    [
        (f"{CAST}/assign", f"{CAST}/assign", [], []),
        (f"{CAST}/assign", "microsoft.graph.androidLobApp/assign", [], ["namespace"]),
        ("microsoft.graph.androidLobApp/assign", f"{CAST}/assign", [], ["namespace"]),
        (f"{CAST}/assign", f"{CAST}/microsoft.graph.assign", [], ["namespace"]),
        (f"{CAST}/assign", "Graph.AndroidLobApp/assign", [], ["letter-case"]),
        (f"{CAST}/assign", "androidLobApp/assign", ["other-segment"], []),
        (f"{CAST}/assign", "graph.iosLobApp/assign", ["other-segment"], []),
        (f"{CAST}/assign", "microsoft.graph.apps.androidLobApp/assign", ["other-segment"], []),
        (f"{CAST}/assign", "assign", ["missing-segment"], []),
        ("microsoft.graph.desk.lobApp/assign", "graph.desk.lobApp/assign", ["other-segment"], []),
        ("close", "microsoft.graph/close", ["extra-segment"], []),
        ("close", "microsoft.graph", ["other-segment"], []),
        ("close", "graph.microsoft.graph.close", ["other-segment"], []),
        ("close", "microsoft.graph%2Eclose", [], ["namespace"]),
        ("close", "microsoft.graph.Close", [], ["namespace", "letter-case"]),
        ("microsoft.graph.security.close", "microsoft.graph.security", ["other-segment"], []),
        ("microsoft.graph.security.close", ".close", ["other-segment"], []),
        ("microsoft.graph.microsoft.close", "microsoft.graph.microsoft.close", [], []),
    ],
)
def test_casts_and_namespaces(contract: str, client: str, path: list[str], spelling: list[str]) -> None:
    assert verdict(contract_of(contract), client) == (path, spelling)


@pytest.mark.parametrize(
    ("method", "title", "end", "client", "found"),
    [
        ("GET", "drive: recent", "recent", "microsoft.graph.recent", []),
        ("GET", "Get manager", "manager", "microsoft.graph.manager", ["other-segment"]),
        ("DELETE", "Delete app", CAST, "androidLobApp", ["other-segment"]),
        ("DELETE", "Delete app", CAST, "microsoft.graph.androidLobApp", []),
    ],
)
def test_what_ends_the_path_of_another_method(
    method: str, title: str, end: str, client: str, found: list[str]
) -> None:
    contract = contract_of(end, title=title)
    contract = replace(contract, request=replace(contract.request, method=method))
    assert verdict(contract, client)[0] == found


def test_a_path_that_ends_with_its_key() -> None:
    path = f"/identity/microsoft.graph.b2cUserFlows/{{{PARAMETER}}}"
    contract = replace(CONTRACT, request=replace(CONTRACT.request, method="DELETE", path=path))
    for segment, found in (("microsoft.graph.b2cUserFlows", []), ("b2cUserFlows", ["other-segment"])):
        sent = exchange(request(f"/beta/identity/{segment}/a.b.c"), asked=call("a.b.c"))
        assert kinds("request.path", sent, contract=contract) == found
