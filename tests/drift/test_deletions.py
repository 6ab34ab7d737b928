"""Contracts of DELETE: made of pages and OpenAPI, and compared with every kind of source."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from graphcontract.contract.model import Contract
from graphcontract.drift.import_contract import IncompleteSource
from graphcontract.drift.model import Source
from tests.drift import library, schemas
from tests.drift.test_import_contract import made

LOAN = "/library/branches/loanRequests/{loanId}"
ACTION = f"POST {LOAN}/cancel"
BUILDERS = "msgraph_beta.generated.library.branches.loanRequests"
ENTITY = "msgraph_beta.generated.models.Loan-->Entity\n"
PATHS = {
    LOAN: LOAN,
    "/desks/{id}/loans/{id}": "/desks/{id}/loans/{id2}",
    "/desks/{desk-id}/loans/{loan-id}/$ref": "/desks/{deskId}/loans/{loanId}/$ref",
    "/loans(code='{code}')": "/loans(code='{code}')",
    "/me/desk": "/me/desk",
    "/users/{id | userPrincipalName}/desk/graph.shelf/{shelf-id}": "/users/{id}/desk/graph.shelf/{shelfId}",
}


def page(path: str, *others: str) -> str:
    lines = "\n".join(f"DELETE {each}" for each in (path, *others))
    sample = re.sub(r"\{[^}]*\}", "5f0c", path)
    text = library.PAGE_TEXT.replace(ACTION, lines).replace("loan: cancel", "Delete loan")
    return re.sub(r"POST (https://graph.microsoft.com/beta)\S+", rf"DELETE \1{sample}", text)


def openapi(path: str, method: str = "delete") -> str:
    named = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(.*?)\}", path)
    ]
    operations: dict[str, object] = {method: {"responses": {"204": {}}}, "get": {"responses": {"200": {}}}}
    server = "https://graph.microsoft.com/beta"
    item = {"parameters": named, **operations}
    return json.dumps({"openapi": "3.0.1", "servers": [{"url": server}], "paths": {path: item}})


def page_source(folder: Path, text: str) -> Source:
    library.laid_out(folder, {**library.files_of_page(), library.PAGE: text})
    return library.source(folder)


def file_source(folder: Path, name: str, text: str) -> Source:
    library.laid_out(folder, {name: text})
    return Source(folder / name, name)


def contract(folder: Path, path: str = LOAN) -> Contract:
    return made(page_source(folder, page(path)), folder, action="delete")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("kind", ["page", "openapi"])
def test_a_contract_of_its_source_does_not_drift(kind: str, path: str, tmp_path: Path) -> None:
    if kind == "openapi":
        path = path.replace("desks/{id}", "desks/{desk-id}")
        source = file_source(tmp_path, "beta.json", openapi(path))
        deleted = made(source, tmp_path, action="delete", path=path)
    else:
        source = page_source(tmp_path, page(path))
        deleted = made(source, tmp_path, action="delete")
        assert deleted.request.path == PATHS[path]
    assert deleted.request.method == "DELETE"
    assert deleted.request.fields["Content-Length"] == "unconstrained"
    assert deleted.title == "Delete loan"
    assert (deleted.success.status, deleted.success.content) == (204, "absent")
    assert library.rules(library.compared(deleted, source)) == []


def test_several_paths_are_listed(tmp_path: Path) -> None:
    source = page_source(tmp_path, page(LOAN, "/me/loans/{loanId}"))
    with pytest.raises(IncompleteSource, match="2 paths lead to delete of loan") as caught:
        made(source, tmp_path, action="delete")
    assert caught.value.hint == f"Choose one with --path:\n  /me/loans/{{loanId}}\n  {LOAN}"
    chosen = made(source, tmp_path, action="delete", path="/me/loans/{loanId}")
    assert (chosen.id, chosen.request.path) == ("me-loans-id-delete-beta", "/me/loans/{loanId}")


def test_paths_of_openapi_are_those_with_delete(tmp_path: Path) -> None:
    described = json.loads(openapi("/desks/{desk-id}/loans/{loan-id}"))
    described["paths"]["/me/loans/{loan-id}"] = {"get": {"responses": {"200": {}}}}
    source = file_source(tmp_path, "beta.json", json.dumps(described))
    deleted = made(source, tmp_path, action="delete")
    assert deleted.request.path == "/desks/{deskId}/loans/{loanId}"
    with pytest.raises(IncompleteSource, match="no such path"):
        made(source, tmp_path, action="delete", path="/me/loans/{loan-id}")


def test_an_action_may_be_named_delete(tmp_path: Path) -> None:
    text = library.PAGE_TEXT.replace("/cancel", "/delete").replace("loan: cancel", "loan: delete")
    source = page_source(tmp_path, text)
    action = made(source, tmp_path, action="delete")
    assert (action.request.method, action.request.path) == ("POST", f"{LOAN}/delete")
    described = file_source(tmp_path, "beta.json", openapi("/loans/{loan-id}/delete", "post"))
    action = made(described, tmp_path, action="delete")
    assert (action.request.method, action.request.path) == ("POST", "/loans/{loanId}/delete")


def test_csdl_does_not_say_what_is_deleted(tmp_path: Path) -> None:
    source = file_source(tmp_path, "beta.csdl", schemas.CSDL)
    with pytest.raises(IncompleteSource, match="does not declare which requests delete a loan"):
        made(source, tmp_path, action="delete")


def test_permissions_that_are_required_together_are_left_out(tmp_path: Path) -> None:
    library.laid_out(tmp_path, {**library.files_of_page(), library.PAGE: page(LOAN)})
    text = library.PERMISSIONS_TEXT.replace("|Loan.Manage.All|Not", "|Loan.Read and Loan.Manage.All|Not")
    library.laid_out(tmp_path, {library.PERMISSIONS: text})
    deleted = made(library.source(tmp_path), tmp_path, action="delete")
    assert deleted.permissions is None
    assert deleted.provenance is not None
    assert any("permissions together" in note for note in deleted.provenance.notes)
    assert library.rules(library.compared(deleted, library.source(tmp_path))) == []


@pytest.mark.parametrize(
    ("path", "rules"),
    [
        (LOAN, []),
        (f"{LOAN}/$ref", []),
        ("/library/branches/loanRequests(code='{code}')", []),
        ("/library/branches/LoanRequests/{loanId}", ["letter-case-changed"]),
        ("/library/houses/loanRequests/{loanId}", ["route-gone"]),
    ],
)
def test_what_csdl_has_at_the_path(path: str, rules: list[str], tmp_path: Path) -> None:
    source = file_source(tmp_path, "beta-Prod.csdl", schemas.CSDL)
    assert library.rules(library.compared(contract(tmp_path, path), source)) == rules


def test_csdl_can_deny_it(tmp_path: Path) -> None:
    denied = """<Annotations Target="graph.branches/loanRequests"><Annotation
     Term="Org.OData.Capabilities.V1.DeleteRestrictions"><Record><PropertyValue Property="Deletable"
     Bool="false" /></Record></Annotation></Annotations>"""
    owner = re.search(
        r'<EntityType Name="(\w+)"[^>]*>(?:(?!</EntityType>).)*loanRequests', schemas.CSDL, re.S
    )
    assert owner is not None
    text = schemas.CSDL.replace("</Schema>", f"{denied.replace('branches', owner[1])}</Schema>", 1)
    source = file_source(tmp_path, "beta-Prod.csdl", text)
    assert library.rules(library.compared(contract(tmp_path), source)) == ["route-gone"]


@pytest.mark.parametrize(
    ("own", "rules"),
    [
        ("(code='{code}')", []),
        ("(code={value})", []),
        ("(code='{id}')/", []),
        ("(number={value})", ["operation-missing"]),
        ("/{id}", ["operation-missing"]),
    ],
)
def test_permissions_spell_an_alternate_key_without_quotes(
    own: str, rules: list[str], tmp_path: Path
) -> None:
    document = json.dumps(library.PERMISSIONS_JSON)
    document = document.replace("/library/branches/loanrequests/{id}/cancel", f"/loans{own}")
    source = file_source(tmp_path, "permissions.json", document.replace('"POST"', '"DELETE"'))
    assert library.rules(library.compared(contract(tmp_path, "/loans(code='{code}')"), source)) == rules


DENIAL = """<Annotation Term="Org.OData.Capabilities.V1.DeleteRestrictions"><Record>
  <PropertyValue Property="Deletable" Bool="false" /></Record></Annotation>"""
DEPRECATION = """<Annotation Term="Org.OData.Core.V1.Revisions"><Collection><Record>
  <PropertyValue Property="Kind" EnumMember="Org.OData.Core.V1.RevisionKind/Deprecated" />
</Record></Collection></Annotation>"""
MEMBER = '<NavigationProperty Name="loanRequests" Type="Collection(graph.loan)" ContainsTarget="true"'
ABOVE = '<NavigationProperty Name="branches" Type="graph.branchesRoot" ContainsTarget="true"'


def annotate(target: str, annotation: str, prefix: str = "") -> str:
    own = f'<Annotations Target="{target}">{annotation}</Annotations>'
    text = schemas.CSDL.replace("</Schema>", f"{own}</Schema>", 1)
    if prefix:
        text = re.sub(r"<(/?)(?!edmx|\?)(\w)", rf"<\1{prefix}:\2", text).replace("xmlns=", f"xmlns:{prefix}=")
    return text


def annotate_within(member: str, annotation: str) -> str:
    assert schemas.CSDL.count(f"{member} />") == 1
    return schemas.CSDL.replace(f"{member} />", f"{member}>{annotation}</NavigationProperty>")


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        (annotate("graph.branchesRoot/loanRequests", DENIAL, "edm"), ["route-gone"]),
        (annotate_within(MEMBER, DENIAL), ["route-gone"]),
        (annotate_within(MEMBER, DENIAL.replace("false", "true")), []),
        (annotate_within(ABOVE, DENIAL), []),
        (annotate("graph.branchesRoot/loanRequests", DEPRECATION), ["deprecation-announced"]),
        (annotate_within(MEMBER, DEPRECATION), ["deprecation-announced"]),
        (annotate("graph.loan", DEPRECATION), ["deprecation-announced"]),
        (annotate("graph.libraryRoot/branches", DEPRECATION), ["deprecation-inherited"]),
        (annotate_within(ABOVE, DEPRECATION), ["deprecation-inherited"]),
        (annotate("graph.branchesRoot/loanJobs", DEPRECATION), []),
        (annotate("graph.loanJob", DEPRECATION), []),
    ],
)
def test_csdl_may_annotate_within_or_outside(text: str, rules: list[str], tmp_path: Path) -> None:
    source = file_source(tmp_path, "beta-Prod.csdl", text)
    found = library.compared(contract(tmp_path), source)
    assert library.rules(found) == rules
    if rules and rules != ["route-gone"]:
        (finding,) = found.findings
        assert finding.now is not None
        assert finding.origin.line is not None
        assert "Record" in text.splitlines()[finding.origin.line - 1]


ALTERNATE = "/loans(code='{code}')"
GUID = {"type": "string", "format": "uuid"}


@pytest.mark.parametrize(
    ("schema", "rules"),
    [
        ({"type": "string"}, []),
        (GUID, ["key-type-changed"]),
        ({"type": ["string", "null"]}, []),
        ({"$ref": "#/components/schemas/code"}, []),
        ({"allOf": [{"$ref": "#/components/schemas/code"}]}, []),
        ({"$ref": "#/components/schemas/uuid"}, ["key-type-changed"]),
        ({"anyOf": [{"$ref": "#/components/schemas/uuid"}]}, ["key-type-changed"]),
    ],
)
@pytest.mark.parametrize("path", [LOAN, ALTERNATE])
def test_the_type_of_a_key(path: str, schema: object, rules: list[str], tmp_path: Path) -> None:
    document = json.loads(openapi(path))
    (item,) = document["paths"].values()
    item["parameters"][-1]["schema"] = schema
    document["components"] = {"schemas": {"code": {"type": "string"}, "uuid": GUID}}
    source = file_source(tmp_path, "beta.json", json.dumps(document))
    assert library.rules(library.compared(contract(tmp_path, path), source)) == rules


@pytest.mark.parametrize(("type", "rules"), [("String", []), ("Guid", ["key-type-changed"])])
def test_csdl_has_the_type_of_an_alternate_key(type: str, rules: list[str], tmp_path: Path) -> None:
    text = schemas.CSDL.replace(
        '<Property Name="dueDate"', f'<Property Name="code" Type="Edm.{type}" />\n<Property Name="dueDate"'
    )
    source = file_source(tmp_path, "beta-Prod.csdl", text)
    alternate = "/library/branches/loanRequests(code='{code}')"
    assert library.rules(library.compared(contract(tmp_path, alternate), source)) == rules


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        (openapi(LOAN), []),
        (openapi("/library/branches/loanRequests/{loan-id}"), []),
        (openapi(LOAN, "patch"), ["route-gone"]),
        (openapi("/library/houses/loanRequests/{loanId}"), ["route-gone"]),
    ],
)
def test_what_openapi_has_at_the_path(text: str, rules: list[str], tmp_path: Path) -> None:
    source = file_source(tmp_path, "beta.json", text)
    assert library.rules(library.compared(contract(tmp_path), source)) == rules


@pytest.mark.parametrize(
    ("path", "builder", "verb", "rules"),
    [
        (LOAN, "item.LoanItem", "delete", []),
        (f"{LOAN}/$ref", "item.ref.Ref", "delete", []),
        ("/library/branches/loanRequests(code='{code}')", "WithCode.LoanRequestsWithCode", "delete", []),
        (LOAN, "item.LoanItem", "patch", ["operation-missing"]),
        (LOAN, "item.cancel.Cancel", "delete", ["operation-missing"]),
    ],
)
def test_what_an_sdk_has_for_it(path: str, builder: str, verb: str, rules: list[str], tmp_path: Path) -> None:
    dot = "" if builder.startswith("With") else "."
    line = f"{BUILDERS}{dot}{builder}RequestBuilder::|public|{verb}(request_configuration?:X):None\n"
    source = file_source(tmp_path, "kiota-dom-export.txt", f"{ENTITY}{line}")
    assert library.rules(library.compared(contract(tmp_path, path), source)) == rules
