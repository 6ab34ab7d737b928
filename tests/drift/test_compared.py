"""How many facts were compared: shown in every format, and none is never a clean result.

Sources of every kind with any parts taken out, alone and beside others, against the contract and a snapshot.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcontract.cli import app
from graphcontract.contract.model import Contract
from graphcontract.drift import contract_facts as contract_facts
from graphcontract.drift.model import NotASource, Source, SourceError
from graphcontract.drift.pipeline import Result
from graphcontract.drift.reports import format_github, format_json, format_markdown, format_sarif
from graphcontract.drift.snapshots import format_snapshot
from graphcontract.drift.snapshots import read_snapshot as read_snapshot
from graphcontract.errors import UserError
from tests.cli.running import CliRunner
from tests.drift import library, schemas
from tests.drift.test_recorded_run import URL, events, har
from tests.drift.test_sdk_export import EXPORT
from tests.examples import count_examples

RESOURCE = """---
doc_type: resourcePageType
---

# loan resource type

A loan.

## Properties

|Property|Type|Description|
|:---|:---|:---|
|id|String|The key.|
|status|loanStatus|The possible values are: `reserved`, `unknownFutureValue`.|
"""


@dataclass(frozen=True)
class Kind:
    """A whole source: the name of its file, its parts, and what makes a file of some of them."""

    file: str
    parts: Sequence[str]
    build: Callable[[Sequence[str]], str] = "".join

    @property
    def text(self) -> str:
        return self.build(self.parts)


def split(text: str, part: str = r"(?m)^") -> list[str]:
    """The parts of a text, each with what it begins with."""
    return [each for each in re.split(part, text) if each]


def permissions_of(names: Sequence[str]) -> str:
    """permissions.json with these permissions."""
    return json.dumps(
        {"permissions": {name: library.PERMISSIONS_JSON["permissions"][name] for name in names}}
    )


KINDS = {
    "page": Kind(library.PAGE, split(library.PAGE_TEXT, r"(?m)^(?=#|---|\[!|\||``|POST|[A-Z])")),
    "resource": Kind("api-reference/beta/resources/loan.md", split(RESOURCE)),
    "permissions": Kind("permissions.json", list(library.PERMISSIONS_JSON["permissions"]), permissions_of),
    "csdl": Kind("beta-Prod.csdl", split(schemas.CSDL, r"(?m)^(?= {6}<\w| {4}</Schema)")),
    "openapi": Kind("beta.yaml", split(schemas.OPENAPI)),
    "sdk": Kind("export.txt", split(EXPORT)),
    "events": Kind("run.jsonl", split(events(*(f"HTTP/1.1 {status} X\r\n\r\n" for status in (204, 409))))),
    "har": Kind(
        "run.har", ["204", "409"], lambda codes: har(*(("POST", URL, int(each), 0) for each in codes))
    ),
}


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    return library.contract(tmp_path_factory.mktemp("contract"))


def laid_out(folder: Path, kind: Kind, text: str) -> Source:
    library.laid_out(folder, library.files_of_page() | {kind.file: text})
    return Source(folder / kind.file, kind.file)


def check_counts(result: Result) -> None:
    """The same counts in all formats; a source without any has a finding, and a run without any fails."""
    document, run = json.loads(format_json(result)), json.loads(format_sarif(result))["runs"][0]
    assert [each["compared"] for each in document["sources"]] == list(result.compared)
    assert [each["compared"] for each in run["properties"]["sources"]] == list(result.compared)
    assert document["compared"] == run["properties"]["compared"] == sum(result.compared)
    for reading, number in zip(result.readings, result.compared, strict=True):
        assert number <= len(reading.facts)
        assert f"| {number} |" in format_markdown(result)
        assert f"{reading.origin.source}: {number} fact" in format_github(result)
        if not number:
            about = [each for each in result.findings if each.origin.source == reading.origin.source]
            assert any(each.cls == "unknown" for each in about)
            assert result.fails("err")
    if not sum(result.compared):
        assert result.fails("err")


def count_by_hand(contract: Contract, result: Result) -> list[int]:
    """Facts of which the contract and a source each say something, for sources that have the operation."""
    base = contract_facts.read_contract(contract, "loan-cancel").facts
    base = {**base, "status-enum": base["statuses"]}
    found = []
    for reading in result.readings:
        route = reading.facts.get("route")
        names = [
            name
            for name, fact in reading.facts.items()
            if fact.stance == "asserts" and name in base and base[name].stance == "asserts"
            if not (name == "wording" and "title" not in dict(fact.value))  # type: ignore[arg-type]
            if not (name == "clouds" and reading.origin.kind == "csdl")
        ]
        found.append(0 if route is not None and route.value == "absent" else len(names))
    return found


@pytest.mark.parametrize("name", KINDS)
def test_a_whole_source_shows_how_many_facts_were_compared(
    name: str, contract: Contract, tmp_path: Path
) -> None:
    result = library.compared(contract, laid_out(tmp_path, KINDS[name], KINDS[name].text))
    assert list(result.compared) == count_by_hand(contract, result)
    assert result.compared[0] > 0
    assert not result.fails("warn") or name in ("permissions",)
    check_counts(result)


@pytest.mark.parametrize("name", KINDS)
@given(data=st.data())
@settings(max_examples=count_examples(30), deadline=None, database=None)
def test_no_part_taken_out_makes_silence_clean(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Each run ends in an error, or in counts that are true: against the contract, and against the whole."""
    folder = tmp_path_factory.mktemp("parts")
    contract, kind = library.contract(folder), KINDS[name]
    whole = library.compared(contract, laid_out(folder, kind, kind.text)).readings
    start = data.draw(st.integers(0, len(kind.parts)))
    length = data.draw(st.integers(0, len(kind.parts)))
    left = [*kind.parts[:start], *kind.parts[start + length :]]
    if data.draw(st.booleans()):
        left = [each for each in left if data.draw(st.booleans())]
    source = laid_out(folder, kind, kind.build(left))
    try:
        result = library.compared(contract, source)
    except SourceError:
        return
    check_counts(result)
    assert list(result.compared) == count_by_hand(contract, result) or result.findings
    check_counts(library.compared(contract, source, snapshot=list(whole)))
    check_counts(library.compared(contract, source, snapshot=[]))


EMPTY: dict[str, tuple[str, str]] = {
    "a heading of an operation": ("lone.md", "# loan: cancel\n"),
    "a heading of a section": ("lone.md", "## Permissions\n"),
    "a page of another operation": (
        "get.md",
        library.PAGE_TEXT.replace("POST", "GET")
        .replace("/cancel", "/lines/{id}/x")
        .replace(": cancel", ": x"),
    ),
    "a resource's page of another type": ("other.md", RESOURCE.replace("loan", "book")),
    "a table of permissions": ("permissions.md", library.PERMISSIONS_TEXT),
    "a table of clouds": ("clouds.md", library.CLOUDS_TEXT),
    "an include without a table": ("include.md", "---\nms.topic: include\n---\n\nNothing.\n"),
    "permissions of nothing": ("permissions.json", '{"permissions": {}}'),
    "permissions of another path": (
        "permissions.json",
        json.dumps(library.PERMISSIONS_JSON).replace("cancel", "renew"),
    ),
    "CSDL of another version": ("v1.0-Prod.csdl", schemas.CSDL.replace('Name="cancel"', 'Name="renew"')),
    "CSDL of another cloud": ("beta-Mooncake.csdl", schemas.CSDL.replace('Name="cancel"', 'Name="renew"')),
    "CSDL without the action": ("beta-Prod.csdl", schemas.CSDL.replace('Name="cancel"', 'Name="renew"')),
    "OpenAPI of another version": (
        "v1.0.yaml",
        schemas.OPENAPI.replace("cancel", "renew").replace("microsoft.com/beta", "microsoft.com/v1.0"),
    ),
    "OpenAPI without the action": ("beta.yaml", schemas.OPENAPI.replace("cancel", "renew")),
    "OpenAPI without paths": ("beta.yaml", "openapi: 3.0.1\npaths: {}\n"),
    "an export without the route": ("export.txt", EXPORT.replace("loanRequests", "loans")),
    "a run that sent nothing": ("run.jsonl", events()),
    "a run that was refused": ("run.jsonl", events("HTTP/1.1 403 Forbidden\r\n\r\n{}")),
    "a HAR of nothing": ("run.har", har()),
}

NOT_SOURCES: dict[str, tuple[str, bytes]] = {
    "a README": ("README.md", b"# A project\n\nIt does things.\n\n## Install\n\n```\npip install x\n```\n"),
    "a text": ("notes.txt", b"some words\n"),
    "nothing": ("empty.md", b""),
    "blanks": ("blank.md", b"\n \n"),
    "JSON": ("a.json", b'{"a": [1, 2]}'),
    "JSON with a log": ("a.json", b'{"log": "of yesterday"}'),
    "a list in JSON": ("a.json", b"[]"),
    "YAML": ("a.yaml", b"name: build\non: push\n"),
    "YAML with info": ("a.yaml", b"info:\n  title: x\n"),
    "YAML with a mark": ("a.yaml", b"---\nname: build\n---\non: push\n"),
    "an image": ("a.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\n# x\n\x00"),
    "an archive": ("a.zip", b"PK\x03\x04\n# x\n"),
    "a sign-in page": ("page.md", b"<!DOCTYPE html>\n<html><body># Sign in</body></html>"),
    "XML": ("a.xml", b'<?xml version="1.0"?><testsuites/>'),
    "an Edmx of OData 2": ("a.csdl", b'<edmx:Edmx Version="1.0"/>'),
    "a report of a check": ("check.jsonl", events(kind="check").encode()),
    "a summary of a check": ("check.md", b"## lib 1 before loan: cancel\n\n**The client honours it.**\n"),
    "a snapshot": ("now.json", b'{"snapshot": 1, "sources": []}'),
    "waivers": ("waivers.json", b'{"waivers": []}'),
    "known failures": ("known.json", b'{"known_failures": []}'),
    "a table without front matter": ("clouds.md", library.CLOUDS_TEXT.partition("---\n\n")[2].encode()),
    "a table of values": ("a.tsv", b"POST\t/a/{id}/$ref\n"),
}


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    library.contract(tmp_path)
    library.laid_out(tmp_path, library.files_of_page())
    monkeypatch.chdir(tmp_path)
    words = ["--contract", "loan-cancel.json"]
    return lambda *more: CliRunner().invoke(app, ["drift", *more, *words])


@pytest.mark.parametrize("name", EMPTY)
@pytest.mark.parametrize("beside", [(), (library.PAGE,)], ids=["alone", "beside a page"])
def test_a_source_without_the_operation_is_a_finding(
    name: str, beside: tuple[str, ...], command: Callable[..., Any]
) -> None:
    file, text = EMPTY[name]
    Path(file).write_text(text)
    ended = command(file, *beside, "--fail-on", "err", "--report", "json=a.json")
    assert ended.exit_code == 4, ended.output
    document = json.loads(Path("a.json").read_text())
    found = [each for each in document["findings"] if each["origin"]["source"] == file]
    assert found
    numbers = {each["source"]: each["compared"] for each in document["sources"]}
    words = "1 fact compared" if numbers[file] == 1 else f"{numbers[file]} facts compared"
    assert re.search(rf"{re.escape(file)}  (\S+  )?{words}$", ended.output, re.MULTILINE)
    assert "no drift" not in ended.output


@pytest.mark.parametrize("name", EMPTY)
def test_nor_is_it_clean_against_a_snapshot_or_as_one(name: str, command: Callable[..., Any]) -> None:
    file, text = EMPTY[name]
    Path(file).write_text(text)
    made = command("snapshot", file, "--output", "now.json")
    if made.exit_code == 0:
        ended = command(file, "--since", "now.json")
        assert "no drift" not in ended.output or "0 facts" not in ended.output
    else:
        assert isinstance(made.exception, UserError)
        assert "Leave it out, or give the source that has it" in str(made.exception)
        assert not Path("now.json").exists()
    assert command("snapshot", library.PAGE, "--output", "page.json").exit_code == 0
    ended = command(file, library.PAGE, "--since", "page.json")
    assert ended.exit_code == 4


@pytest.mark.parametrize("name", NOT_SOURCES)
@pytest.mark.parametrize("beside", [(), (library.PAGE,)], ids=["alone", "beside a page"])
def test_a_file_that_is_not_a_source_is_a_mistake_in_use(
    name: str, beside: tuple[str, ...], command: Callable[..., Any]
) -> None:
    file, data = NOT_SOURCES[name]
    Path(file).write_bytes(data)
    for words in ((), ("snapshot",)):
        ended = command(*words, file, *beside)
        assert isinstance(ended.exception, NotASource)
        assert ended.exception.status == 2
        assert str(ended.exception).startswith(f"{file}: ")
        assert "\n" not in ended.exception.message


def test_waivers_of_all_that_was_found_do_not_make_nothing_clean(command: Callable[..., Any]) -> None:
    """One that is watched may be waived beside a source that was compared, and not alone."""
    file, text = EMPTY["CSDL of another version"]
    Path(file).write_text(text)
    command(file, "--report", "json=a.json")
    (found,) = json.loads(Path("a.json").read_text())["findings"]
    assert found["rule"] == "nothing-compared"
    row = {"rule": found["rule"], "fingerprint": found["fingerprint"], "reason": "watched until it appears"}
    Path("waivers.json").write_text(json.dumps({"waivers": [row]}))
    ended = command(file, "--waivers", "waivers.json")
    assert ended.exit_code == 4
    assert ended.output.endswith("nothing was compared (1 waived), 0 facts of 1 source compared.\n")
    assert command(file, library.PAGE, "--waivers", "waivers.json").exit_code == 0


def test_what_a_source_says_of_nothing_but_what_another_says_is_compared(
    contract: Contract, tmp_path: Path
) -> None:
    """Two resource pages: properties are compared with each other, for the contract has none."""
    one, two = tmp_path / "one", tmp_path / "two"
    sources = [laid_out(folder, KINDS["resource"], RESOURCE) for folder in (one, two)]
    alone = library.compared(contract, sources[0]).compared[0]
    assert library.compared(contract, *(Source(each.path, str(each.path)) for each in sources)).compared == [
        alone + 1,
        alone + 1,
    ]


def test_a_snapshot_without_facts_compares_nothing(contract: Contract, tmp_path: Path) -> None:
    source = laid_out(tmp_path, KINDS["page"], KINDS["page"].text)
    result = library.compared(contract, source)
    path = tmp_path / "snapshot.json"
    document = json.loads(format_snapshot(contract.id, result.wanted, result.readings))
    document["sources"][0]["facts"] = {}
    path.write_text(json.dumps(document))
    result = library.compared(contract, source, snapshot=read_snapshot(path, contract.id))
    assert list(result.compared) == [0]
    assert library.rules(result) == ["nothing-compared"]
    check_counts(result)
