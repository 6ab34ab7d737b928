"""Each faulty client of many operations violates its clause where the fault is, and no quirk is a fault.

Here, two faults of each clause over a few operations of the shipped catalogue; `make nightly` takes the
others too, and all of beta.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from graphcontract.catalogue.catalogue import load_shipped
from tests.operations import few_faults, many_faults, many_quirks
from tests.operations.many import Ran, run_many
from tests.operations.many_clients import OPERATIONS, Client, ManyFault, faults, quirks

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet

assert [few_faults, many_faults, many_quirks], "importing them registers their clients"
FEW = 25
every_fault = pytest.mark.parametrize("fault", faults, ids=lambda each: each.client.__name__)
every_quirk = pytest.mark.parametrize(
    ("client", "short_of"), quirks, ids=[client.__name__ for client, _ in quirks]
)


def list_faults() -> Iterator[ParameterSet]:
    """Two faults of each clause, and the others for `make nightly`: `test_random_contracts` and the bank of
    sample clients have the kinds of each clause.
    """
    seen: Counter[str] = Counter()
    for each in faults:
        marks = [pytest.mark.nightly] if seen[each.clause] >= 2 else []
        seen[each.clause] += 1
        yield pytest.param(each, marks=marks, id=each.client.__name__)


def run(client: Client, *patterns: str) -> Ran:
    return run_many(client().cancel, *patterns, catalogue=load_shipped())


def expect_fault(fault: ManyFault, ran: Ran) -> None:
    """The clause is violated, in the operations that have the fault and in no other."""
    assert ran.status == 1
    found = [each for each in ran.must if each["clause"] == fault.clause]
    assert found, [(each["clause"], each["evidence"]["kind"]) for each in ran.findings]
    kinds = {each["evidence"]["kind"] for each in found}
    assert not fault.kinds or kinds & fault.kinds, kinds
    shown = {each["request"] for each in ran.operations.values() if each["fails_run"]}
    assert shown
    assert [each for each in shown if not re.search(fault.shown_by, each)] == []


def expect_no_fault(short_of: frozenset[str], ran: Ran) -> None:
    assert {each["clause"] for each in ran.findings} == short_of
    assert ran.status == 0


def test_half_of_the_faults_show_in_a_few_operations_only() -> None:
    shipped = load_shipped()
    names = [shipped.name_of(id) for id in shipped.find("beta *")]
    counts = {
        fault.client: sum(re.search(fault.shown_by, name) is not None for name in names) for fault in faults
    }
    assert len(counts) >= 40
    assert len(quirks) >= 12
    assert min(counts.values()) > 0
    assert sum(count <= FEW for count in counts.values()) >= len(counts) / 2


@pytest.mark.parametrize("fault", list(list_faults()))
def test_a_fault_is_found_where_it_is(fault: ManyFault) -> None:
    expect_fault(fault, run(fault.client, *OPERATIONS))


@every_quirk
def test_a_quirk_is_not_a_fault(client: Client, short_of: frozenset[str]) -> None:
    expect_no_fault(short_of, run(client, *OPERATIONS))


@pytest.mark.nightly
@every_fault
def test_a_fault_is_found_in_all_operations(fault: ManyFault) -> None:
    expect_fault(fault, run(fault.client, "beta *"))


@pytest.mark.nightly
@every_quirk
def test_a_quirk_is_not_a_fault_in_any_operation(client: Client, short_of: frozenset[str]) -> None:
    expect_no_fault(short_of, run(client, "beta *"))
