from pathlib import Path

from graphcontract.clauses import known
from graphcontract.loading import load
from graphcontract.pages import pages

FOLDER = Path(__file__).parent.parent / "docs" / "clauses"


def test_the_pages_say_what_the_contract_files_say() -> None:
    made = pages(load("sharepointmigrationtask-cancel", known()))
    found = {file.name: file.read_text(encoding="utf-8") for file in FOLDER.glob("*.md")}
    assert found == made, "run `make docs`"
