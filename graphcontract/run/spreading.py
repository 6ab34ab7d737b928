"""Shares tests and fixed cases among the clients of a run, so that these finish together.

Which client runs what depends on the contract, the options and the driver's declaration only.
"""

from __future__ import annotations

from collections.abc import Sequence

from graphcontract.judging.call_runner import CallStats
from graphcontract.judging.client_pool import Submits
from graphcontract.judging.client_set import ClientSet
from graphcontract.judging.fixed_cases import CaseJob
from graphcontract.judging.test_run import SuiteTestRun

# Calls that take a fast client about as long as it takes a further one to start.
_WORTH_A_CLIENT = 300


def begin_tests(clients: ClientSet, tests: Sequence[SuiteTestRun], waiting: Sequence[SuiteTestRun]) -> None:
    """Begin all tests in the background, each with one of several clients; those that are `waiting` have
    fixed cases. A client that takes one call at a time makes the calls of both. Otherwise, further clients
    make the latter.
    """
    shared = clients.capacity == 1
    weight = sum(run.weight for run in (*tests, *(waiting if shared else ())))
    pools = clients.test_pools(1 + weight // _WORTH_A_CLIENT)
    places = spread([run.weight for run in tests], len(pools), [run.calls_at_once for run in tests])
    if not shared:
        begin_cases(clients.background_pool(), waiting)
    cases = _list_cases(waiting, len(pools)) if shared else []
    shares = spread([case.seconds for case in cases], len(pools))
    for index, pool in enumerate(pools):
        own = [case for case, at in zip(cases, shares, strict=True) if at == index]
        # Every second client waits first, while the others keep the processors busy.
        if index % 2:
            _begin_all(own, pool)
        stats = CallStats()
        for run, place in zip(tests, places, strict=True):  # in the order in which results are asked for
            if place == index:
                run.run_ahead(pool, stats)
        if not index % 2:
            _begin_all(own, pool)


def begin_cases(pool: Submits, waiting: Sequence[SuiteTestRun]) -> None:
    """Begin the calls of fixed cases in a pool, the longest first, as the run ends with the last."""
    _begin_all(_list_cases(waiting, pool.size), pool)


def _begin_all(cases: Sequence[CaseJob], pool: Submits) -> None:
    for case in cases:
        case.begin(pool)


def _list_cases(waiting: Sequence[SuiteTestRun], threads: int) -> list[CaseJob]:
    cases = [case for run in waiting for case in run.list_cases(threads)]
    return sorted(cases, key=lambda case: -case.seconds)


def spread(weights: Sequence[float], count: int, first: Sequence[bool] = ()) -> list[int]:
    """Choose one of `count` places for each weight: the heaviest first, where there is least so far. What
    weighs nothing is dealt out in turn, and what is marked in `first` comes to the first place.
    """
    loads, chosen, turn = [0.0] * count, [0] * len(weights), 0
    for index in sorted(range(len(weights)), key=lambda index: -weights[index]):
        if first and first[index]:
            place = 0
        elif weights[index]:
            place = loads.index(min(loads))
        else:
            place, turn = turn % count, turn + 1
        chosen[index] = place
        loads[place] += weights[index]
    return chosen
