"""Connections that a client leaves open, as they were counted after its calls."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphcontract.exchange import Exchange
from graphcontract.wire import MOST_CONNECTIONS
from tests.clauses import HANG, exchange, failure, findings, judges, kinds, request

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
