from pathlib import Path

from graphcontract.clauses import list_kinds
from graphcontract.contract.clause_pages import render_pages
from graphcontract.contract.loader import load

FOLDER = Path(__file__).parents[2] / "docs" / "clauses"


def test_the_pages_say_what_the_contract_files_say() -> None:
    made = render_pages(load("sharepointmigrationtask-cancel", list_kinds()))
    found = {file.name: file.read_text(encoding="utf-8") for file in FOLDER.glob("*.md")}
    assert found == made, "run `make docs`"
