"""What a contract can say of the clauses that it extends, and which of them apply to its operation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from graphcontract.clauses import list_kinds
from graphcontract.contract.loader import ContractError, document, load
from graphcontract.contract.model import Contract
from tests.contract.test_loader import CANCEL, KNOWN, write

FACTS: dict[str, Any] = {
    "format": 2,
    "id": "message-archive",
    "title": "message: archive",
    "extends": ["graph-conventions", "graph-service"],
    "request": {
        "method": "PATCH",
        "root": "https://graph.microsoft.com",
        "version": "v1.0",
        "path": "/me/messages/{messageId}/archive",
        "parameters": {"messageId": {"type": "string", "minLength": 1}},
        "query": "absent",
        "fields": {"Authorization": "require"},
        "content": "absent",
    },
    "success": {"status": 202, "content": "absent"},
}


def made(folder: Path, **members: Any) -> Contract:
    return load(write(folder, {**FACTS, **members}), KNOWN)


def refused(folder: Path, **members: Any) -> ContractError:
    with pytest.raises(ContractError) as caught:
        made(folder, **members)
    return caught.value


class TestChange:
    """Only the members that are given change."""

    def test_a_level_is_relaxed(self, tmp_path: Path) -> None:
        contract = made(tmp_path, clauses={"request.once": {"level": "SHOULD"}})
        usual = made(tmp_path).clauses["request.once"]
        assert contract.clauses["request.once"].level == "SHOULD"
        assert contract.clauses["request.once"].kinds == usual.kinds
        assert contract.clauses["request.once"].sources == usual.sources
        assert contract.clauses.keys() == made(tmp_path).clauses.keys()

    def test_a_clause_is_disputed(self, tmp_path: Path) -> None:
        change = {"disputed": True, "why": "Nobody has seen {method} repeated."}
        clause = made(tmp_path, clauses={"request.once": change}).clauses["request.once"]
        assert (clause.level, clause.counted_level) == ("MUST", "SHOULD")
        assert clause.why == "Nobody has seen PATCH repeated."

    def test_one_kind_is_worded_anew(self, tmp_path: Path) -> None:
        change = {"kinds": {"letter-case": "Write {{PATCH}}, for {operation}."}}
        kinds = made(tmp_path, clauses={"request.method": change}).clauses["request.method"].kinds
        usual = made(tmp_path).clauses["request.method"].kinds
        assert kinds["letter-case"].text == "Write {PATCH}, for archive."
        assert kinds["other-method"] == usual["other-method"]
        assert list(kinds) == list(usual)

    def test_a_source_of_the_file_is_cited(self, tmp_path: Path) -> None:
        references = {"sdk-notes": {"title": "Notes"}}
        change = {"sources": ["sdk-notes, 2 and 3", "rfc9110, 9.1", "page"]}
        contract = made(tmp_path, references=references, clauses={"request.method": change})
        assert [str(each) for each in contract.clauses["request.method"].sources] == [
            "Notes, 2 and 3",
            "RFC 9110, HTTP Semantics, 9.1: https://www.rfc-editor.org/rfc/rfc9110",
            "The contract message-archive",
        ]

    def test_an_unknown_clause(self, tmp_path: Path) -> None:
        error = refused(tmp_path, clauses={"request.metod": {"level": "MAY"}})
        assert (error.pointer, error.found) == ("/clauses/request.metod", '"request.metod"')
        assert 'Did you mean "request.method"?' in error.hint
        assert error.line is not None

    def test_an_unknown_clause_without_verdict_functions(self, tmp_path: Path) -> None:
        path = write(tmp_path, {**FACTS, "clauses": {"request.metod": {"level": "MAY"}}})
        with pytest.raises(ContractError, match="a clause of an extended file") as caught:
            load(path, None)
        assert caught.value.hint == 'Did you mean "request.method"?'

    def test_a_clause_of_a_file_that_is_not_extended(self, tmp_path: Path) -> None:
        error = refused(tmp_path, extends=["graph-service"], clauses={"request.method": {"level": "MAY"}})
        assert "Extend the file that has it, or add group, statement" in error.hint

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("by", "service"),
            ("applies", {"method": ["GET"]}),
            ("aliases", ["request.verb"]),
            ("evidence_key", "request.verb"),
        ],
    )
    def test_a_clause_cannot_be_removed_or_renamed(self, name: str, value: Any, tmp_path: Path) -> None:
        error = refused(tmp_path, clauses={"request.method": {name: value}})
        assert error.pointer == f"/clauses/request.method/{name}"
        assert "change its level" in error.hint

    def test_a_key_that_names_another_source(self, tmp_path: Path) -> None:
        error = refused(tmp_path, references={"rfc9110": {"title": "Another"}})
        assert (error.pointer, error.found) == ("/references/rfc9110", '"rfc9110"')

    def test_the_nearest_file_has_the_last_word(self, tmp_path: Path) -> None:
        """Also where both bases of a contract extend the file that defines the clause."""
        for name, level in (("one", "MAY"), ("two", "SHOULD")):
            base = {"format": 2, "id": name, "title": name, "extends": ["graph-conventions"]}
            clauses = {"request.once": {"level": level}, "request.body": {"level": level}}
            write(tmp_path, {**base, "clauses": clauses}, f"{name}.json")
        contract = made(
            tmp_path, extends=["one", "two", "graph-conventions"], clauses={"request.body": {"level": "MUST"}}
        )
        assert contract.clauses["request.once"].level == "MAY"
        assert contract.clauses["request.body"].level == "MUST"


class TestAlias:
    @staticmethod
    def renamed(folder: Path) -> None:
        """A copy of the conventions in which request.method once had other ids."""
        base = document("graph-conventions", None)
        base["id"] = "renamed"
        earlier = {"aliases": ["request.verb", "request.first"], "evidence_key": "request.first"}
        base["clauses"]["request.method"] |= earlier
        write(folder, base, "renamed.json")

    def test_evidence_keeps_the_first_id(self, tmp_path: Path) -> None:
        self.renamed(tmp_path)
        contract = made(tmp_path, extends=["renamed"])
        assert contract.clauses["request.method"].evidence_key == "request.first"
        assert contract.current_ids()["request.verb"] == "request.method"

    def test_a_change_by_an_earlier_id(self, tmp_path: Path) -> None:
        self.renamed(tmp_path)
        path = write(
            tmp_path, {**FACTS, "extends": ["renamed"], "clauses": {"request.verb": {"level": "MAY"}}}
        )
        with pytest.raises(ContractError, match=r'Write "request\.method": that is its id now') as caught:
            load(path, None)
        assert caught.value.pointer == "/clauses/request.verb"

    def test_an_alias_that_a_base_has(self, tmp_path: Path) -> None:
        self.renamed(tmp_path)
        clause = document(CANCEL, None)["clauses"]["request.method"] | {"aliases": ["request.verb"]}
        added = {**FACTS, "extends": ["renamed"], "clauses": {"mine.method": clause}}
        with pytest.raises(ContractError, match=r"as in .*renamed\.json") as caught:
            load(write(tmp_path, added), None)
        assert caught.value.pointer == "/clauses/mine.method/aliases/0"


PRECONDITION = {"statement": "It is in the inbox.", "statuses": ["inbox"]}


@pytest.mark.parametrize(
    ("applies", "true", "false"),
    [
        ({"method": ["PATCH", "PUT"]}, {}, {"method": "GET"}),
        ({"request_content": ["absent"]}, {}, {"content": "unconstrained"}),
        ({"query": ["absent", "required"]}, {"query": "required"}, {"query": "unconstrained"}),
        ({"parameters": [1]}, {}, None),
        ({"success_status": [202]}, {}, {"success": {"status": 200, "content": "absent"}}),
        ({"success_content": ["absent"]}, {}, {"success": {"status": 202, "content": "unconstrained"}}),
        ({"lifecycle": True}, {"precondition": PRECONDITION}, {}),
        ({"lifecycle": False}, {}, {"precondition": PRECONDITION}),
        ({"method": ["PATCH"], "success_status": [202]}, {}, {"method": "PUT"}),
    ],
)
def test_clauses_apply_by_facts(
    applies: dict[str, Any], true: dict[str, Any], false: dict[str, Any] | None, tmp_path: Path
) -> None:
    clauses = {"request.method": document(CANCEL, None)["clauses"]["request.method"] | {"applies": applies}}
    base = {"format": 2, "id": "base", "title": "x", "references": document(CANCEL, None)["references"]}
    write(tmp_path, {**base, "clauses": clauses}, "base.json")

    def applied(members: dict[str, Any]) -> bool:
        request = {
            **FACTS["request"],
            **{name: members[name] for name in members if name in FACTS["request"]},
        }
        others = {name: members[name] for name in members if name not in FACTS["request"]}
        contract = made(tmp_path, extends=["base"], request=request, **others)
        return "request.method" in contract.clauses

    assert applied(true)
    assert false is None or not applied(false)


def test_facts_alone_make_a_contract(tmp_path: Path) -> None:
    contract = made(tmp_path)
    text = json.dumps(FACTS, indent=2)
    assert len(text.splitlines()) < 60
    merged = document("graph-conventions", None)["clauses"].keys()
    assert merged <= contract.clauses.keys()
    assert not {"service.cancel", "service.effect", "service.precondition"} & contract.clauses.keys()
    assert contract.clauses.keys() <= list_kinds().keys()
