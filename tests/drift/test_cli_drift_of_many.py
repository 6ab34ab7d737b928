"""`graphcontract drift --operations` as a user meets it: outputs, exit statuses, mistakes."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from graphcontract.drift.many import pipeline
from graphcontract.drift.operations.build import build_catalogue
from tests.cli.running import Here
from tests.drift import library
from tests.drift.many_operations import CSDL, EXPORT, ROUTES, source

DESK = "/library/desks/{desk-id}"
OWN_DESK = "/library/desks/{deskId}"
GONE = ROUTES.replace(f"DELETE\t{DESK}\t\n", "").replace(f"POST\t{DESK}/close\tx\n", "")


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Here:
    """A folder with a catalogue of the routes and the CSDL, and the routes without two operations."""
    sources = [source(tmp_path, name) for name in ("beta.tsv", "beta.csdl")]
    (tmp_path / "library.jsonl").write_text(build_catalogue(sources))
    (tmp_path / "new.tsv").write_text(GONE.replace("1.2.3", "1.2.4"))
    return Here(monkeypatch, capsys, tmp_path)


def many(*words: str) -> list[str]:
    return ["drift", *words, "--from", "library.jsonl", "--operations", "all"]


def test_no_drift(here: Here) -> None:
    ended = here(*many("beta.tsv", "beta.csdl"))
    assert ended.status == 0
    assert ended.out.startswith("21 operations of library.jsonl: all\n")
    assert ended.out.endswith("no drift, 184 facts of 2 sources compared.\n")


def test_operations_come_first_and_equal_findings_are_one(here: Here) -> None:
    (here.folder / "beta.csdl").write_text(CSDL.replace('"id" Type="Edm.Guid"', '"id" Type="Edm.Int32"'))
    ended = here(*many("beta.csdl", "new.tsv"))
    assert ended.status == 4
    lines = ended.out.splitlines()
    (removed,) = [each for each in lines if each.startswith("err") and "route-gone" in each]
    (changed,) = [each for each in lines if each.startswith("err") and "key-type-changed" in each]
    assert lines.index(removed) < lines.index(changed)
    at = lines.index(removed)
    assert lines[at + 2 : at + 5] == [
        "      in 2 operations:",
        f"        beta DELETE {DESK}",
        f"        beta POST {DESK}/close",
    ]
    assert "        and 12 more" in lines
    assert lines[-1] == "2 errors, 175 facts of 2 sources compared."


def test_reports(here: Here) -> None:
    reports = [f"--report={name}=out/{name}" for name in ("json", "sarif", "markdown", "github")]
    assert here(*many("new.tsv", *reports)).status == 4
    written = {each.name: each.read_text() for each in (here.folder / "out").iterdir()}
    schema = files("graphcontract.drift").joinpath("drift-operations-report.schema.json")
    document = json.loads(written["json"])
    jsonschema.validate(document, json.loads(schema.read_bytes()))
    (finding,) = document["findings"]
    names = [f"beta DELETE {DESK}", f"beta POST {DESK}/close"]
    assert [each["name"] for each in finding["operations"]] == names
    assert document["sources"][0]["operations"]["removed"] == 2
    (run,) = json.loads(written["sarif"])["runs"]
    (result,) = run["results"]
    assert (result["ruleId"], result["properties"]["operations"]) == ("route-gone", names)
    for name in ("markdown", "github"):
        assert "route-gone" in written[name]
        assert finding["fingerprint"] in written[name]


def test_a_report_alone_is_on_standard_output(here: Here) -> None:
    ended = here(*many("new.tsv", "--report", "json=-"))
    assert json.loads(ended.out)["counts"]["err"] == 1
    assert "route-gone" in ended.err


def waive(here: Here, **members: object) -> None:
    """Waive what is missing in new.tsv."""
    (finding,) = json.loads(here(*many("new.tsv", "--report", "json=-")).out)["findings"]
    row = {"rule": "route-gone", "fingerprint": finding["fingerprint"], "reason": "They move.", **members}
    (here.folder / "waivers.json").write_text(json.dumps({"waivers": [row]}))


def test_a_waiver_is_for_operations(here: Here) -> None:
    waive(here, operations=[f"beta POST {DESK}/*", f"DELETE {DESK}"], expires="2999-01-01")
    ended = here(*many("new.tsv", "--waivers", "waivers.json"))
    assert (ended.status, "waived  route-gone in 2 operations" in ended.out) == (0, True)
    waive(here, operations=["beta POST *"], expires="2999-01-01")
    ended = here(*many("new.tsv", "--waivers", "waivers.json"))
    assert (ended.status, "waived  route-gone in 1 operation" in ended.out) == (4, True)
    assert f"beta DELETE {DESK}" in ended.out


def test_a_waiver_without_operations_is_for_one_contract(here: Here) -> None:
    waive(here)
    ended = here(*many("new.tsv", "--waivers", "waivers.json"))
    assert ended.status == 4
    assert "1 waivers without `operations` are for comparisons with one contract" in ended.out


def test_a_snapshot_shows_what_changed_since(here: Here) -> None:
    chosen = ["--from", "library.jsonl", "--operations", "POST *"]
    assert here("drift", "snapshot", "beta.tsv", *chosen, "--output", "old.jsonl").status == 0
    first = (here.folder / "old.jsonl").read_text()
    assert here("drift", "beta.tsv", *chosen, "--since", "old.jsonl").status == 0
    (here.folder / "beta.tsv").write_text(f"{GONE}POST\t/library/open\t\n")
    ended = here("drift", "beta.tsv", *chosen, "--since", "old.jsonl")
    assert ended.status == 4
    other = here("drift", "beta.tsv", "--operations", "all", "--since", "old.jsonl")
    assert "the --operations that the snapshot was made for, 'POST *', found all" in other.err
    assert f"beta POST {DESK}/close" in ended.out
    assert f"beta DELETE {DESK}" not in ended.out
    assert (
        "reachable, and not in the snapshot\n      in 1 operation:\n        beta POST /library/open"
        in ended.out
    )
    (here.folder / "beta.tsv").write_text(ROUTES.replace("# method", "#\n# method"))
    here("drift", "snapshot", "beta.tsv", *chosen, "--output", "new.jsonl")
    assert (here.folder / "new.jsonl").read_text() == first


def test_a_source_of_the_snapshot_is_missing(here: Here) -> None:
    here(*many("snapshot", "beta.tsv", "beta.csdl", "--output", "old.jsonl"))
    ended = here(*many("beta.tsv", "--since", "old.jsonl"))
    assert ended.status == 4
    assert "source-gone" in ended.out
    assert "CSDL of Microsoft Graph, beta (beta.csdl)" in ended.out


def test_an_export_is_compared_by_its_builders(here: Here) -> None:
    source(here.folder, "kiota-dom-export.txt", EXPORT)
    ended = here(*many("kiota-dom-export.txt"))
    assert ended.status == 4
    assert "9 unchanged, 2 removed, 1 added, 10 that it never had" in ended.out


def test_what_cannot_be_read_is_a_finding_and_the_others_are_compared(here: Here) -> None:
    (here.folder / "broken.csdl").write_text("beta" + CSDL[:2000])
    (here.folder / "beta.yaml").write_text("openapi: 3.0.4\npaths:\n  /a:\n    post: [\n")
    ended = here(*many("beta.yaml", "new.tsv", "--report", "json=report.json"))
    assert ended.status == 3
    document = json.loads((here.folder / "report.json").read_text())
    assert sorted(each["rule"] for each in document["findings"]) == ["route-gone", "source-unreadable"]
    assert ended.err.startswith("error: beta.yaml")


def test_the_contracts_of_a_folder_are_compared(here: Here) -> None:
    """An operation that a contract file describes is expected of every source."""
    folder = here.folder / "mine"
    folder.mkdir()
    for id in ("library-desks-id-library-security-lock-beta", "library-desks-id-delete-beta"):
        text = here("contracts", "show", id, "--from", "library.jsonl", "--json").out
        (folder / f"{id}.json").write_text(text)
    chosen = ("--from", "mine", "--operations", "all", "--fail-on", "err")
    ended = here("drift", "beta.csdl", "beta.tsv", *chosen)
    assert "2 operations of mine: all" in ended.out
    assert ended.out.count("2 unchanged") == 2
    assert ended.status == 0
    (here.folder / "beta.csdl").write_text(CSDL.replace('"id" Type="Edm.Guid"', '"id" Type="Edm.String"'))
    ended = here("drift", "new.tsv", "beta.csdl", *chosen)
    assert ended.status == 4
    assert f"route: reachable -> absent\n      in 1 operation:\n        beta DELETE {OWN_DESK}" in ended.out
    assert "key-type: guid -> string\n      in 2 operations:" in ended.out
    ended = here("drift", "snapshot", "beta.tsv", *chosen[:4], "--output", "old.jsonl")
    assert ended.status == 0


def test_nothing_compared_is_a_failure(here: Here) -> None:
    (here.folder / "other.tsv").write_text("# v1.0\nPOST\t/library/close\n")
    ended = here(*many("other.tsv"))
    assert ended.status == 4
    assert "nothing-compared" in ended.out
    assert "it is of another version than the operations" in ended.out


def test_nothing_compared_fails_even_if_it_is_waived(here: Here) -> None:
    (here.folder / "other.tsv").write_text("# v1.0\nPOST\t/library/close\n")
    found = json.loads(here(*many("other.tsv", "--report", "json=-")).out)["findings"]
    marks = {each["rule"]: each["fingerprint"] for each in found}
    row = {"rule": "nothing-compared", "fingerprint": marks["nothing-compared"]}
    waived = {"waivers": [{**row, "reason": "Not yet.", "operations": ["all"]}]}
    (here.folder / "waivers.json").write_text(json.dumps(waived))
    ended = here(*many("other.tsv", "--waivers", "waivers.json"))
    assert (ended.status, "waived  nothing-compared" in ended.out) == (4, True)
    assert here(*many("other.tsv", "new.tsv", "--waivers", "waivers.json")).status == 4  # of new.tsv


def test_two_sources_of_a_kind_are_compared_with_themselves(here: Here) -> None:
    (here.folder / "beta-Cloud.csdl").write_text(
        CSDL.replace('"id" Type="Edm.Guid"', '"id" Type="Edm.Int32"')
    )
    sources = ("beta.csdl", "beta-Cloud.csdl")
    assert here(*many("snapshot", *sources, "--output", "old.jsonl")).status == 0
    ended = here(*many(*sources, "--since", "old.jsonl"))
    assert (ended.status, "no drift" in ended.out) == (0, True)


def test_only_findings_of_the_level_fail(here: Here) -> None:
    (here.folder / "new.tsv").write_text(f"{ROUTES}POST\t/library/open\t\n")
    assert here(*many("new.tsv")).status == 0
    assert here(*many("new.tsv", "--fail-on", "info")).status == 4


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["drift", "beta.tsv", "--operations", "POST /library/desk/*/closed"], "matches no operation"),
        (["drift", "beta.tsv", "--from", "library.jsonl"], "--from needs --operations"),
        (["drift", "--operations", "all"], "no source given"),
        (many("beta.tsv", "--contract", "x"), "--contract cannot be combined with --operations"),
        (many("snapshot", "beta.tsv", "--root", "."), "--root cannot be combined with --operations"),
        (many("page.md"), "a source of kind page is of one operation"),
        (many("lost.tsv"), "this file does not exist"),
        (many("beta.tsv", "--report", "junit=a.xml"), "'junit=a.xml' is not a report"),
        (many("beta.tsv", "--since", "lost.jsonl"), "lost.jsonl"),
        (many("beta.tsv", "--since", "one.json"), "one.json:1: expected the header"),
        (
            many("beta.tsv", "--since", "library.jsonl"),
            "expected a snapshot, found a catalogue of operations",
        ),
        (["drift", "beta.tsv", "--since", "library.jsonl"], "this is a snapshot of many operations"),
        (
            ["drift", "snapshot", "other.tsv", "--operations", "beta POST /users/*"],
            "other.tsv: it has none of the operations",
        ),
    ],
)
def test_a_mistake_is_one_error(words: list[str], error: str, here: Here) -> None:
    (here.folder / "page.md").write_text(library.PAGE_TEXT)
    (here.folder / "one.json").write_text('{"snapshot": 1}')
    (here.folder / "other.tsv").write_text("# v1.0\nPOST\t/a\n")
    ended = here(*words)
    assert ended.status in (2, 3, 4)
    assert error in ended.err
    assert "Traceback" not in ended.err
    assert len([each for each in ended.err.splitlines() if each.startswith("error: ")]) == 1


def test_ctrl_c_writes_nothing(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "open_source", stop)
    ended = here(*many("beta.tsv", "--report", "json=report.json"))
    assert (ended.status, ended.err) == (130, "interrupted: nothing was written\n")
    assert not (here.folder / "report.json").exists()
