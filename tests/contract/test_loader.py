from __future__ import annotations

import copy
import hashlib
import json
import os
import pickle
import tracemalloc
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcontract.clauses import list_kinds
from graphcontract.contract import jsonfile, loader
from graphcontract.contract.jsonfile import lay_out
from graphcontract.contract.loader import (
    ContractError,
    document,
    list_shipped,
    load,
    load_any,
    load_untrusted,
)
from graphcontract.contract.model import Citation, Contract, Kind, Permission
from graphcontract.contract.validation import Known
from graphcontract.errors import UserError
from tests.examples import count_examples

CANCEL = "sharepointmigrationtask-cancel"
KNOWN = list_kinds()
SHIPPED = files("graphcontract.contracts").joinpath(f"{CANCEL}.json").read_bytes()
DOCUMENT: dict[str, Any] = document(CANCEL, None)  # with the clauses that the file extends
CLAUSES = list(DOCUMENT["clauses"])
Json = Any
Change = Callable[[Json], object]


def write(folder: Path, document: object, name: str = "mine.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(document, indent=2), encoding="utf-8")
    return path


def changed(change: Change) -> dict[str, Any]:
    document = copy.deepcopy(DOCUMENT)
    change(document)
    return document


def base(id: str, clause: str, **members: object) -> dict[str, Any]:
    references = DOCUMENT["references"]
    clauses = {clause: DOCUMENT["clauses"]["request.method"]}
    return {"format": 2, "id": id, "title": "A base", "references": references, "clauses": clauses, **members}


def refused(path: str | Path, known: Known | None = KNOWN) -> ContractError:
    with pytest.raises(ContractError) as caught:
        load(path, known)
    return caught.value


class TestShipped:
    def test_contracts_are_those_with_a_request(self) -> None:
        names = {path.name for path in files("graphcontract.contracts").iterdir()}
        others = {"graph-conventions.json", "graph-service.json", "contract.schema.json"}
        assert {f"{id}.json" for id in list_shipped()} == {
            each for each in names if each.endswith(".json")
        } - others
        assert CANCEL in list_shipped()

    def test_loads_with_the_verdict_functions(self) -> None:
        contract = load(CANCEL, KNOWN)
        assert contract.clauses.keys() == KNOWN.keys()
        assert contract.sha256 == hashlib.sha256(SHIPPED).hexdigest()
        assert contract.request.method == "POST"
        assert contract.request.parameters.keys() == {"sharePointMigrationTaskId"}
        assert (contract.success.status, contract.success.content) == (204, "absent")
        assert contract.success.statuses == (204,)
        assert "activityLimitReached" in contract.error_codes[429]

    def test_the_files_are_laid_out(self) -> None:
        for name in (*list_shipped(), "graph-conventions", "graph-service"):
            text = files("graphcontract.contracts").joinpath(f"{name}.json").read_text(encoding="utf-8")
            assert text == lay_out(json.loads(text)), name

    @pytest.mark.parametrize("name", [*list_shipped(), "graph-conventions", "graph-service"])
    def test_a_file_passes_the_checks_of_a_users_file(self, name: str) -> None:
        """Loading trusts these files, so that this test is what validates them."""
        unchecked = load_any(name, KNOWN)
        checked = load_untrusted(name, KNOWN)
        assert checked == unchecked
        assert dict(checked.clauses) == dict(unchecked.clauses)

    def test_a_file_with_a_fault_fails_these_checks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        faulty = {**json.loads(SHIPPED), "titel": "x"}
        monkeypatch.setattr(loader, "_read_shipped_bytes", lambda name: json.dumps(faulty).encode())
        with pytest.raises(ContractError, match="titel"):
            load_untrusted(CANCEL, KNOWN)

    def test_other_members_are_typed(self) -> None:
        contract = load(CANCEL, KNOWN)
        manage = ("SharePointCrossTenantMigration.Manage.All",)
        assert contract.permissions == (
            Permission("DelegatedWork", manage, ()),
            Permission("Application", manage, ()),
        )
        assert contract.precondition is not None
        assert contract.precondition.statuses == ("notStarted",)
        assert contract.clouds == ("global",)
        assert contract.example == {"sharePointMigrationTaskId": "3ed6d46d-13a3-4995-b6ea-a74a20b1fac0"}
        assert contract.provenance is not None
        assert contract.provenance.date == "2025-11-12"

    def test_clauses_are_values(self) -> None:
        clause = load(CANCEL, KNOWN).clauses["request.method"]
        assert clause.basis == ("documented", "standard")
        assert clause.kinds["letter-case"] == Kind("letter-case", clause.kinds["letter-case"].text)
        assert clause.level == "MUST"
        assert clause.evidence_key == clause.id
        assert clause.sources == (
            Citation(
                "Microsoft Graph documentation, sharePointMigrationTask: cancel (beta), 2025-11-12",
                "https://learn.microsoft.com/graph/api/sharepointmigrationtask-cancel?view=graph-rest-beta",
            ),
            Citation("RFC 9110, HTTP Semantics", "https://www.rfc-editor.org/rfc/rfc9110", "9.1"),
        )

    @pytest.mark.parametrize("name", [CANCEL, "graph-conventions", "graph-service"])
    def test_merged_document_stands_for_itself(self, name: str, tmp_path: Path) -> None:
        merged = document(name, KNOWN)
        assert "extends" not in merged
        assert document(write(tmp_path, merged), KNOWN) == merged

    def test_a_base_is_not_a_contract(self) -> None:
        error = refused("graph-conventions")
        assert error.expected == 'the member "request"'
        assert "base" in error.hint

    def test_house_clauses_say_why(self) -> None:
        for clause in load(CANCEL, KNOWN).clauses.values():
            assert clause.why or "house" not in clause.basis


class TestFile:
    """What is wrong with a file before any member of it counts."""

    @pytest.mark.parametrize(
        ("content", "line", "words"),
        [
            (b"", 1, "a syntax error in column 1: expecting value"),
            (b'{\n  "id": "x"\n]', 3, "column 1"),
            (b'{"id": 1} {}', 1, "extra data"),
            (b'{"id": "\x01"}', 1, "invalid control character"),
            (b'\xef\xbb\xbf{"id": 1}', 1, "byte order mark"),
            (b'{\n"id": "\xe9"}', 2, "0xE9 at offset 9"),
            ('{"id": 1}'.encode("utf-16"), 1, "UTF-8"),
            (b'{"a": 1,\n "b": {"c": 1, "c": 2}}', 2, '"c" a second time'),
            (b"[" * 65 + b"]" * 65, 1, "64 levels"),
            (b"[" * 200_000, 1, "64 levels"),
            (b'{"a":\n NaN}', 2, "NaN"),
            (b'{"a":\n -Infinity}', 2, "-Infinity"),
            (b'{"a":\n 1.5}', 2, "1.5"),
            (b'{"a":\n 1e999}', 2, "1e999"),
            (b'{"a":\n ' + b"9" * 5000 + b"}", 2, "15 digits"),
            (b'{"a":\n "\\u001b[31m"}', 2, "U+001B"),
            (b'{"a":\n "\\ud800"}', 2, "U+D800"),
            ('{"a":\n "\u202e"}'.encode(), 2, "U+202E"),
            (b"[]", 1, "expected an object, found an array of 0"),
        ],
    )
    def test_content(self, content: bytes, line: int, words: str, tmp_path: Path) -> None:
        path = tmp_path / "mine.json"
        path.write_bytes(content)
        error = refused(path)
        assert str(error).startswith(f"{path}:{line}: ")
        assert words in str(error)
        assert error.hint in str(error)
        assert str(error).isprintable() or "\n" in str(error)

    def test_not_found(self, tmp_path: Path) -> None:
        error = refused(tmp_path / "none.json")
        assert str(error).startswith(
            f"{tmp_path / 'none.json'}: expected a contract file, found no such file"
        )
        assert CANCEL in error.hint

    def test_a_name_that_is_nearly_one(self) -> None:
        assert refused("sharepointmigrationtask-cancle").hint == f'Did you mean "{CANCEL}"?'

    @pytest.mark.parametrize("name", ["", "x" * 5000, "nul\0", "line\nbreak", "\udc80", "../../etc"])
    def test_names_that_no_contract_has(self, name: str) -> None:
        assert str(refused(name)).count("\n") == 1

    def test_folder(self, tmp_path: Path) -> None:
        assert refused(tmp_path).found == "a folder"

    def test_pipe(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        assert "pipe" in refused(tmp_path / "pipe").found

    def test_unreadable(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def deny(*_: object) -> None:
            raise PermissionError(13, "Permission denied")

        path = write(tmp_path, DOCUMENT)
        monkeypatch.setattr(Path, "open", deny)
        assert "Permission denied" in refused(path).found

    def test_large_files_are_refused_unread(self, tmp_path: Path) -> None:
        path = tmp_path / "large.json"
        with path.open("wb") as file:
            file.truncate(10 * 1024 * 1024)
        tracemalloc.start()
        try:
            error = refused(path)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert error.expected == f"at most {jsonfile.MAX_BYTES} bytes"
        assert peak < 8 * 1024 * 1024

    def test_errors_travel_between_processes(self, tmp_path: Path) -> None:
        error = refused(write(tmp_path, {}))
        again = pickle.loads(pickle.dumps(error))
        assert isinstance(again, UserError)
        assert str(again) == str(error)


def put(*path: str | int, value: object) -> Change:
    def change(document: Json) -> None:
        for step in path[:-1]:
            document = document[step]
        document[path[-1]] = value

    return change


def drop(*path: str | int) -> Change:
    def change(document: Json) -> None:
        for step in path[:-1]:
            document = document[step]
        del document[path[-1]]

    return change


TASK = ("request", "parameters", "sharePointMigrationTaskId")
PATH = DOCUMENT["request"]["path"]

# A change of the shipped contract; where the error points; what it expects and finds; how to fix it.
FAULTS: dict[str, tuple[Change, str, str, str]] = {
    "level": (
        put("clauses", "request.path-parameters", "level", value="must"),
        "/clauses/request.path-parameters/level",
        'expected one of MUST, SHOULD, MAY, found "must"',
        "RFC 2119",
    ),
    "unknown name": (
        put("request", "metod", value="POST"),
        "/request/metod",
        '"metod"',
        'Did you mean "method"?',
    ),
    "unknown name, and the right one missing": (
        lambda document: document["request"].update(methd=document["request"].pop("method")),
        "/request/methd",
        '"methd"',
        'Did you mean "method"?',
    ),
    "unknown name, nothing near": (put("zzzz", value=1), "/zzzz", '"zzzz"', "Remove it."),
    "missing name": (drop("title"), "", 'the member "title"', "documentation page"),
    "missing member of a clause": (
        drop("clauses", "request.path", "fix"),
        "/clauses/request.path",
        '"request.path" without fix',
        "or add fix",
    ),
    "wrong type": (put("title", value=["x"]), "/title", "expected a string, found an array of 1", "One line"),
    "format": (put("format", value=3), "/format", "expected 2, found 3", "version of this file format"),
    "format 1": (
        put("format", value=1),
        "/format",
        "expected 2, found 1",
        "remove the clauses that these have",
    ),
    "true is not a number": (
        put("success", "status", value=True),
        "/success/status",
        "a whole number",
        "2xx",
    ),
    "not a 2xx": (
        put("success", "status", value=404),
        "/success/status",
        "expected 299 or less, found 404",
        "2xx",
    ),
    "informational": (put("success", "status", value=100), "/success/status", "expected 200 or more", "2xx"),
    "content with 204": (put("success", "content", value="required"), "/success/content", "204", "RFC 9110"),
    "alternatives with content": (
        put("success", value={"status": 200, "content": "required", "alternatives": [202]}),
        "/success/content",
        'expected "absent", with alternatives',
        "without content",
    ),
    "the status as an alternative": (
        put("success", "alternatives", value=[200, 204]),
        "/success/alternatives",
        "statuses other than 204",
        "Leave out",
    ),
    "content without a type": (
        put("request", "content", value="required"),
        "/request",
        '"media_type"',
        "name it",
    ),
    "a field that no clause judges": (
        put("request", "fields", "Accept", value="require"),
        "/request/fields/Accept",
        "Authorization, Content-Length, Content-Type, client-request-id",
        "Remove it.",
    ),
    "no request": (
        drop("request"),
        "",
        '"request" together with "success"',
        "The request that the client must send.",
    ),
    "status of errors": (put("errors", value={"200": ["x"]}), "/errors/200", '"200"', "Remove it."),
    "repeated element": (
        put("clouds", value=["global", "global"]),
        "/clouds",
        "differ from each other",
        "clouds",
    ),
    "line break in an id": (put("id", value="mine\n"), "/id", '"mine\\n"', "lower-case letters"),
    "house without a reason": (
        put("clauses", "request.method", "basis", value=["house"]),
        "/clauses/request.method",
        '"why"',
        "reasons",
    ),
    "disputed without a reason": (
        put("clauses", "request.method", "disputed", value=True),
        "/clauses/request.method",
        '"why"',
        "who disagrees",
    ),
    "reference to elsewhere": (
        put(*TASK, "$ref", value="https://example.com/schema.json"),
        f"/{'/'.join(TASK)}/$ref",
        '"$ref"',
        "references are not followed",
    ),
    "reference within": (
        put(*TASK, "$ref", value="#/$defs/line"),
        f"/{'/'.join(TASK)}/$ref",
        '"$ref"',
        "references are not followed",
    ),
    "no regular expression": (
        put(*TASK, "pattern", value="(unclosed"),
        f"/{'/'.join(TASK)}/pattern",
        "a regular expression",
        "re module",
    ),
    "ambiguous regular expression": (
        put(*TASK, "pattern", value="[[a]"),
        f"/{'/'.join(TASK)}/pattern",
        "a regular expression",
        "re module",
    ),
    "long regular expression": (
        put(*TASK, "pattern", value="a" * 201),
        f"/{'/'.join(TASK)}/pattern",
        "at most 200 characters",
        "regular expression",
    ),
    "lengths": (
        put(*TASK, value={"type": "string", "minLength": 9, "maxLength": 3}),
        f"/{'/'.join(TASK)}/maxLength",
        "at least minLength, 9",
        "both lengths",
    ),
    "path without a parameter": (
        put("request", "path", value="/solutions/cancel"),
        "/request/parameters/sharePointMigrationTaskId",
        "a parameter of the path",
        "write it into the path",
    ),
    "path with two": (
        put("request", "path", value="/a/{sharePointMigrationTaskId}/{b}"),
        "/request/path",
        'found "b"',
        "Declare it there",
    ),
    "parameter twice": (
        put("request", "path", value="/a/{sharePointMigrationTaskId}/b/{sharePointMigrationTaskId}"),
        "/request/path",
        "each parameter once",
        "a name of its own",
    ),
    "string without quotes": (
        put("request", "path", value="/a/find(id={sharePointMigrationTaskId})"),
        "/request/path",
        "quotes around a string in a function",
        "'{sharePointMigrationTaskId}'",
    ),
    "function without a name": (
        put("request", "path", value="/a/(id='{sharePointMigrationTaskId}')"),
        "/request/path",
        "a function with literals as arguments",
        "getByName",
    ),
    "function that does not end": (
        put("request", "path", value="/a/find(id='{sharePointMigrationTaskId}'"),
        "/request/path",
        "a function with literals as arguments",
        "getByName",
    ),
    "composite key that does not end": (
        put("request", "path", value="/a/id='{sharePointMigrationTaskId}',"),
        "/request/path",
        "a function with literals as arguments",
        "getByName",
    ),
    "part of a literal": (
        put("request", "path", value="/a/find(id='x{sharePointMigrationTaskId}')"),
        "/request/path",
        "a function with literals as arguments",
        "getByName",
    ),
    "path and query parameter": (
        put("request", "parameters", "sharePointMigrationTaskId", "in", value="query"),
        "/request/parameters/sharePointMigrationTaskId/in",
        "a parameter outside the path",
        "Remove it from the path",
    ),
    "other name in the path": (
        put("request", "parameters", "sharePointMigrationTaskId", "name", value="@id"),
        "/request/parameters/sharePointMigrationTaskId/name",
        'with "in": "query"',
        "remove this member",
    ),
    "query parameter without a query": (
        put("request", "parameters", "id", value={"in": "query", "name": "@id", "type": "string"}),
        "/request/query",
        '"absent"',
        '"required"',
    ),
    "parameter within a segment": (
        put("request", "path", value="/a/x{sharePointMigrationTaskId}"),
        "/request/path",
        '"x{sharePointMigrationTaskId}"',
        "getByName",
    ),
    "dot segment": (
        put("request", "path", value="/a/../{sharePointMigrationTaskId}"),
        "/request/path",
        '".."',
        "getByName",
    ),
    "query in the path": (
        put("request", "path", value=f"{PATH}?x=1"),
        "/request/path",
        "?x=1",
        "literal segments",
    ),
    "parameter undeclared": (
        put("request", "path", value="/a/{sharePointMigrationTaskid}"),
        "/request/path",
        '"sharePointMigrationTaskid"',
        'Did you mean "sharePointMigrationTaskId"?',
    ),
    "parameter unused": (
        put("request", "parameters", "other", value={"type": "string"}),
        "/request/parameters/other",
        "a parameter of the path",
        "Remove it",
    ),
    "example of another parameter": (
        put("example", "arguments", value={"id": "1"}),
        "/example/arguments",
        "values for sharePointMigrationTaskId, found id",
        "each parameter",
    ),
    "http": (
        put("request", "root", value="http://graph.microsoft.com"),
        "/request/root",
        "expected https",
        "in clear text",
    ),
    "root with a path": (
        put("request", "root", value="https://a.b/c"),
        "/request/root",
        "a.b/c",
        "without a path",
    ),
    "root with credentials": (put("request", "root", value="https://a@b"), "/request/root", "a@b", "host"),
    "root with a bad port": (
        put("request", "root", value="https://a:99999"),
        "/request/root",
        "99999",
        "example",
    ),
    "root that is not a URL": (
        put("request", "root", value="https://[::"),
        "/request/root",
        "[::",
        "example",
    ),
    "root without a host": (put("request", "root", value="https://:80"), "/request/root", ":80", "example"),
    "no clauses": (drop("clauses"), "", 'the member "extends" or "clauses"', "graph-conventions"),
    "alias of another clause": (
        put("clauses", "request.method", "aliases", value=["request.path"]),
        "/clauses/request.method/aliases/0",
        '"request.path", as in this file',
        "Remove it",
    ),
    "evidence key of another clause": (
        put("clauses", "request.method", "evidence_key", value="request.path"),
        "/clauses/request.method/evidence_key",
        '"request.path"',
        "list it in aliases",
    ),
    "clause that nothing judges": (
        lambda document: document["clauses"].update({"request.metod": document["clauses"]["request.method"]}),
        "/clauses/request.metod",
        "a clause that has a verdict function",
        'Did you mean "request.method"?',
    ),
    "id that no clause can have": (
        lambda document: document["clauses"].update({"method": document["clauses"]["request.method"]}),
        "/clauses/method",
        '"method"',
        "Remove it",
    ),
    "kind that no function can find": (
        put("clauses", "request.method", "kinds", "leter-case", value="x"),
        "/clauses/request.method/kinds/leter-case",
        '(letter-case, other-method, override), found "leter-case"',
        'Did you mean "letter-case"?',
    ),
    "kind without a text": (
        drop("clauses", "request.method", "kinds", "letter-case"),
        "/clauses/request.method/kinds",
        "(letter-case, other-method, override), found other-method, override",
        "Add letter-case.",
    ),
    "unknown placeholder": (
        put("clauses", "request.method", "kinds", "letter-case", value="Send {metod}."),
        "/clauses/request.method/kinds/letter-case",
        '{success-line}, {permission}, found "{metod}"',
        'Did you mean "method"?',
    ),
    "brace that is not doubled": (
        put("clauses", "request.method", "sample", value='{"error": {}}'),
        "/clauses/request.method/sample",
        "one of the placeholders {method}, {version}",
        "double it",
    ),
    "unknown reference": (
        put("clauses", "request.method", "sources", value=["page", "rfc-9110, 9.1"]),
        "/clauses/request.method/sources/1",
        'found "rfc-9110, 9.1"',
        'Did you mean "rfc9110"?',
    ),
    "reference of its own page": (
        put("references", "page", value={"title": "A page"}),
        "/references/page",
        "a key other than page",
        "choose another key",
    ),
    "fact that no clause depends on": (
        put("clauses", "request.method", "applies", value={"statuses": [204]}),
        "/clauses/request.method/applies/statuses",
        "one of the members method, request_content, query",
        "Remove it",
    ),
    "extends a URL": (
        put("extends", value=["https://example.com/base.json"]),
        "/extends/0",
        "https://example.com/base.json",
        "same folder",
    ),
    "extends elsewhere": (
        put("extends", value=["../base.json"]),
        "/extends/0",
        "../base.json",
        "same folder",
    ),
    "extends nothing": (
        put("extends", value=["graph-convention"]),
        "/extends/0",
        '"graph-convention", which is neither',
        'Did you mean "graph-conventions"?',
    ),
    "extends a contract": (
        lambda document: document.update(extends=[CANCEL]),
        "/extends/0",
        f'the contract "{CANCEL}"',
        "extend what it extends",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults(name: str, tmp_path: Path) -> None:
    change, pointer, words, remedy = FAULTS[name]
    path = write(tmp_path, changed(change))
    error = refused(path, None if name == "extends a contract" else KNOWN)
    message = str(error)
    assert error.pointer == pointer
    assert message.startswith(f"{path}:{error.line}: at {pointer or 'the top level'}: expected ")
    assert words in message
    assert remedy in message
    assert error.line is not None
    line = path.read_text().splitlines()[error.line - 1]
    step = pointer.rpartition("/")[2]
    assert json.dumps(step) in line or (step.isdigit() and line.strip()[0] in '{"') or not step


@pytest.mark.parametrize(
    "root", ["http://localhost", "http://127.0.0.1:8080", "http://[::1]:8080", "https://a.b:444"]
)
def test_roots_that_are_fine(root: str, tmp_path: Path) -> None:
    assert load(write(tmp_path, changed(put("request", "root", value=root))), KNOWN).request.root == root


def test_without_verdict_functions_ids_and_kinds_are_free(tmp_path: Path) -> None:
    clause = DOCUMENT["clauses"]["request.method"]
    path = write(tmp_path, changed(put("clauses", "request.other", value=clause)))
    assert "request.other" in load(path, None).clauses


def test_fields_without_a_rule_are_unconstrained(tmp_path: Path) -> None:
    contract = load(write(tmp_path, changed(put("request", "fields", value={}))), KNOWN)
    assert set(contract.request.fields.values()) == {"unconstrained"}
    assert len(contract.request.fields) == 4


def test_several_faults_are_counted(tmp_path: Path) -> None:
    assert "(99+ more in this file.)" in str(refused(write(tmp_path, {**DOCUMENT, "clouds": [0] * 1000})))
    assert "(1 more in this file.)" in str(refused(write(tmp_path, {**DOCUMENT, "title": 1, "format": 3})))


def test_a_file_is_validated_again_after_a_change(tmp_path: Path) -> None:
    assert load(write(tmp_path, DOCUMENT), KNOWN) == load(write(tmp_path, DOCUMENT), KNOWN)
    for _ in range(2):
        assert "more in this file" not in str(refused(write(tmp_path, {**DOCUMENT, "title": 1})))
    assert load(write(tmp_path, DOCUMENT), KNOWN)


class TestExtends:
    def test_siblings_by_id_and_by_file_name(self, tmp_path: Path) -> None:
        write(tmp_path, base("one", "a.one", errors={"404": ["one"], "409": ["one"]}), "one.json")
        write(tmp_path, base("two", "a.two", errors={"404": ["two"]}, extends=["one"]), "two.json")
        own = {"extends": ["two.json", "one"], "errors": {"409": ["mine"]}}
        contract = load(write(tmp_path, {**DOCUMENT, **own}), None)
        assert list(contract.clauses) == [*CLAUSES, "a.two", "a.one"]
        assert contract.error_codes == {404: ("two",), 409: ("mine",)}

    def test_base_in_a_file_is_checked_too(self, tmp_path: Path) -> None:
        path = write(tmp_path, {**base("one", "a.one"), "titel": "x"}, "one.json")
        error = refused(write(tmp_path, {**DOCUMENT, "extends": ["one"]}), None)
        assert (error.file, error.pointer) == (str(path), "/titel")

    def test_circle(self, tmp_path: Path) -> None:
        write(tmp_path, base("one", "a.one", extends=["two"]), "one.json")
        write(tmp_path, base("two", "a.two", extends=["one"]), "two.json")
        error = refused(tmp_path / "one.json", None)
        assert (error.file, error.pointer) == (str(tmp_path / "two.json"), "/extends/0")
        assert "circle" in error.hint

    def test_itself(self, tmp_path: Path) -> None:
        assert "circle" in refused(write(tmp_path, {**DOCUMENT, "extends": ["mine"]}), None).hint

    @pytest.mark.parametrize(("levels", "fine"), [(8, True), (9, False)])
    def test_levels(self, levels: int, fine: bool, tmp_path: Path) -> None:
        for level in range(1, levels + 1):
            further = {"extends": [f"base{level + 1}"]} if level < levels else {}
            write(tmp_path, base(f"base{level}", f"a.n{level}", **further), f"base{level}.json")
        path = write(tmp_path, {**DOCUMENT, "extends": ["base1"]})
        if fine:
            assert f"a.n{levels}" in load(path, None).clauses
        else:
            assert refused(path, None).expected == "at most 8 levels of bases"

    def test_link_that_leads_out(self, tmp_path: Path) -> None:
        write(tmp_path, base("one", "a.one"), "one.json")
        inner = tmp_path / "inner"
        inner.mkdir()
        (inner / "one.json").symlink_to(tmp_path / "one.json")
        error = refused(write(inner, {**DOCUMENT, "extends": ["one"]}), None)
        assert "a link that leads elsewhere" in error.found


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**16), 10**16) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


def places_of(value: Json, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(each for name, member in inner for each in places_of(member, (*path, name)))]


PLACES = places_of(DOCUMENT)[1:]
HEADS = [place for place in PLACES if place[0] != "clauses" or len(place) <= 2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


def load_or_refuse(path: Path) -> None:
    try:
        assert isinstance(load(path, KNOWN), Contract)
    except ContractError as refusal:
        message = str(refusal).encode("utf-8")
    else:
        return
    assert message.count(b"\n") == 1


class TestFuzz:
    """Whatever a file holds: a contract, or one error."""

    def test_bytes(self, folder: Path) -> None:
        @settings(database=None, deadline=None, max_examples=count_examples(200))
        @given(st.binary() | st.text().map(str.encode) | json_values.map(json.dumps).map(str.encode))
        def run(content: bytes) -> None:
            path = folder / "bytes.json"
            path.write_bytes(content)
            load_or_refuse(path)

        run()

    def test_bytes_of_the_shipped_file(self, folder: Path) -> None:
        @settings(database=None, deadline=None, max_examples=count_examples(100))
        @given(st.integers(0, len(SHIPPED)), st.integers(0, 8), st.binary(max_size=8))
        def run(start: int, cut: int, inserted: bytes) -> None:
            path = folder / "spliced.json"
            path.write_bytes(SHIPPED[:start] + inserted + SHIPPED[start + cut :])
            load_or_refuse(path)

        run()

    def test_any_value_at_any_place(self, folder: Path) -> None:
        elsewhere = st.sampled_from(PLACES).map(lambda place: value_at(DOCUMENT, place))

        @settings(database=None, deadline=None, max_examples=count_examples(150))
        @given(st.sampled_from(HEADS) | st.sampled_from(PLACES), json_values | elsewhere)
        def run(place: tuple[str | int, ...], value: object) -> None:
            load_or_refuse(write(folder, changed(put(*place, value=value)), "put.json"))

        run()

    def test_any_member_removed(self, folder: Path) -> None:
        @settings(database=None, deadline=None, max_examples=count_examples(100))
        @given(st.sampled_from(HEADS) | st.sampled_from(PLACES))
        def run(place: tuple[str | int, ...]) -> None:
            load_or_refuse(write(folder, changed(drop(*place)), "removed.json"))

        run()


def value_at(value: Json, path: tuple[str | int, ...]) -> Json:
    for step in path:
        value = value[step]
    return value
