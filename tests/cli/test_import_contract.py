from __future__ import annotations

import json
from pathlib import Path

import pytest

from graphcontract.cli import app
from graphcontract.contract.loader import load
from graphcontract.drift.import_contract import IncompleteSource
from graphcontract.drift.model import SourceError
from graphcontract.errors import UserError
from tests.cli.running import CliRunner, Result
from tests.drift import schemas

CANCEL = "sharepointmigrationtask-cancel"


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["contracts", *map(str, words)], env={"COLUMNS": "100"})


@pytest.fixture
def csdl(tmp_path: Path) -> Path:
    path = tmp_path / "beta.csdl"
    path.write_text(schemas.CSDL)
    return path


def test_import_to_a_file_that_validates(csdl: Path, tmp_path: Path) -> None:
    made = tmp_path / "loan-cancel.json"
    ended = run("import", csdl, "--action", "loan/cancel", "--output", made)
    shown = "POST /beta/library/branches/loanRequests/{loanId}/cancel"
    assert (ended.exit_code, ended.stdout) == (0, f"{made}: written\n{shown}\n")
    assert run("validate", made).exit_code == 0
    assert load(made, None).request.path == "/library/branches/loanRequests/{loanId}/cancel"


def test_import_to_standard_output_is_the_file_alone(csdl: Path) -> None:
    ended = run("import", csdl, "--action", "microsoft.graph.loan/cancel")
    assert json.loads(ended.stdout)["title"] == "loan: cancel"
    assert ended.stderr == ""


def test_import_by_path_and_version(csdl: Path) -> None:
    words = ("--path", "/library/branches/loanRequests/{id}/cancel", "--api-version", "beta")
    request = json.loads(run("import", csdl, "--action", "loan/cancel", *words).stdout)["request"]
    assert (request["version"], request["method"]) == ("beta", "POST")


def test_import_never_chooses_a_path(csdl: Path, tmp_path: Path) -> None:
    more = '<EntitySet Name="loans" EntityType="graph.loan" /><EntitySet '
    csdl.write_text(schemas.CSDL.replace("<EntitySet ", more, 1))
    ended = run("import", csdl, "--action", "loan/cancel", "--output", tmp_path / "made.json")
    assert isinstance(ended.exception, IncompleteSource)
    assert "2 paths lead to cancel of loan" in str(ended.exception)
    lines = ("  /loans/{loanId}/cancel", "  /library/branches/loanRequests/{loanId}/cancel")
    assert ended.exception.hint == "\n".join(("Choose one with --path:", *lines))
    assert not (tmp_path / "made.json").exists()
    given = run("import", csdl, "--action", "loan/cancel", "--path", "/loans/{id}/cancel")
    assert json.loads(given.stdout)["request"]["path"] == "/loans/{loanId}/cancel"


def test_import_by_qualified_names(csdl: Path) -> None:
    ended = run("import", csdl, "--action", "microsoft.graph.desk.loan/microsoft.graph.cancel")
    assert json.loads(ended.stdout)["title"] == "loan: cancel"


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--action", "cancel"), "TYPE/ACTION"),
        (("--action", "loan/cancel", "--path", "me"), "does not begin with a slash"),
        (("--action", "loan/cancel", "--api-version", "2"), "beta or v1.0"),
        (("--action", "loan/lend"), "does not declare lend"),
        (("--action", "loan/cancel", "--output", "/nowhere/a.json"), "cannot be written"),
    ],
)
def test_import_says_what_is_wrong(words: tuple[str, ...], problem: str, csdl: Path) -> None:
    ended = run("import", csdl, *words)
    assert isinstance(ended.exception, UserError)
    assert problem in str(ended.exception)
    assert ended.exception.status == 2
    assert ended.stdout == ""


def test_import_of_what_is_not_there(tmp_path: Path) -> None:
    error = run("import", tmp_path / "none.csdl", "--action", "loan/cancel").exception
    assert isinstance(error, SourceError)
    assert error.status == 3


def test_export(tmp_path: Path) -> None:
    made = tmp_path / "cancel.json"
    assert run("export", CANCEL, "--openapi", "--output", made).exit_code == 0
    assert made.read_text() == run("export", CANCEL, "--openapi").stdout
    assert json.loads(made.read_text())["info"]["title"] == "sharePointMigrationTask: cancel"


def test_export_needs_a_format() -> None:
    ended = run("export", CANCEL)
    assert "--openapi" in str(ended.exception)
