"""What an import refuses: options that the source contradicts, and what a contract cannot say."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from graphcontract.clauses import list_kinds
from graphcontract.contract.loader import load
from graphcontract.contract.model import Contract
from graphcontract.drift import contract_facts
from graphcontract.drift.import_contract import IncompleteSource, make_contract
from graphcontract.drift.model import Source
from graphcontract.drift.page.prose import classify_content
from graphcontract.wire import WireRequest
from tests.clauses import call, exchange, kinds, request
from tests.drift import library, rendering, schemas
from tests.drift.library import PAGE_TEXT

EMPTY_OBJECT = [
    "In the request body, supply an empty JSON object `{}`.",
    "In the request body, supply an empty JSON object, `{ }`.",
    "Provide an empty object in the request body.",
    "Supply an empty JSON body.",
    "The request body must be `{}`.",
    "An empty JSON payload is required.",
    "In the request body, provide a JSON object with no properties.",
    "Supply an empty request body (`{}`).",
    "In the request body, supply:\n\n``` json\n{ }\n```",
    "Use this content.\n\n``` json\n{\n}\n```",
]
BODY = "Don't send a request body."
HEADERS = "|Authorization|Bearer {token}. Required.|\n"
TYPED = f"{HEADERS}|Content-type|application/json. Required.|\n"
SAMPLE = "5f0c/cancel\n"
WITH_CONTENT = f"{SAMPLE}Content-Type: application/json\n\n{{ }}\n"


def imported(folder: Path, name: str, text: str, path: str | None = None, **given: str) -> Contract:
    library.laid_out(folder, {**library.files_of_page(), name: text})
    action = given.get("action", "cancel")
    source = Source(folder / name, name)
    text = make_contract(source, given.get("type", "loan"), action, path, given.get("version"), list_kinds())
    (folder / "imported.json").write_text(text, encoding="utf-8")
    return load(folder / "imported.json", list_kinds())


@pytest.mark.parametrize("sample", [SAMPLE, WITH_CONTENT], ids=["no sample content", "sample content"])
@pytest.mark.parametrize("headers", [HEADERS, TYPED], ids=["untyped", "typed"])
@pytest.mark.parametrize("body", EMPTY_OBJECT)
def test_a_page_that_requires_an_empty_object(body: str, headers: str, sample: str, tmp_path: Path) -> None:
    text = PAGE_TEXT.replace(BODY, body).replace(HEADERS, headers).replace(SAMPLE, sample)
    contract = imported(tmp_path, library.PAGE, text)
    assert (contract.request.content, contract.request.media_type) == ("required", "application/json")
    assert contract.request.fields["Content-Type"] == "require"
    assert library.rules(library.compared(contract, library.source(tmp_path))) == []
    before = library.rules(library.compared(library.contract(tmp_path), library.source(tmp_path)))
    assert "content-required" in before
    made = replace(call(), arguments={"loanId": "5f0c"})
    right = exchange(_sent(contract, {"Content-Type": "application/json"}, "{}"), asked=made)
    wrong = exchange(_sent(contract, {}, ""), asked=made)
    assert kinds("request.body", right, contract=contract) == []
    assert kinds("request.content-type", right, contract=contract) == []
    assert kinds("request.body", wrong, contract=contract) == ["no-content"]


def _sent(contract: Contract, fields: dict[str, str | None], content: str) -> WireRequest:
    path = contract.request.path.replace("{loanId}", "5f0c")
    return request(f"/beta{path}", fields=fields, content=content)


@pytest.mark.parametrize(
    ("said", "content"),
    [
        ("Optionally, supply an empty JSON object in the request body.", "optional"),
        ("Do not supply a request body, not even an empty object.", "none"),
        ("Don't supply an empty body.", "required"),
        ("The request body must be empty.", "none"),
        ("Do not supply a request body. Send `{}`.", None),
        ("Send no body or an empty JSON object.", None),
    ],
)
def test_what_is_said_of_an_empty_object(said: str, content: str | None) -> None:
    assert classify_content([said], []) == content


@pytest.mark.parametrize("body", [PAGE_TEXT, PAGE_TEXT.replace(SAMPLE, WITH_CONTENT)])
def test_content_is_never_dropped(body: str, tmp_path: Path) -> None:
    text = body.replace("## Request body\n\nDon't send a request body.\n\n", "")
    contract = imported(tmp_path, library.PAGE, text)
    assert contract.request.content == ("absent" if body is PAGE_TEXT else "required")
    if body is not PAGE_TEXT:
        with pytest.raises(
            IncompleteSource, match=r"loan-cancel\.md:\d+: content: .* the sample request has"
        ):
            imported(tmp_path, library.PAGE, body)


@pytest.mark.parametrize(
    ("row", "rule", "later"),
    [
        ("|Content-Type|application/json. Required.|\n", "require", ["input-relaxed"]),
        ("|Content-type|application/json|\n", "unconstrained", []),
        ("|Content-Type|application/json. Optional.|\n", "unconstrained", []),
        ("", "forbid", []),
    ],
)
def test_content_type_of_a_request_without_content(
    row: str, rule: str, later: list[str], tmp_path: Path
) -> None:
    contract = imported(tmp_path, library.PAGE, PAGE_TEXT.replace(HEADERS, HEADERS + row))
    assert (contract.request.content, contract.request.fields["Content-Type"]) == ("absent", rule)
    assert library.rules(library.compared(contract, library.source(tmp_path))) == []
    library.laid_out(tmp_path, {library.PAGE: PAGE_TEXT})
    assert library.rules(library.compared(contract, library.source(tmp_path))) == later
    required = PAGE_TEXT.replace(HEADERS, f"{HEADERS}|content-type|A type. Required.|\n")
    library.laid_out(tmp_path, {library.PAGE: required})
    found = library.rules(library.compared(contract, library.source(tmp_path)))
    assert found == ([] if rule == "require" else ["required-input-added"])


def test_a_field_that_a_contract_cannot_require(tmp_path: Path) -> None:
    text = PAGE_TEXT.replace(HEADERS, f"{HEADERS}|If-Match|An etag. Required.|\n")
    with pytest.raises(IncompleteSource, match=r"loan-cancel\.md:\d+: it requires the header field If-Match"):
        imported(tmp_path, library.PAGE, text)


@pytest.mark.parametrize("name", ["csdl", "openapi"])
def test_required_content_does_not_drift_from_its_own_source(name: str, tmp_path: Path) -> None:
    texts = {
        "csdl": schemas.CSDL.replace(
            'Type="graph.loan" />\n      </Action>',
            'Type="graph.loan" />\n        <Parameter Name="days" Type="Edm.Int32" Nullable="false" />\n'
            "      </Action>",
        ),
        "openapi": schemas.OPENAPI.replace(
            "      operationId: library.branches.loanRequests.loan.cancel\n",
            "      requestBody:\n        required: true\n        content:\n          application/json: {}\n",
        ),
    }
    contract = imported(tmp_path, f"beta.{name}", texts[name])
    assert contract.request.content == "required"
    result = library.compared(contract, Source(tmp_path / f"beta.{name}", "it"))
    assert library.rules(result) == []


ROUTE = "/library/branches/loanRequests/{loan"
SOURCES = {"beta.csdl": schemas.CSDL, "a.yaml": schemas.OPENAPI, library.PAGE: PAGE_TEXT}
SOURCES["a.json"] = json.dumps(
    {
        "openapi": "3.0.1",
        "servers": [{"url": "https://graph.microsoft.com/beta"}],
        "paths": {
            "/library/branches/loanRequests/{loan-id}/cancel": {
                "parameters": [{"name": "loan-id", "in": "path", "schema": {"type": "string"}}],
                "post": {"responses": {"204": {}}},
            }
        },
    }
)


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize(
    "path",
    [
        "/library/branches/loanRequest/{id}/cancel",
        "/library/loanRequests/{id}/cancel",
        "/library/branches/loanRequests/{id}/cancle",
        "/beta/library/branches/loanRequests/{id}/cancel",
        "/library/branches/loanRequests/cancel",
        "/me/x/{id}/y/cancel",
        "/library/branches/loanRequests/{id}",
        "/",
    ],
)
def test_a_path_that_matches_no_route(name: str, path: str, tmp_path: Path) -> None:
    with pytest.raises(IncompleteSource) as caught:
        imported(tmp_path, name, SOURCES[name], path)
    assert f"--path {path}" in str(caught.value) or "another operation" in str(caught.value)
    assert f"\n  {ROUTE}" in caught.value.hint
    assert caught.value.status == 2


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("end", ["cancel", "microsoft.graph.cancel", "Cancel"])
def test_a_path_that_matches(name: str, end: str, tmp_path: Path) -> None:
    contract = imported(tmp_path, name, SOURCES[name], f"/library/branches/loanRequests/{{x}}/{end}")
    assert contract.request.path.startswith(ROUTE)


def test_routes_are_listed_nearest_first_and_bounded(tmp_path: Path) -> None:
    sets = "".join(f'<EntitySet Name="loans{number}" EntityType="graph.loan" />' for number in range(20))
    text = schemas.CSDL.replace("<EntitySet ", f"{sets}<EntitySet ", 1)
    with pytest.raises(IncompleteSource) as caught:
        imported(tmp_path, "beta.csdl", text, "/loans17x/{id}/cancel")
    _, *lines = caught.value.hint.split("\n")
    assert len(lines) == 7
    assert lines[-1] == "  and 15 more"
    assert "  /loans17/{loanId}/cancel" in lines


@pytest.mark.parametrize("name", [name for name in SOURCES if name != "a.json"])
@pytest.mark.parametrize("type", ["lending", "loanJob"])
def test_an_action_of_another_type(name: str, type: str, tmp_path: Path) -> None:
    path = "/library/branches/loanRequests/{id}/cancel"
    with pytest.raises(IncompleteSource, match="Give --action loan/cancel"):
        imported(tmp_path, name, SOURCES[name], path, type=type)


@pytest.mark.parametrize("name", SOURCES)
def test_a_version_that_the_source_contradicts(name: str, tmp_path: Path) -> None:
    with pytest.raises(IncompleteSource, match=r"--api-version v1\.0: .* is for version beta"):
        imported(tmp_path, name, SOURCES[name], version="v1.0")
    assert imported(tmp_path, name, SOURCES[name], version="beta").request.version == "beta"


def test_what_a_page_does_not_tell_is_taken_from_the_options(tmp_path: Path) -> None:
    text = PAGE_TEXT.replace("loan: cancel", "Call off a loan")
    contract = imported(tmp_path, library.PAGE, text, "/library/branches/loanRequests/{loanId}/cancel")
    assert contract_facts.identify_operation(contract).binding == "loan"
    assert contract.provenance is not None
    assert any("binding was given as an option" in note for note in contract.provenance.notes)
    assert library.rules(library.compared(contract, library.source(tmp_path))) == []


def test_versions_of_one_action_have_ids_of_their_own(tmp_path: Path) -> None:
    ids = []
    for version in ("beta", "v1.0"):
        text = rendering.page(replace(_PUBLISHED, version=version))
        ids.append(imported(tmp_path, "page.md", text, type="desk", action="close").id)
    assert ids == ["desk-close-beta", "desk-close-v1-0"]


_PUBLISHED = rendering.Published(("library", "rooms"), "desk", "close", "String", "beta", (), ())
