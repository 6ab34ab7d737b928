"""A fault in one of several parameters is found by the clause that is about it, and no quirk is a fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.operations import contract_of
from tests.operations.clients import Client, Fault, faults, quirks
from tests.sample_clients.verdicts import verdicts

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet

TESTS = ("test_request", "test_opaque_id", "test_unusable_id", "test_control_characters")
CLAUSES = (
    *("request.method", "request.path", "request.path-spelling", "request.path-parameters", "request.query"),
    *("request.body", "request.once"),
)


def list_faults() -> Iterator[ParameterSet]:
    """Two faults of each clause, and the others for `make nightly`: `test_random_contracts` finds a change of
    each kind.
    """
    seen: Counter[str] = Counter()
    for each in faults:
        marks = [pytest.mark.nightly] if seen[each.clause] >= 2 else []
        seen[each.clause] += 1
        id = f"{each.client.__name__}-{each.operation}-{each.clause}"
        yield pytest.param(each, marks=marks, id=id)


@pytest.mark.parametrize("fault", list(list_faults()))
def test_faulty_client_violates_its_clause(fault: Fault) -> None:
    found = verdicts(
        fault.client().cancel,
        of=[fault.clause],
        shown_by=TESTS,
        profile="quick",
        contract=contract_of(fault.operation),
    )[fault.clause]
    assert found.verdict == "fail", found.reason
    assert found.evidence is not None
    assert found.evidence["kind"] in fault.kinds, found.evidence["actual"]
    parameters = contract_of(fault.operation).request.parameters
    if fault.clause == "request.path-parameters" and len(parameters) > 1:
        assert found.evidence["expected"].partition(":")[0] in parameters


def list_quirks() -> Iterator[ParameterSet]:
    """The first operation of each client, and the others for `make nightly`."""
    seen: set[Client] = set()
    for client, operation, short_of in quirks:
        marks = [pytest.mark.nightly] if client in seen else []
        seen.add(client)
        yield pytest.param(client, operation, short_of, marks=marks, id=f"{client.__name__}-{operation}")


@pytest.mark.parametrize(("client", "operation", "short_of"), list(list_quirks()))
def test_quirky_client_violates_nothing_else(
    client: Client, operation: str, short_of: frozenset[str]
) -> None:
    found = verdicts(
        client().cancel,
        of=CLAUSES,
        shown_by=["test_request"],
        profile="quick",
        contract=contract_of(operation),
    )
    evidence = {id: part.evidence for id, part in found.items() if part.verdict in ("fail", "error")}
    assert evidence.keys() == short_of, evidence
