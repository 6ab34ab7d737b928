"""Connections that a client leaves open, as they were counted after its calls."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from graphcontract.exchange import Exchange, Outcome
from graphcontract.wire import MOST_CONNECTIONS, Fault
from tests.clauses import CRASH, HANG, exchange, failure, findings, judges, kinds, request

CLAUSE = "transport.connections"
TIMEOUT = failure(None)


def counted(open_connections: int | None, *, pool: int = 10) -> Exchange:
    return replace(exchange(request()), open_connections=open_connections, pool=pool)


def silent(waiting: int) -> Exchange:
    """A call that timed out, with so many connections on which it still waits."""
    made = replace(exchange(request(), outcome=TIMEOUT), responses=(), fault="stalled")
    return replace(made, open_connections=waiting, waiting_connections=waiting, pool=10)


@pytest.mark.parametrize(
    ("number", "pool", "found"),
    [(0, 10, []), (10, 10, []), (11, 10, ["left-open"]), (11, 16, []), (2, 1, ["left-open"])],
)
def test_more_connections_than_the_pool_keeps(number: int, pool: int, found: list[str]) -> None:
    before = [exchange(request())] * 20
    assert kinds(CLAUSE, *before, counted(number, pool=pool)) == found


def test_calls_that_show_nothing() -> None:
    before = [exchange(request())] * 40
    assert not judges(CLAUSE, *before, counted(None))
    assert not judges(CLAUSE, *before[:10], counted(10)), "the pool is not full"
    assert not judges(CLAUSE, *before, counted(32, pool=MOST_CONNECTIONS))
    assert judges(CLAUSE, *before, counted(32, pool=MOST_CONNECTIONS - 1))


def test_connections_of_calls_that_timed_out() -> None:
    assert kinds(CLAUSE, silent(1), silent(1), silent(1)) == ["left-after-timeout"]
    assert kinds(CLAUSE, silent(1), silent(0), silent(1)) == [], "one of them was late only"
    assert kinds(CLAUSE, silent(0), silent(0)) == []
    assert not judges(CLAUSE, silent(1), replace(silent(1), outcome=HANG)), "it is still waiting"


def test_finding_says_how_many() -> None:
    (found,) = findings(CLAUSE, *[exchange(request())] * 21, counted(22))
    assert (found.expected, found.actual) == ("at most 10 open connections", "22, after 22 calls")


def test_client_without_a_pool_keeps_no_connection() -> None:
    before = [exchange(request())]
    assert kinds(CLAUSE, *before, counted(0, pool=0)) == []
    assert kinds(CLAUSE, *before, counted(1, pool=0)) == ["left-open"]
    assert not judges(CLAUSE, counted(1, pool=0)), "one call alone"


@pytest.mark.parametrize("fault", [each for each in get_args(Fault) if each != "stalled"])
def test_connections_after_other_faults_are_not_judged(fault: Fault) -> None:
    assert not judges(CLAUSE, silent(1), replace(silent(1), fault=fault))


def test_calls_that_hang_show_nothing() -> None:
    before = [exchange(request())] * 20
    hung = exchange(request(), outcome=HANG)
    assert not judges(CLAUSE, hung, *before, counted(20))
    assert not judges(CLAUSE, hung, silent(1))
    for outcome in (CRASH, TIMEOUT, Outcome.rejected("no")):
        assert judges(CLAUSE, *before, replace(counted(20), outcome=outcome))


def test_finding_after_timeouts() -> None:
    (found,) = findings(CLAUSE, silent(2), silent(1))
    assert found.expected == "no connection on which a call has timed out"
    assert found.actual == "one after each of these calls"
