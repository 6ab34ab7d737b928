from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from graphcontract.catalogue.catalogue import Catalogue, _fold_name
from graphcontract.catalogue.lookup import find_operation
from graphcontract.catalogue.operation import Operation, format_line, parse_members
from graphcontract.catalogue.patterns import NoOperation
from graphcontract.clauses import list_kinds
from graphcontract.contract.jsonfile import ContractError, lay_out
from graphcontract.contract.loader import load
from graphcontract.contract.model import DEFAULT_CONTRACT
from tests.catalogue.making import CLOSE, HEADER, LOANS, OPERATIONS, catalogue, text_of

ID = "library-loans-id-close-beta"


@pytest.mark.parametrize(
    ("pattern", "count"),
    [
        ("all", len(OPERATIONS)),
        ("beta *", 5),
        ("beta POST *", 3),
        ("POST *", 4),
        ("/library/loans/*", 4),
        (f"{LOANS}/close", 2),
        ("/library/loans/{anything}/close", 2),
        ("/LIBRARY/Loans/{}/close", 2),
        ("v1.0 * */books/*", 1),
        ("library-loans-*", 4),
        (ID, 1),
        ("*/close", 4),
        ("beta POST /library/clos?", 1),
        ("/library/byName(name='{x}',row={y})/lock", 1),
    ],
)
def test_find(pattern: str, count: int) -> None:
    found = catalogue().find(pattern)
    assert len(found) == count
    assert len(set(found)) == count


@pytest.mark.parametrize(
    ("pattern", "nearest"),
    [
        ("beta POST /libary/loans/{id}/clos", ID),
        ("/library/shelves/*/boks/*/close", "library-shelves-id-books-id-delete-v1-0"),
        ("library-lones-id-close-beta", ID),
    ],
)
def test_a_pattern_without_a_match_suggests_ids(pattern: str, nearest: str) -> None:
    with pytest.raises(NoOperation) as failed:
        catalogue().find(pattern)
    assert nearest in failed.value.hint.splitlines()[1]
    assert failed.value.status == 2


def test_a_pattern_of_nothing_like_it_names_the_command_that_lists_all() -> None:
    with pytest.raises(NoOperation, match="--operations all"):
        catalogue().find("?!")


def test_facts_are_statements_with_their_sources() -> None:
    operation = catalogue().operation(ID)
    assert operation.name == CLOSE["operation"]
    assert operation.list_statements() == {
        "content": {"none": "cs"},
        "success": {"2XX": "cs"},
        "types": {"guid": "c"},
        "namespace": {"library.desk": "c"},
    }
    assert operation.list_disagreements() == {}


@pytest.mark.parametrize(
    ("members", "facts"),
    [
        ({"content": {"required": "o"}}, ["content"]),
        ({"success": {"204": "o", "200": "c"}}, ["success"]),
        ({"success": {"2XX content": "o"}}, ["success"]),
        ({"success": {"204": "o"}}, []),
        ({"success": {"200 content": "co"}}, ["success"]),
        ({"types": {"guid": "c", "string": "o"}}, ["types"]),
        ({"types": {"guid": "c", "?": "o"}}, []),
        ({"namespace": {"library": "c", "library.desk": "o"}}, ["namespace"]),
        ({"query": {"@id": "o"}}, []),
    ],
)
def test_disagreements(members: dict[str, Any], facts: list[str]) -> None:
    operation = parse_members({"operation": f"beta POST {LOANS}/close", "route": "cos", **members})
    assert list(operation.list_disagreements()) == facts


def test_an_operation_is_self_derived_for_the_family_of_all_of_its_sources() -> None:
    library = catalogue()
    own = {id for id, each in library.iterate_operations() if library.find_family(each) == "library-sdk"}
    assert own == set(library.ids) - {ID, "library-loans-id-delete-beta"}
    permitted = {**OPERATIONS[0], "permissions": {"p": {"Application": "Loan.Close.All"}}}
    assert catalogue(permitted).find_family(catalogue(permitted).operation("library-close-beta")) is None


def test_a_line_is_the_same_after_it_was_parsed() -> None:
    for members in OPERATIONS:
        line = format_line(parse_members(members))
        assert format_line(parse_members(json.loads(line))) == line
        assert json.loads(line).keys() == members.keys()


def test_a_contract_is_as_if_it_was_loaded_from_a_file(tmp_path: Path) -> None:
    library = catalogue()
    contract = library.contract(ID, list_kinds())
    request = contract.request
    assert (request.method, request.version) == ("POST", "beta")
    assert request.path == "/library/loans/{loanId}/close"
    assert request.parameters == {"loanId": {"type": "string", "format": "uuid", "minLength": 1}}
    assert request.fields["Content-Type"] == "forbid"
    assert contract.success.status == 204
    assert contract.permissions is not None
    assert [(each.scheme, each.least, each.higher) for each in contract.permissions] == [
        ("Application", ("Loan.Close.All",), ("Loan.Manage.All",))
    ]
    assert "POST" in contract.clauses["request.method"].statement
    document = library.document(ID, list_kinds())
    document["extends"] = ["graph-conventions", "graph-service"]
    for name in ("errors", "references", "clauses"):
        del document[name]
    file = tmp_path / "close.json"
    file.write_text(lay_out(document))
    again = load(file, list_kinds())
    assert again.request == request
    assert dict(again.clauses) == dict(contract.clauses)


def test_the_status_that_a_source_states_is_that_of_the_contract() -> None:
    contract = catalogue().contract("library-loans-id-delete-beta")
    assert contract.success.status == 202
    assert contract.request.fields["Content-Length"] == "unconstrained"


def test_a_shipped_contract_overrides_its_operation() -> None:
    shipped = Catalogue.load()
    name = "beta POST /solutions/sharepoint/migrations/crossOrganizationMigrationTasks/{id}/cancel"
    own = "solutions-sharepoint-migrations-crossorganizationmigrationtasks-id-cancel-beta"
    assert shipped.find(name) == shipped.find(own) == [DEFAULT_CONTRACT]
    assert shipped.contract(DEFAULT_CONTRACT).sha256 == load(DEFAULT_CONTRACT, None).sha256
    assert shipped.contract(own).sha256 == load(DEFAULT_CONTRACT, None).sha256
    assert shipped.document(own)["precondition"]


@pytest.mark.parametrize(
    ("path", "spelled"),
    [
        ("/drives/{a}/graph.folder/close", "/Drives/{b}/microsoft.graph.folder/microsoft.graph.close"),
        ("/me/library.byName(name='{a}')/close", "/me/byName(name='{b}')/library.desk.close"),
        ("/microsoft.graph.folder/{a}", "/graph.folder/{b}"),
    ],
)
def test_an_override_is_found_in_any_spelling(path: str, spelled: str) -> None:
    assert _fold_name(f"v1.0 POST {path}") == _fold_name(f"v1.0 POST {spelled}")
    assert _fold_name(f"v1.0 POST {path}") != _fold_name(f"beta POST {path}")
    assert _fold_name(f"v1.0 POST {path}") != _fold_name(f"v1.0 POST {path.replace('folder', 'file')}x")


BROKEN = [
    ("", 1, "the header"),
    (text_of(OPERATIONS[0]).split("\n", 1)[1], 1, "the header"),
    (text_of(*OPERATIONS[:2], OPERATIONS[0]), 4, "each operation once"),
    (text_of(OPERATIONS[0]) + "\n" + json.dumps(OPERATIONS[1]), 3, "an object whose first member"),
    (text_of(OPERATIONS[0]) + "[]", 3, "an object whose first member"),
    (text_of({"route": "s", "operation": "beta POST /a"}), 2, "an object whose first member"),
    (text_of({"operation": "beta POST /a b"}), 2, "an object whose first member"),
    (text_of({"operation": " a" * 5000})[:-3], 2, "an object whose first member"),
]


@pytest.mark.parametrize(("text", "line", "expected"), BROKEN, ids=[str(each[1:]) for each in BROKEN])
def test_a_text_that_is_not_a_catalogue(text: str, line: int, expected: str) -> None:
    with pytest.raises(ContractError) as failed:
        Catalogue(text, "mine.jsonl")
    assert (failed.value.file, failed.value.line) == ("mine.jsonl", line)
    assert expected in failed.value.expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"route": "x"}, "codes of the header"),
        ({"route": "", "permissions": {}}, "a source in route, or permissions"),
        ({"route": "1"}, "a string that matches"),
        ({"deprecated": "x"}, "codes of the header"),
        ({"types": {"guid,string": "c"}}, "1 types, one for each parameter"),
        ({"success": {"404": "c"}}, "a name that matches"),
        ({"content": {"some": "c"}}, "a name that matches"),
        ({"permissions": {"p": {"Nobody": "A"}}}, "a name that matches"),
        ({"permissions": {"p": {"Application": "A\n"}}}, "a string that matches"),
        ({"colour": "red"}, "one of the members"),
        ({"operation": "beta POST library/{id}"}, "a string that matches"),
        ({"operation": "v2 POST /library/{id}"}, "a string that matches"),
        ({"operation": "beta POST /library/{id"}, "a string that matches"),
        ({"operation": "beta POST /library/f(a={a},)"}, "a string that matches"),
    ],
)
def test_a_broken_line_is_named_when_it_is_needed(change: dict[str, Any], expected: str) -> None:
    library = Catalogue(text_of(OPERATIONS[0], {**CLOSE, **change}), "mine.jsonl")
    assert library.operation("library-close-beta").route == "s"
    (broken,) = set(library.ids) - {"library-close-beta"}
    with pytest.raises(ContractError) as failed:
        library.operation(broken)
    assert (failed.value.file, failed.value.line) == ("mine.jsonl", 3)
    assert expected in failed.value.expected


def test_a_broken_header_is_named() -> None:
    library = Catalogue(text_of(CLOSE, header={**HEADER, "sources": {"ss": {}}}), "mine.jsonl")
    with pytest.raises(ContractError) as failed:
        library.contract(ID)
    assert (failed.value.line, failed.value.pointer) == (1, "/sources/ss")


def test_what_a_name_of_a_command_means() -> None:
    library = catalogue()
    assert find_operation(DEFAULT_CONTRACT) is None
    assert find_operation("mine.json") is None
    assert find_operation("graph-conventions") is None
    assert find_operation("sharepointmigrationtask-cancl") is None
    assert find_operation(ID, library) == (library, ID)
    assert find_operation(CLOSE["operation"], library) == (library, ID)
    with pytest.raises(NoOperation, match="matches 2 operations"):
        find_operation(f"POST {LOANS}/close", library)
    with pytest.raises(NoOperation, match=ID):
        find_operation("library-loan-id-close-beta", library)
    with pytest.raises(NoOperation, match="nearest ids"):
        find_operation("library-of-nothing-beta")


def test_parameters_have_the_order_of_the_path() -> None:
    operation = Operation("beta", "POST", "/a/{b-id}/f(c='{c}',d={d})/{e}", "s")
    assert operation.parameters == ("b-id", "c", "d", "e")
