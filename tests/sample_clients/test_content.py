"""The bank's client with a contract made of a page that requires an empty JSON object."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphcontract.clauses import list_kinds
from graphcontract.contract.loader import load
from graphcontract.drift.import_contract import make_contract
from graphcontract.exchange import Call
from tests.drift import library
from tests.sample_clients.bases.conforming import Conforming
from tests.sample_clients.verdicts import verdicts

CLAUSES = ("request.body", "request.content-length", "request.content-type")


class SendsEmptyObject(Conforming):
    def path(self, call: Call) -> str:
        return f"/library/branches/loanRequests/{self.encode(call.task_id)}/cancel"

    def body(self, call: Call) -> bytes:
        return b"{}"

    def fields(self, call: Call) -> list[tuple[str, str]]:
        return [*super().fields(call), ("Content-Type", "application/json")]


class SendsNothing(SendsEmptyObject):
    def body(self, call: Call) -> bytes:
        return b""


class SendsItUntyped(SendsEmptyObject):
    def fields(self, call: Call) -> list[tuple[str, str]]:
        return super().fields(call)[:-1]


@pytest.mark.parametrize(
    ("client", "violated"),
    [
        (SendsEmptyObject, set()),
        (SendsNothing, {"request.body"}),
        (SendsItUntyped, {"request.content-type"}),
    ],
)
def test_client_sends_what_the_page_requires(
    client: type[Conforming], violated: set[str], tmp_path: Path
) -> None:
    required = "In the request body, supply an empty JSON object `{}`."
    page = library.PAGE_TEXT.replace("Don't send a request body.", required)
    library.laid_out(tmp_path, library.files_of_page(page=page))
    text = make_contract(library.source(tmp_path), "loan", "cancel", None, None, list_kinds())
    (tmp_path / "imported.json").write_text(text, encoding="utf-8")
    contract = load(tmp_path / "imported.json", list_kinds())
    found = verdicts(client().cancel, of=CLAUSES, profile="quick", contract=contract)
    assert {id for id in CLAUSES if found[id].verdict == "fail"} == violated
