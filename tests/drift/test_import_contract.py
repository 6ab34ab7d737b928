"""Contracts made of pages, CSDL and OpenAPI, and back."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from graphcontract.clauses import list_kinds
from graphcontract.contract.loader import document, load
from graphcontract.contract.model import Contract
from graphcontract.drift import contract_facts, export_openapi
from graphcontract.drift.import_contract import IncompleteSource, make_contract
from graphcontract.drift.model import Source, SourceError, Value
from graphcontract.drift.openapi import openapi_reader
from tests.drift import library, rendering, schemas
from tests.drift.rendering import Published
from tests.examples import count_examples

FILES = {"csdl": "beta-Prod.csdl", "openapi": "beta.yaml", "page": library.PAGE}


def laid_out(folder: Path) -> Path:
    library.laid_out(folder, library.files_of_page())
    return library.laid_out(folder, {FILES["csdl"]: schemas.CSDL, FILES["openapi"]: schemas.OPENAPI})


def made(
    source: Source, folder: Path, binding: str = "loan", action: str = "cancel", **given: str
) -> Contract:
    text = make_contract(source, binding, action, given.get("path"), given.get("version"), list_kinds())
    path = folder / "imported.json"
    path.write_text(text, encoding="utf-8")
    return load(path, list_kinds())


def facts(contract: Contract) -> dict[str, Value]:
    return {name: fact.value for name, fact in contract_facts.read_contract(contract, "it").facts.items()}


@pytest.mark.parametrize("kind", FILES)
def test_equals_the_contract_in_every_fact_that_the_source_tells(kind: str, tmp_path: Path) -> None:
    laid_out(tmp_path)
    imported = facts(made(library.source(tmp_path, FILES[kind]), tmp_path))
    shipped = facts(library.contract(tmp_path))
    untold = {"statuses"} | ({name for name in shipped if "permissions" in name} if kind != "page" else set())
    untold |= {"success"} if kind == "csdl" else set()
    placeholder = ("library", "branches", "loanRequests", ("key", "loanId"), "cancel")
    assert imported["path"] == placeholder
    assert {name: value for name, value in imported.items() if name not in untold} == {
        name: value for name, value in shipped.items() if name not in untold
    }


@pytest.mark.parametrize("kind", ["csdl", "openapi"])
def test_a_status_that_is_not_stated_stays_unknown(kind: str, tmp_path: Path) -> None:
    laid_out(tmp_path)
    path = tmp_path / FILES[kind]
    path.write_text(path.read_text(encoding="utf-8").replace("'204'", "2XX"), encoding="utf-8")
    source = library.source(tmp_path, FILES[kind])
    contract = made(source, tmp_path)
    assert (contract.success.statuses, contract.success.content) == ((204, 200, 202), "absent")
    assert contract.provenance is not None
    assert any("it may be 204, or 200" in note for note in contract.provenance.notes)
    assert library.rules(library.compared(contract, source)) == []
    described = json.loads(export_openapi.format_openapi(contract))
    ((_, item),) = described["paths"].items()
    assert set(item["post"]["responses"]) == {"2XX", "4XX", "5XX"}


def test_it_writes_facts_and_leaves_clauses_to_the_conventions(tmp_path: Path) -> None:
    laid_out(tmp_path)
    contract = made(library.source(tmp_path, FILES["csdl"]), tmp_path)
    text = (tmp_path / "imported.json").read_text(encoding="utf-8")
    assert "clauses" not in json.loads(text)
    assert len(text.splitlines()) < 70
    assert set(contract.clauses) == {
        id
        for name in ("graph-conventions", "graph-service")
        for id, clause in document(name, None)["clauses"].items()
        if "lifecycle" not in clause.get("applies", {})
    }


def test_an_action_of_v1(tmp_path: Path) -> None:
    text = schemas.OPENAPI.replace("com/beta\npaths", "com/v1.0\npaths")
    (tmp_path / "a.yaml").write_text(text)
    contract = made(Source(tmp_path / "a.yaml", "a.yaml"), tmp_path)
    assert contract.request.version == "v1.0"


def test_content_and_an_answer_with_content(tmp_path: Path) -> None:
    text = schemas.CSDL.replace(
        'Type="graph.loan" />\n        <ReturnType',
        'Type="graph.loan" />\n        <Parameter Name="days" Type="Edm.Int32" Nullable="false" />\n'
        "        <ReturnType",
    )
    (tmp_path / "beta.csdl").write_text(text)
    contract = made(Source(tmp_path / "beta.csdl", "beta.csdl"), tmp_path, action="extend")
    assert (contract.request.content, contract.request.media_type) == ("required", "application/json")
    assert (contract.success.status, contract.success.content) == (200, "required")
    assert contract.request.fields["Content-Type"] == "require"
    assert {"request.body", "response.no-content"} <= contract.clauses.keys()


@pytest.mark.parametrize(
    ("change", "action", "problem"),
    [
        (("", ""), "lend", "it does not declare lend bound to loan"),
        (
            ('Name="loanRequests"', 'Name="loanRequests" ContainsTarget="false" X="'),
            "cancel",
            "malformed or truncated",
        ),
        (
            ('Name="loanRequests" Type="Collection(graph.loan)"', 'Name="x" Type="graph.book"'),
            "cancel",
            "has no path",
        ),
    ],
)
def test_what_stops_it(change: tuple[str, str], action: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "beta.csdl").write_text(schemas.CSDL.replace(*change, 1))
    with pytest.raises((IncompleteSource, SourceError), match=problem):
        made(Source(tmp_path / "beta.csdl", "beta.csdl"), tmp_path, action=action)


def test_version_and_path_can_be_given(tmp_path: Path) -> None:
    text = schemas.CSDL.replace(
        'Name="loanRequests" Type="Collection(graph.loan)"', 'Name="x" Type="graph.book"'
    )
    (tmp_path / "metadata.xml").write_text(text)
    source = Source(tmp_path / "metadata.xml", "metadata.xml")
    with pytest.raises(IncompleteSource, match="--api-version"):
        made(source, tmp_path, path="/me/loans/{id}/cancel")
    contract = made(source, tmp_path, path="/me/loans/{id}/cancel", version="beta")
    assert (contract.request.path, contract.request.version) == ("/me/loans/{id}/cancel", "beta")
    assert contract.provenance is not None
    assert "The path was given as an option" in contract.provenance.notes[0]


def test_a_source_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "permissions.json").write_text(json.dumps(library.PERMISSIONS_JSON))
    with pytest.raises(SourceError, match="kind permissions"):
        made(library.source(tmp_path, "permissions.json"), tmp_path)


@pytest.mark.parametrize("name", [FILES["csdl"], FILES["openapi"]])
def test_an_unreadable_fact_stops_it(name: str, tmp_path: Path) -> None:
    laid_out(tmp_path)
    text = (
        (tmp_path / name)
        .read_text()
        .replace("'204'", "'304'")
        .replace('Name="id" Type="Edm.String"', 'Name="x" Type="a"')
    )
    (tmp_path / name).write_text(text)
    problem = "key-type" if name == FILES["csdl"] else "success response"
    with pytest.raises(IncompleteSource, match=problem):
        made(library.source(tmp_path, name), tmp_path)


@given(rendering.published())
@settings(
    max_examples=count_examples(12),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_is_published_comes_back(tmp_path: Path, each: Published) -> None:
    sources = {
        f"{each.version}.csdl": rendering.csdl(each),
        "openapi.yaml": rendering.openapi(each),
        "page.md": rendering.page(each),
    }
    library.laid_out(tmp_path, sources)
    contracts = {
        name: made(Source(tmp_path / name, name), tmp_path, each.binding, each.action) for name in sources
    }
    for name, contract in contracts.items():
        assert library.rules(library.compared(contract, Source(tmp_path / name, name))) == [], name
    said = {name: facts(contract) for name, contract in contracts.items()}
    permissions = [name for name in said["page.md"] if name.startswith("permissions.")]
    assert said["page.md"]["permissions.delegated-work"] == (each.work, ())
    assert said["page.md"]["permissions.application"] == (each.application, ())
    for name, found in said.items():
        assert contracts[name].request.path == each.path
        assert contracts[name].request.version == each.version
        key = {"String": "string", "Guid": "guid", "Int64": "integer"}[each.key]
        assert found["key-type"] == ("string" if name == "page.md" else key)
        is_csdl = name.endswith(".csdl")
        assert found["success"] == (None if is_csdl else 204, "none")
        left = (*permissions, "key-type", *(["success"] if is_csdl else []))
        others = {fact: value for fact, value in found.items() if fact not in left}
        assert others == {fact: value for fact, value in said["page.md"].items() if fact in others}
    for name, contract in contracts.items():
        exported = tmp_path / "exported.json"
        exported.write_text(export_openapi.format_openapi(contract))
        again = made(Source(exported, "exported.json"), tmp_path, each.binding, each.action)
        assert {fact: value for fact, value in facts(again).items() if fact not in permissions} == {
            fact: value for fact, value in said[name].items() if fact not in permissions
        }


ABOVE = "/library/branches/loanRequests/{loanId}"


@pytest.mark.parametrize("kind", ["page", "openapi"])
@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("/library/cancel", {}),
        ("/me/loans/cancel", {}),
        ("/desks/{desk-id}/loans/{loan-id}/cancel", {"deskId": "string", "loanId": "string"}),
        ("/desks/{id}/loans/{id}/cancel", {"id": "string", "id2": "string"}),
        ("/loans(code='{code}')/cancel", {"code": "string"}),
        ("/desks/{desk-id}/byName(name='{name}',row={row})/cancel", {"deskId": "", "name": "", "row": ""}),
        ("/desks/{desk-id}/graph.lendingDesk/loans/{loan-id}/cancel", {"deskId": "", "loanId": ""}),
        ("/loans/{loan-id}/graph.loan/library.desk.cancel", {"loanId": "string"}),
        ("/users/{id | userPrincipalName}/loans/{loan-id}/cancel", {"id": "", "loanId": ""}),
    ],
)
def test_a_path_of_any_form(kind: str, path: str, parameters: dict[str, str], tmp_path: Path) -> None:
    if kind == "openapi" and len(set(re.findall("{.*?}", path))) < len(parameters):
        path = path.replace("{id}", "{desk-id}", 1)
        parameters = {"deskId": "", "id": ""}
    described = {
        "openapi": "3.0.1",
        "servers": [{"url": "https://graph.microsoft.com/beta"}],
        "paths": {
            path: {
                "parameters": [
                    {"name": name, "in": "path", "schema": {"type": "string"}}
                    for name in re.findall("{(.*?)}", path)
                ],
                "post": {"responses": {"204": {}}},
            }
        },
    }
    page = library.PAGE_TEXT.replace(f"{ABOVE}/cancel", path)
    page = page.replace("## Examples", "## Remarks").partition("## Remarks")[0]
    library.laid_out(
        tmp_path, {**library.files_of_page(), library.PAGE: page, "a.json": json.dumps(described)}
    )
    source = library.source(tmp_path, library.PAGE if kind == "page" else "a.json")
    contract = made(source, tmp_path, path=path)
    names = iter(parameters)
    assert contract.request.path == re.sub("{.*?}", lambda _: f"{{{next(names)}}}", path)
    assert contract.request.parameters.keys() == parameters.keys()
    assert library.rules(library.compared(contract, source)) == []


def test_several_paths_of_a_page_are_listed(tmp_path: Path) -> None:
    page = library.PAGE_TEXT.replace(
        f"{ABOVE}/cancel\n", f"{ABOVE}/cancel\nPOST /me/loans/{{loanId}}/cancel\n", 1
    )
    library.laid_out(tmp_path, {**library.files_of_page(), library.PAGE: page})
    with pytest.raises(IncompleteSource, match="2 paths lead to cancel of loan") as caught:
        made(library.source(tmp_path), tmp_path)
    assert caught.value.hint == f"Choose one with --path:\n  /me/loans/{{loanId}}/cancel\n  {ABOVE}/cancel"
    assert made(library.source(tmp_path), tmp_path, path=f"{ABOVE}/cancel").request.path == f"{ABOVE}/cancel"


def test_an_action_without_keys_in_csdl(tmp_path: Path) -> None:
    text = schemas.CSDL.replace(
        'Name="loanRequests" Type="Collection(graph.loan)"', 'Name="x" Type="graph.loan"'
    )
    (tmp_path / "beta.csdl").write_text(text)
    contract = made(Source(tmp_path / "beta.csdl", "beta.csdl"), tmp_path)
    assert (contract.request.path, contract.request.parameters) == ("/library/branches/x/cancel", {})


FUNCTION = """\
<Function Name="view" IsBound="true"><Parameter Name="it" Type="{binding}" />{more}
<Parameter Name="start" Type="Edm.String" Nullable="false" />
<ReturnType Type="Collection(graph.loan)" /></Function>
"""


@pytest.mark.parametrize(
    ("binding", "above"), [("graph.loan", "/{loanId}"), ("Collection(graph.loan)", "")], ids=["one", "all"]
)
def test_functions_of_one_name_differ_in_their_parameters(binding: str, above: str, tmp_path: Path) -> None:
    more = '<Parameter Name="days" Type="Edm.Int32" Nullable="false" />'
    declared = FUNCTION.format(binding=binding, more="") + FUNCTION.format(binding=binding, more=more)
    (tmp_path / "beta.csdl").write_text(
        schemas.CSDL.replace("<EntityContainer", f"{declared}<EntityContainer")
    )
    source = Source(tmp_path / "beta.csdl", "beta.csdl")
    with pytest.raises(IncompleteSource, match="2 paths lead to view of loan"):
        made(source, tmp_path, action="view")
    for call in ("view(start='{start}')", "view(days={days},start='{start}')"):
        path = f"/library/branches/loanRequests{above}/{call}"
        contract = made(source, tmp_path, action="view", path=path)
        assert (contract.request.method, contract.request.path) == ("GET", path)
        assert library.rules(library.compared(contract, source)) == []


def test_a_title_that_is_a_sentence(tmp_path: Path) -> None:
    page = library.PAGE_TEXT.replace("loan: cancel", "Call off a loan")
    library.laid_out(tmp_path, {**library.files_of_page(), library.PAGE: page})
    contract = made(library.source(tmp_path), tmp_path)
    assert (contract.title, contract.request.path) == ("Call off a loan", f"{ABOVE}/cancel")
    assert library.rules(library.compared(contract, library.source(tmp_path))) == []


def test_permissions_that_cannot_be_read_are_left_out(tmp_path: Path) -> None:
    pages = library.files_of_page()
    changed = {name: text.replace("|Application|", "|Robot|") for name, text in pages.items()}
    library.laid_out(tmp_path, changed)
    contract = made(library.source(tmp_path), tmp_path)
    assert contract.permissions is None
    assert contract.provenance is not None
    assert any("permissions" in note for note in contract.provenance.notes)


def test_the_shipped_contract_described_in_openapi(tmp_path: Path) -> None:
    contract = load("sharepointmigrationtask-cancel", list_kinds())
    path = tmp_path / "exported.json"
    path.write_text(export_openapi.format_openapi(contract))
    described = json.loads(path.read_bytes())
    assert described["openapi"] == "3.1.0"
    ((template, item),) = described["paths"].items()
    assert template == contract.request.path
    operation = item["post"]
    assert operation["security"] == [
        {"delegated-work": ["SharePointCrossTenantMigration.Manage.All"]},
        {"application": ["SharePointCrossTenantMigration.Manage.All"]},
    ]
    assert "requestBody" not in operation
    assert set(operation["responses"]) == {"204", "4XX", "5XX"}
    read = openapi_reader.read(Source(path, "exported.json"), contract_facts.identify_operation(contract))
    base = contract_facts.read_contract(contract, "it")
    stated = {name for name, fact in read.facts.items() if fact.stance == "asserts"} & {
        name for name, fact in base.facts.items() if fact.stance == "asserts"
    }
    assert stated >= {
        "method",
        "path",
        "version",
        "binding",
        "action",
        "key-type",
        "content",
        "success",
        "route",
    }
    assert {name: read.facts[name].value for name in stated - {"wording"}} == {
        name: base.facts[name].value for name in stated - {"wording"}
    }
