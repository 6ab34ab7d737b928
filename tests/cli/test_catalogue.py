"""The commands on operations of a catalogue."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.catalogue.making import CLOSE, LOANS, OPERATIONS, text_of
from tests.cli.running import Here
from tests.drift.many_operations import source

ID = "library-loans-id-close-beta"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Here:
    (tmp_path / "library.jsonl").write_text(text_of(*OPERATIONS))
    return Here(monkeypatch, capsys, tmp_path)


def test_build(run: Here) -> None:
    for name in ("beta.tsv", "beta.yaml", "permissions.json"):
        source(run.folder, name)
    facts = ("--facts", "beta.yaml", "--facts", "permissions.json")
    written = run("contracts", "catalogue", "build", "beta.tsv", *facts, "-o", "mine.jsonl")
    assert (written.status, written.out) == (0, "mine.jsonl: written\n")
    assert written.err == (
        "11 operations: 7 that only SDKs of one family have, 1 on which sources disagree\n"
    )
    assert (run.folder / "mine.jsonl").read_text().count("\n") == 12
    printed = run("contracts", "catalogue", "build", "beta.tsv", *facts)
    assert printed.out == (run.folder / "mine.jsonl").read_text()


def test_build_of_a_broken_source(run: Here) -> None:
    source(run.folder, "beta.tsv", "POST\t/a\nGET\t/b\n")
    ended = run("contracts", "catalogue", "build", "beta.tsv", "-o", "mine.jsonl")
    assert ended.status == 3
    assert ended.err.splitlines() == [
        "error: beta.tsv:2: the method is GET, not POST or DELETE [source]",
        "  Write METHOD<tab>/path<tab>flags, or a comment behind #.",
    ]
    assert not (run.folder / "mine.jsonl").exists()


@pytest.mark.parametrize("name", ["lost.tsv", "."])
def test_build_of_no_file(name: str, run: Here) -> None:
    ended = run("contracts", "catalogue", "build", name)
    assert (ended.status, ended.out) == (3, "")
    assert ended.err.startswith(f"error: {name}: this ")


def test_list(run: Here) -> None:
    ended = run("contracts", "list", "--from", "library.jsonl", "--operations", "beta POST */close")
    assert ended.status == 0
    assert [line.split(maxsplit=2) for line in ended.out.splitlines()] == [
        ["ID", "SOURCES", "OPERATION"],
        ["library-close-beta", "routes", "beta POST /library/close"],
        [ID, "csdl,routes", f"beta POST {LOANS}/close"],
        ["me-loans-id-close-beta", "derived", "beta POST /me/loans/{loan-id}/close"],
    ]


def test_list_of_several_patterns_has_each_operation_once(run: Here) -> None:
    patterns = ("--operations", "POST *", "--operations", "beta *", "--operations", "all")
    ended = run("contracts", "list", "--from", "library.jsonl", *patterns, "--json")
    rows = json.loads(ended.out)
    assert len(rows) == len({row["id"] for row in rows}) == len(OPERATIONS)
    (row,) = (row for row in rows if row["id"] == ID)
    assert row == {
        "id": ID,
        "version": "beta",
        "method": "POST",
        "path": f"{LOANS}/close",
        "sources": ["csdl", "routes"],
        "self_derived": None,
        "deprecated": False,
        "disagreements": [],
    }
    assert sum(row["self_derived"] == "library-sdk" for row in rows) == 6


def test_a_pattern_that_matches_nothing(run: Here) -> None:
    ended = run("contracts", "list", "--from", "library.jsonl", "--operations", "/library/loan/*/clsoe")
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.splitlines()[:3] == [
        "error: the pattern '/library/loan/*/clsoe' matches no operation of library.jsonl [no-operation]",
        "  The nearest ids:",
        f"    {ID}",
    ]


def test_a_broken_line(run: Here) -> None:
    (run.folder / "library.jsonl").write_text(text_of(OPERATIONS[0], {**CLOSE, "success": {"404": "c"}}))
    ended = run("contracts", "list", "--from", "library.jsonl", "--operations", "all")
    assert ended.status == 2
    assert ended.err.startswith("error: library.jsonl:3: at /success/404: expected a name that matches ")


@pytest.mark.parametrize("name", [ID, f"beta POST {LOANS}/close", "beta POST /library/loans/{any}/close"])
def test_show(name: str, run: Here) -> None:
    lines = run("contracts", "show", name, "--from", "library.jsonl").out.splitlines()
    for line in (
        f"POST {LOANS}/close",
        f"  id                 {ID}",
        "  request            POST https://graph.microsoft.com/beta/library/loans/{loanId}/close",
        "  parameter          loanId (string)",
        "  permission         application: Loan.Close.All (or higher: Loan.Manage.All)",
        "  stated by          CSDL of a library",
        "  stated by          routes of library-sdk 1.0",
        "  success            2XX (csdl, routes)",
        "  types              guid (csdl)",
        "  namespace          library.desk (csdl)",
    ):
        assert line in lines
    assert not [line for line in lines if "self-derived" in line or "disagreement" in line]


def test_show_names_what_is_self_derived_and_disputed(run: Here) -> None:
    disputed = {**CLOSE, "success": {"204": "s", "2XX content": "c"}}
    (run.folder / "library.jsonl").write_text(text_of(OPERATIONS[7], disputed))
    own = run("contracts", "show", "me-loans-id-close-beta", "--from", "library.jsonl").out
    assert (
        "  self-derived       for clients of the family library-sdk: no other source has the operation\n"
        in own
    )
    shown = run("contracts", "show", ID, "--from", "library.jsonl").out
    assert "  disagreement       on success: 204 or 2XX content\n" in shown


def test_show_as_json_is_a_contract_file(run: Here) -> None:
    shown = run("contracts", "show", ID, "--from", "library.jsonl", "--json").out
    (run.folder / "close.json").write_text(shown)
    assert run("contracts", "validate", "close.json").out.startswith("close.json: ok: ")
    assert json.loads(shown)["id"] == ID


def test_show_of_an_unknown_id(run: Here) -> None:
    ended = run("contracts", "show", "library-lones-id-close-beta", "--from", "library.jsonl")
    assert ended.status == 2
    assert "'library-lones-id-close-beta' matches no operation of library.jsonl" in ended.err
    assert ID in ended.err


def test_export(run: Here) -> None:
    ended = run("contracts", "export", "--openapi", ID, "--from", "library.jsonl")
    described: dict[str, Any] = json.loads(ended.out)
    assert list(described["paths"]) == ["/library/loans/{loanId}/close"]
    assert described["servers"] == [{"url": "https://graph.microsoft.com/beta"}]


def test_what_was_exported_is_a_source(run: Here) -> None:
    run("contracts", "export", "--openapi", ID, "--from", "library.jsonl", "-o", "close.json")
    ended = run("contracts", "list", "--from", "close.json", "--operations", "all")
    assert ended.out.splitlines()[1].split() == [
        ID,
        "openapi",
        "beta",
        "POST",
        "/library/loans/{loanId}/close",
    ]


def test_the_shipped_catalogue_is_the_default(run: Here) -> None:
    ended = run("contracts", "list", "--operations", "* POST /me/messages/{id}/*")
    assert ended.status == 0
    assert "me-messages-id-send-v1-0" in ended.out
    shown = run("contracts", "show", "me-messages-id-send-v1-0")
    assert (
        "  request            POST https://graph.microsoft.com/v1.0/me/messages/{messageId}/send\n"
        in shown.out
    )


def test_the_schema_of_a_line_is_valid() -> None:
    path = Path(__file__).parents[2] / "graphcontract" / "catalogue" / "catalogue.schema.json"
    Draft202012Validator.check_schema(json.loads(path.read_text()))
