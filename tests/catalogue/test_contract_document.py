from __future__ import annotations

import re
from typing import Any

import pytest

from graphcontract.catalogue.contract_document import make_document, make_identifiers
from graphcontract.catalogue.operation import parse_members, parse_sources
from graphcontract.inputs.ids import plain
from graphcontract.judging.hypothesis_runner import draw
from tests.catalogue.making import HEADER

SOURCES = parse_sources(HEADER)


def document_of(operation: str, **facts: Any) -> dict[str, Any]:
    return make_document("an-id", parse_members({"operation": operation, "route": "s", **facts}), SOURCES)


def test_every_parameter_gets_a_schema_by_its_type() -> None:
    types = "guid,int32,?,boolean,string,dateTimeOffset,?"
    path = "/a/{a-id}/{n}/{x}/f(on={on},name='{name}',at={at},some={some})"
    request = document_of(f"beta POST {path}", types={types: "c"})["request"]
    text, other = {"type": "string", "minLength": 1}, {"type": "string", "pattern": "^[A-Za-z0-9.:+-]+$"}
    assert request["path"] == "/a/{aId}/{n}/{x}/f(on={on},name='{name}',at={at},some={some})"
    assert request["parameters"] == {
        "aId": {"type": "string", "format": "uuid", "minLength": 1},
        "n": {"type": "integer"},
        "x": text,
        "on": {"type": "string", "enum": ["true", "false"]},
        "name": text,
        "at": other,
        "some": {"type": "integer"},
    }


@pytest.mark.parametrize("type", ["dateTimeOffset", "?", "int32", "boolean"])
def test_values_without_quotes_are_literals(type: str) -> None:
    """A pattern of JSON Schema allows any text around what it matches."""
    document = document_of("beta POST /a/f(at={at})/do", types={type: "c"})
    drawn = plain(document["request"]["parameters"]["at"])
    assert all(
        re.fullmatch(r"[A-Za-z0-9.:+-]+", each) for each in draw(drawn, seed=0, name="at", examples=20)
    )


def test_a_required_query_is_a_parameter() -> None:
    request = document_of("v1.0 DELETE /a/{a-id}/members/$ref", query={"@id": "s"})["request"]
    assert request["query"] == "required"
    assert list(request["parameters"]) == ["aId", "id"]
    assert request["parameters"]["id"] == {"in": "query", "name": "@id", "type": "string", "minLength": 1}


def test_the_source_nearest_to_the_service_decides() -> None:
    request = document_of("v1.0 DELETE /a/{a-id}", types={"string": "o", "guid": "c"})["request"]
    assert request["parameters"]["aId"]["format"] == "uuid"


@pytest.mark.parametrize(
    ("stated", "entries"),
    [
        ("A.B", [{"scheme": "Application", "least": ["A.B"], "higher": []}]),
        ("A.B C.D > E.F G.H", [{"scheme": "Application", "least": ["A.B", "C.D"], "higher": ["E.F", "G.H"]}]),
        ("> E.F", [{"scheme": "Application", "least": [], "higher": ["E.F"]}]),
        ("A.B+C.D", None),
    ],
)
def test_permissions(stated: str, entries: list[dict[str, Any]] | None) -> None:
    document = document_of("beta POST /a", permissions={"p": {"Application": stated}})
    assert document.get("permissions") == entries


@pytest.mark.parametrize(
    ("method", "alternatives", "text"), [("DELETE", [200], "200"), ("POST", [200, 202], "200 or 202")]
)
def test_an_unknown_status_is_noted(method: str, alternatives: list[int], text: str) -> None:
    document = document_of(f"beta {method} /a")
    assert document["success"] == {"status": 204, "content": "absent", "alternatives": alternatives}
    assert document["provenance"]["notes"] == [
        f"No source states the status of success: it may be 204, or {text} without content."
    ]
    assert document["provenance"]["source"] == "Catalogue of operations, from: routes of library-sdk 1.0"


def test_a_stated_status_is_the_only_one() -> None:
    assert document_of("beta POST /a", success={"202": "o"})["success"] == {
        "status": 202,
        "content": "absent",
    }


def test_a_long_path_has_a_title_of_one_line() -> None:
    title = document_of("beta POST " + "/segment" * 60)["title"]
    assert len(title) <= 300
    assert title.startswith("POST /segment")


def test_identifiers_differ() -> None:
    names = ["a-id", "aId", "id", "@id", "a-id1", "-"]
    assert make_identifiers(names) == ["aId", "aId2", "id", "id2", "aId1", "id3"]
