"""Judges operations in several threads, each with room for calls of the client, and yields results in order.

Which thread judges an operation depends on its position only, so that it follows the same operation in every
run. Each thread is at most a few results ahead, which bounds memory.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from functools import partial

from graphcontract.contract.model import Contract
from graphcontract.errors import UserError
from graphcontract.judging.call_runner import CallRunner, CallStats
from graphcontract.judging.client_set import ClientSet
from graphcontract.operations.call_plan import PlannedCall
from graphcontract.operations.operation_run import OperationResult, OperationRunner

_LANES = 4
_AHEAD = 64  # results of a thread that wait to be read
_STEP = 0.2  # seconds after which a thread that cannot hand over its result looks whether the run has ended
# Seconds of slow calls that each operation adds to those that a run waits: the first call of a method may
# load code, and a run of thousands has as many first calls.
_PER_OPERATION = 1.0
_SLOW = "cut short: the client's calls took too long"


class Lanes:
    """Runs operations, in order. `calls` makes calls of any contract; `load` and `plan`: as for `judge`."""

    def __init__(
        self,
        clients: ClientSet,
        calls: CallRunner,
        clauses: Sequence[str],
        load: Callable[[str], Contract],
        plan: Callable[[Contract], list[PlannedCall]],
    ) -> None:
        self._clients, self._calls, self._clauses = clients, calls, clauses
        self._load, self._plan = load, plan
        self._ended = threading.Event()

    def run(self, ids: Sequence[str]) -> Generator[OperationResult]:
        """Yield the result of each operation, in order. The threads end with the iteration."""
        pool = self._clients.open_pool(_LANES)
        lanes: list[queue.Queue[OperationResult]] = [queue.Queue(_AHEAD) for _ in range(pool.size)]
        try:
            for number, results in enumerate(lanes):
                pool.submit(partial(self._work, ids[number :: len(lanes)], results))
            for number, _ in enumerate(ids):
                yield lanes[number % len(lanes)].get()
        finally:
            self._ended.set()
            pool.stop()

    def _work(self, ids: Sequence[str], results: queue.Queue[OperationResult]) -> None:
        stats = CallStats()
        self._calls.count_for(stats)
        self._calls.enter_scope(results)
        runner = OperationRunner(self._calls, self._clauses, self._clients.shows)
        given_up: str | None = None
        for id in ids:
            given_up = given_up or (_SLOW if stats.patience.ended else None)
            result = OperationResult(id, "not-run", reason=given_up)
            if given_up is None:
                stats.patience.allowed += _PER_OPERATION
                try:
                    result = runner.judge(id, partial(self._load, id), self._plan)
                except UserError as error:  # no further client could be started
                    given_up = error.format_in_line()
                    result = OperationResult(id, "not-run", reason=given_up)
            self._hand_over(result, results)
            if self._ended.is_set():
                return

    def _hand_over(self, result: OperationResult, results: queue.Queue[OperationResult]) -> None:
        while not self._ended.is_set():
            with suppress(queue.Full):
                results.put(result, timeout=_STEP)
                return
