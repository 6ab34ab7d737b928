"""The bank's client with contracts whose path has a qualified action or a type cast."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Conforming
from tests.sample_clients.verdicts import CONTRACT, verdicts

CLAUSES = ("request.path", "request.path-spelling")
(KEY,) = CONTRACT.request.parameters
CLOSE, ASSIGN = "microsoft.graph.security.close", "graph.androidLobApp/assign"


@pytest.mark.parametrize(
    ("contract", "client", "violated"),
    [
        (CLOSE, CLOSE, set()),
        (CLOSE, "close", {"request.path-spelling"}),
        (CLOSE, "graph.close", {"request.path-spelling"}),
        ("close", CLOSE, {"request.path-spelling"}),
        (CLOSE, "microsoft.graph.security.reopen", {"request.path"}),
        (CLOSE, "microsoft.graph.security", {"request.path"}),
        (CLOSE, f"microsoft.graph.{CLOSE}", {"request.path"}),
        (ASSIGN, ASSIGN, set()),
        (ASSIGN, f"microsoft.{ASSIGN}", {"request.path-spelling"}),
        (ASSIGN, "androidLobApp/assign", {"request.path"}),
        (ASSIGN, "graph.iosLobApp/assign", {"request.path"}),
    ],
)
def test_client_is_judged_by_the_names_of_the_path(contract: str, client: str, violated: set[str]) -> None:
    class Client(Conforming):
        def path(self, call: Call) -> str:
            return f"/security/cases/{self.encode(call.task_id)}/{client}"

    request = replace(CONTRACT.request, path=f"/security/cases/{{{KEY}}}/{contract}")
    found = verdicts(
        Client().cancel, of=CLAUSES, profile="quick", contract=replace(CONTRACT, request=request)
    )
    assert {id for id in CLAUSES if found[id].verdict == "fail"} == violated
