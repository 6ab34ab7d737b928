from __future__ import annotations

import ast
import inspect

import pytest

from graphcontract import clauses
from graphcontract.clauses import clause, list_kinds, registry
from tests.clauses import CONTRACT


def test_every_clause_of_the_contract_has_a_judge() -> None:
    documented = {id: set(clause.kinds) for id, clause in CONTRACT.clauses.items()}
    assert {id: set(list_kinds()[id]) for id in documented} == documented


LOOKING_BACK = {
    "calls.cancelled",
    "calls.concurrent",
    "calls.independent",
    "calls.late-response",
    "calls.surroundings",
    "error.encoded",
    "error.malformed",
    "error.shape",
    "http2.concurrent-calls",
    "http2.concurrent-streams",
    "http2.connection-lost",
    "http2.goaway-later",
    "request.client-request-id",
    "response.stray-content",
    "secrets.token",
    "transport.failure",
    "transport.idle",
}


def test_the_clauses_of_clients_that_need_the_earlier_steps_as_evidence() -> None:
    looking_back = {id for id, function in registry().items() if function.uses_earlier_steps}
    assert {id for id in looking_back if not id.startswith("service.")} == LOOKING_BACK


def test_two_judges_for_one_clause_are_refused() -> None:
    with pytest.raises(ValueError, match=r"two functions are registered for the clause request\.method"):
        clause("request.method", "x", when=lambda *_: True)(lambda *_: iter(()))


@pytest.mark.parametrize("module", ["request", "conventions", "responses", "errors"])
def test_a_judge_reads_no_clock_no_file_and_no_network(module: str) -> None:
    tree = ast.parse(inspect.getsource(getattr(clauses, module)))
    imported = {
        each.module or "" if isinstance(each, ast.ImportFrom) else each.names[0].name
        for each in ast.walk(tree)
        if isinstance(each, ast.Import | ast.ImportFrom)
    }
    assert not imported & {"os", "time", "datetime", "random", "socket", "pathlib", "subprocess"}
