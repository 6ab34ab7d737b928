"""`graphcontract drift` as a user meets it: outputs, exit statuses, mistakes."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from graphcontract.cli import app, drift_published
from graphcontract.drift.model import SourceError
from graphcontract.drift.rules import RULES
from graphcontract.errors import UserError
from tests.cli.running import CliRunner, Result
from tests.drift import library
from tests.drift.mutations import swap

Drift = Callable[..., Result]
LINE = library.PAGE_TEXT[: library.PAGE_TEXT.index("POST /library")].count("\n") + 1


@pytest.fixture
def drift(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Drift:
    library.contract(tmp_path)
    library.laid_out(tmp_path, library.files_of_page())
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, ["drift", *words, "--contract", "loan-cancel.json"])

    return run


def change(old: str, new: str) -> None:
    Path(library.PAGE).write_text(swap(old, new)(library.PAGE_TEXT))


def test_no_drift(drift: Drift) -> None:
    ended = drift(library.PAGE)
    assert ended.exit_code == 0
    assert "no drift and no skew, 15 facts of 1 source compared." in ended.output


@pytest.mark.parametrize(("level", "status"), [("err", 0), ("warn", 4), ("info", 4)])
def test_the_level_decides(drift: Drift, level: str, status: int) -> None:
    change("/loanRequests/", "/loanrequests/")
    ended = drift(library.PAGE, "--fail-on", level)
    assert ended.exit_code == status
    assert "letter-case-changed" in ended.output
    assert f"{library.PAGE}:{LINE}" in ended.output


def test_json_is_as_its_schema_says_and_alone_on_standard_output(drift: Drift) -> None:
    change("`204 No Content`", "`200 OK`")
    ended = drift(library.PAGE, "--report", "json=-")
    assert ended.exit_code == 4
    schema = json.loads(files("graphcontract.drift").joinpath("drift-report.schema.json").read_bytes())
    document = json.loads(ended.stdout)
    jsonschema.validate(document, schema)
    assert document["counts"] == {"err": 2, "warn": 0, "info": 0, "known": 0, "waived": 0}
    assert [each["compared"] for each in document["sources"]] == [document["compared"]] == [15]
    assert "success-status-changed" in ended.stderr


def test_sarif_names_line_rule_and_fingerprint(drift: Drift) -> None:
    change("POST /l", "PUT /l")
    drift(library.PAGE, "--report", "sarif=out/drift.sarif")
    (run,) = json.loads(Path("out/drift.sarif").read_text())["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [rule.id for rule in RULES]
    found = {each["ruleId"]: each for each in run["results"]}
    location = found["method-changed"]["locations"][0]["physicalLocation"]
    assert location == {"artifactLocation": {"uri": library.PAGE}, "region": {"startLine": LINE}}
    assert len(found["method-changed"]["partialFingerprints"]["graphcontract/v1"]) == 12
    assert found["method-changed"]["level"] == "error"


def test_markdown_and_annotations_carry_what_counts(drift: Drift) -> None:
    change("# loan: cancel", "# <b>loan</b> | *cancel*")
    drift(library.PAGE, "--report", "markdown=a.md", "--report", "github=a.txt")
    assert "| info | wording | wording-changed | wording:" in Path("a.md").read_text()
    assert "\\|" in Path("a.md").read_text()
    assert (
        Path("a.txt")
        .read_text()
        .startswith(f"::notice file={library.PAGE},line=9,title=wording-changed (wording)::")
    )


def test_a_waiver_makes_it_green(drift: Drift) -> None:
    change("POST /l", "PUT /l")
    document = json.loads(drift(library.PAGE, "--report", "json=-").stdout)
    rows = [
        {"rule": each["rule"], "fingerprint": each["fingerprint"], "reason": "known to the owner"}
        for each in document["findings"]
    ]
    Path("waivers.json").write_text(json.dumps({"waivers": rows}))
    ended = drift(library.PAGE, "--waivers", "waivers.json", "--report", "sarif=a.sarif")
    assert ended.exit_code == 0
    assert "no new drift (2 waived)," in ended.output
    assert "known to the owner (no expiry)" in ended.output
    results = json.loads(Path("a.sarif").read_text())["runs"][0]["results"]
    assert all(
        each["suppressions"][0]["justification"] == "known to the owner (no expiry)" for each in results
    )


def test_snapshot_and_since(drift: Drift) -> None:
    assert drift("snapshot", library.PAGE, "--output", "now.json").exit_code == 0
    assert drift(library.PAGE, "--since", "now.json").exit_code == 0
    change("/branches/", "/houses/")
    ended = drift("compare", library.PAGE, "--since", "now.json")
    assert ended.exit_code == 4
    assert "path-changed" in ended.output


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        ((), 2, "no source given"),
        (("nowhere.md",), 3, "this file does not exist"),
        ((".",), 3, "this is a folder"),
        (("empty",), 2, "it is empty"),
        (("noise",), 2, "it is not a documentation page"),
        (("page.html",), 2, "it is HTML"),
        (("german.md",), 3, "not in English"),
        (("translated.md",), 3, "translated"),
        (("binary.md",), 3, "not valid UTF-8"),
        (("short.json",), 3, "not valid JSON"),
        (("now.json",), 2, "Give it with --since"),
        ((library.PAGE, "--since", "nowhere.json"), 3, "cannot be read"),
        ((library.PAGE, "--waivers", "nowhere.json"), 2, "expected a waivers file, found no such file"),
        ((library.PAGE, "--report", "xml=a"), 2, "is not a report"),
        ((library.PAGE, "--report", "json"), 2, "is not a report"),
        ((library.PAGE, "--root", "nowhere"), 2, "this folder does not exist"),
        (("--published",), 2, "lists no published sources"),
        (("snapshot", "noise"), 2, "it is not a documentation page"),
        (("snapshot", "other.md"), 2, "not a documentation page of Microsoft Graph"),
        (("snapshot", "another.md"), 3, "Leave it out"),
        (("snapshot", library.CLOUDS), 2, "Leave it out"),
    ],
)
def test_mistakes_are_one_clear_error(drift: Drift, words: tuple[str, ...], status: int, said: str) -> None:
    Path("empty").write_text("\n")
    Path("noise").write_text("nothing of the kind")
    Path("page.html").write_text("<!-- x -->\n<!DOCTYPE html>\n<html lang=en>")
    Path("german.md").write_text(swap("## Permissions", "## Berechtigungen")(library.PAGE_TEXT))
    Path("translated.md").write_text(swap("author:", "ms.translationtype: MT\nauthor:")(library.PAGE_TEXT))
    Path("binary.md").write_bytes(b"# \xff\xfe")
    Path("short.json").write_text(json.dumps(library.PERMISSIONS_JSON)[:-9])
    Path("now.json").write_text('{"snapshot": 1}')
    Path("other.md").write_text("# Another page")
    Path("another.md").write_text("# book: lend")
    ended = drift(*words)
    assert isinstance(ended.exception, UserError)
    assert ended.exception.status == status
    assert said in str(ended.exception)


@pytest.mark.parametrize("broken", ["nowhere.md", "binary.md", "short.json"])
@pytest.mark.parametrize("since", [(), ("--since", "now.json")])
def test_the_reports_are_written_where_a_source_cannot_be_read(
    drift: Drift, broken: str, since: tuple[str, ...]
) -> None:
    assert drift("snapshot", library.PAGE, "--output", "now.json").exit_code == 0
    Path("binary.md").write_bytes(b"# \xff\xfe")
    Path("short.json").write_text(json.dumps(library.PERMISSIONS_JSON)[:-9])
    change("POST /l", "PUT /l")
    ended = drift(broken, library.PAGE, *since, "--report", "json=a.json", "--report", "sarif=a.sarif")
    assert isinstance(ended.exception, SourceError)
    assert ended.exception.status == 3
    document = json.loads(Path("a.json").read_text())
    schema = json.loads(files("graphcontract.drift").joinpath("drift-report.schema.json").read_bytes())
    jsonschema.validate(document, schema)
    found = {each["rule"]: each for each in document["findings"]}
    assert {"source-unreadable", "method-changed"} <= found.keys()
    assert not {"source-gone", "nothing-compared"} & found.keys()
    assert found["source-unreadable"]["origin"]["source"] == broken
    assert found["source-unreadable"]["level"] == "err"
    assert json.loads(Path("a.sarif").read_text())["runs"][0]["results"]
    assert "source-unreadable" in ended.output


def test_the_reports_are_written_where_nothing_can_be_fetched(
    drift: Drift, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise SourceError("https://docs.example/a.md: it cannot be fetched: no route to host")

    monkeypatch.setattr(drift_published, "fetch_sources", fail)
    ended = drift("--published", library.PAGE, "--report", "json=a.json")
    assert isinstance(ended.exception, SourceError)
    document = json.loads(Path("a.json").read_text())
    (finding,) = document["findings"]
    assert (finding["rule"], finding["origin"]["source"]) == (
        "source-unreadable",
        "https://docs.example/a.md",
    )
    assert document["compared"] == 15


def test_help_teaches(drift: Drift) -> None:
    ended = CliRunner().invoke(app, ["drift", "--help"])
    assert "SOURCE is a file. Its kind is detected by its content" in ended.output
    assert "graphcontract drift snapshot page.md" in ended.output


def test_nothing_of_a_page_reaches_a_terminal_raw(drift: Drift) -> None:
    change("# loan: cancel", "# \x1b[31mred\u202e: \x9bcancel")
    ended = drift(library.PAGE)
    assert "wording-changed" in ended.output
    assert not {"\x1b", "\u202e", "\x9b"} & set(ended.output)
