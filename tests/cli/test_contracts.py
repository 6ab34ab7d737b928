from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.resources import as_file, files
from pathlib import Path

import pytest

from graphcontract.clauses import list_kinds
from graphcontract.cli.contracts import app
from graphcontract.contract.loader import ContractError, document, list_shipped, load
from tests.cli.running import CliRunner, Result

CANCEL = "sharepointmigrationtask-cancel"
ACTION = (
    "/beta/solutions/sharePoint/migrations/crossOrganizationMigrationTasks/{sharePointMigrationTaskId}/cancel"
)


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), env={"COLUMNS": "100"})


def test_list() -> None:
    head, *rows = run("list").stdout.splitlines()
    assert [each.split()[0] for each in rows] == list(list_shipped())
    row = rows[list_shipped().index(CANCEL)]
    levels = [clause.counted_level for clause in load(CANCEL, None).clauses.values()]
    counts = [str(levels.count(level)) for level in ("MUST", "SHOULD", "MAY")]
    assert head.split() == ["ID", "MUST", "SHOULD", "MAY", "SOURCE", "ACTION"]
    assert row.split() == [CANCEL, *counts, "2025-11-12", "POST", ACTION]
    assert row.index("POST") == head.index("ACTION")


def test_list_as_json() -> None:
    rows = json.loads(run("list", "--json").stdout)
    assert [each["id"] for each in rows] == list(list_shipped())
    row = rows[list_shipped().index(CANCEL)]
    assert (row["id"], row["method"], row["path"], row["date"]) == (CANCEL, "POST", ACTION, "2025-11-12")
    assert sum(row["clauses"].values()) == len(load(CANCEL, None).clauses)
    assert row["sha256"] == load(CANCEL, None).sha256


def test_show() -> None:
    text = run("show", CANCEL).stdout
    assert f"POST https://graph.microsoft.com{ACTION}\n" in text
    for words in (
        "Authorization: require",
        "Content-Type: forbid",
        "204, content absent",
        "application: SharePointCrossTenantMigration.Manage.All",
        "status: notStarted",
        "clouds             global",
        "3ed6d46d-13a3-4995-b6ea-a74a20b1fac0",
    ):
        assert words in text
    for clause in load(CANCEL, None).clauses.values():
        assert re.search(rf"^  {clause.level}( \(disputed\))? +{re.escape(clause.id)} ", text, re.MULTILINE)
    assert "The client must send the method POST, in uppercase." in text
    assert not [line for line in text.splitlines() if line != line.rstrip()]
    rows = [line for line in text.splitlines() if re.match("  (MUST|SHOULD|MAY) ", line)]
    assert len({re.match(r" +[^ ]+( \(disputed\))? +[^ ]+ +", line).end() for line in rows}) == 1  # type: ignore[union-attr]


def test_show_as_json_can_be_validated(tmp_path: Path) -> None:
    text = run("show", CANCEL, "--json").stdout
    assert json.loads(text) == document(CANCEL, list_kinds())
    path = tmp_path / "flat.json"
    path.write_text(text)
    assert run("validate", str(path)).exit_code == 0


def test_show_a_base() -> None:
    text = run("show", "graph-conventions").stdout
    assert "input.injection" in text
    assert "application:" not in text


def test_show_text_is_not_markup(tmp_path: Path) -> None:
    shown = document(CANCEL, None)
    shown["title"] = "[bold]cancel[/bold] :smile:"
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(shown))
    assert run("show", str(path)).stdout.splitlines()[0] == shown["title"]


def test_show_what_is_not_there() -> None:
    result = run("show", "sharepointmigrationtask-cancle")
    assert isinstance(result.exception, ContractError)  # which the command line's main() ends with status 2
    assert CANCEL in str(result.exception)
    assert result.stdout == ""


def test_validate_what_is_shipped() -> None:
    with (
        as_file(files("graphcontract.contracts") / f"{CANCEL}.json") as contract,
        as_file(files("graphcontract.contracts") / "graph-conventions.json") as base,
    ):
        result = run("validate", str(contract), str(base))
    counts = [len(document(name, None)["clauses"]) for name in (CANCEL, "graph-conventions")]
    assert result.stdout == f"{contract}: ok: {counts[0]} clauses\n{base}: ok: {counts[1]} clauses\n"
    assert result.exit_code == 0


def test_validate_goes_on_after_an_error(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "good.json").write_text(json.dumps(document("graph-conventions", None)))
    names = [str(tmp_path / name) for name in ("bad.json", "none.json", "good.json")]
    result = run("validate", *names)
    assert result.exit_code == 2
    assert result.stdout.startswith(f"{names[2]}: ok: ")
    assert f"error: {names[0]}:1: expected JSON" in result.stderr
    assert f"error: {names[1]}: expected a contract file, found no such file" in result.stderr


def test_validate_nothing() -> None:
    assert run("validate").exit_code == 2


@pytest.mark.parametrize("module", ["jsonschema", "rich", "hypothesis", "httpx", "pytest"])
def test_the_commands_cost_no_heavy_import(module: str) -> None:
    code = f"import sys, graphcontract.cli.contracts; sys.exit({module!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
