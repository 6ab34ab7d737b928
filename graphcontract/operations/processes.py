"""Runs parts of one run in processes of their own, and joins their events into one report.

Each process judges a shard, with a client of its own. On Ctrl-C each ends its part, and reports what it has.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from time import monotonic
from typing import Any

from graphcontract.clients import Implementation
from graphcontract.errors import UserError
from graphcontract.judging import sigint
from graphcontract.judging.run_recorder import ExitStatus
from graphcontract.operations.call_plan import sort_operations
from graphcontract.operations.merge import ShardMerger, describe_unrun
from graphcontract.operations.recorder import INTERRUPTED
from graphcontract.operations.run import Plan, Selection
from graphcontract.operations.shards import WHOLE, ShardNumber
from graphcontract.reporting.events import Event, Header, Shard

Work = Callable[[ShardNumber, Callable[[Event], None], Callable[[], bool]], object]
"""Judges a shard: it emits the shard's events, and may ask whether another process has ended the run."""


def run_in_processes(
    work: Work,
    count: int,
    selection: Selection,
    plan: Plan,
    ids: Mapping[str, str],
    emit: Callable[[Event], None],
) -> ExitStatus:
    """Judge the operations in up to `count` processes, and return the exit status. `work` is pickled. `ids`
    maps each id that a clause has or had to the one that it has now. Raises the `UserError` of a process.
    """
    order = plan.shard.take(sort_operations(list(selection.names), plan.seed))
    shards = plan.shard.split(min(count, len(order)))
    joiner = _Joiner(selection, plan, len(order), ids, emit)
    processes = _Processes(work, shards)
    started = monotonic()
    try:
        interrupted = processes.receive(joiner.receive)
    finally:
        processes.end()
    if joiner.merger is None:
        return ExitStatus.INTERRUPTED if interrupted else ExitStatus.HARNESS
    for number, shard in enumerate(shards):
        parts = shard.take(sort_operations(list(selection.names), plan.seed))
        joiner.add_missing(number, parts, processes.list_exit_codes()[number], interrupted=interrupted)
    return joiner.merger.close(
        interrupted=interrupted, stopped=joiner.has_unrun, duration=monotonic() - started
    )


class _Joiner:
    """Passes the events of processes to a merger, which exists once the first of them has begun."""

    def __init__(
        self,
        selection: Selection,
        plan: Plan,
        total: int,
        ids: Mapping[str, str],
        emit: Callable[[Event], None],
    ) -> None:
        self._selection, self._plan, self._total = selection, plan, total
        self._ids, self._emit = ids, emit
        self._headers: dict[int, Header] = {}
        self._reported = set[str]()
        self.merger: ShardMerger | None = None
        self.has_unrun = False

    def receive(self, number: int, event: Event) -> None:
        """Take an event of a process."""
        if event["event"] == "header":
            self._headers[number] = event
        elif event["event"] == "plan" and self.merger is None:
            header = self._headers[number]
            named = header["implementation"]
            lists = self._plan.load_lists(Implementation(named["name"], named.get("version")))
            part = self._describe_shard()
            self.merger = ShardMerger(
                header, event["clauses"], self._total, self._ids, lists, self._emit, part
            )
        elif self.merger is not None:
            self._pass_on(self.merger, number, event)

    def _pass_on(self, merger: ShardMerger, number: int, event: Event) -> None:
        match event["event"]:
            case "operation":
                self._reported.add(event["operation"])
                self.has_unrun |= event["verdict"] == "not-run"
                merger.add_operation(number, event)
            case "finding":
                merger.add_finding(number, event)
            case "footer":
                merger.end_shard(event)

    def _describe_shard(self) -> Shard | None:
        shard = self._plan.shard
        if shard == WHOLE:
            return None
        return {"index": shard.index, "of": shard.of, "operations": len(self._selection.names)}

    def add_missing(
        self, number: int, operations: Sequence[str], exit_code: int | None, *, interrupted: bool
    ) -> None:
        """Add a verdict for each operation of a process that ended without one."""
        assert self.merger is not None
        ended = f"the process that was to check it ended with exit status {exit_code}"
        reason = INTERRUPTED if interrupted else ended
        for id in operations:
            if id not in self._reported:
                event = describe_unrun(id, self._selection.names[id], reason)
                self._pass_on(self.merger, number, event)


class _Processes:
    """Starts a process for each shard. Each sends its events, or the error that ended it, through a pipe."""

    def __init__(self, work: Work, shards: Sequence[ShardNumber]) -> None:
        context = multiprocessing.get_context("spawn")
        self._stop = context.Event()
        self._waiting: dict[Connection, int] = {}
        self._all: list[SpawnProcess] = []
        for number, shard in enumerate(shards):
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=_work, args=(work, shard, theirs, self._stop), daemon=False)
            process.start()
            theirs.close()
            self._waiting[ours] = number
            self._all.append(process)

    def receive(self, take: Callable[[int, Event], None]) -> bool:
        """Pass on the events of all processes until they have ended; return whether Ctrl-C ended them."""
        interrupted = False
        while self._waiting:
            try:
                for connection in wait(list(self._waiting)):
                    assert isinstance(connection, Connection)
                    with sigint.delay_interrupts():  # an event is received whole
                        self._receive_one(connection, take)
            except KeyboardInterrupt:
                if interrupted:
                    raise
                interrupted = True
                for process in self._all:
                    if process.pid is not None and process.is_alive():
                        os.kill(process.pid, signal.SIGINT)
        return interrupted

    def _receive_one(self, connection: Connection, take: Callable[[int, Event], None]) -> None:
        try:
            message = connection.recv()
        except EOFError:
            del self._waiting[connection]
            return
        if isinstance(message, UserError):
            raise message
        if message["event"] == "operation" and message["fails_run"]:
            self._stop.set()  # of interest with --exit-first only
        take(self._waiting[connection], message)

    def list_exit_codes(self) -> list[int | None]:
        """List the exit status of each process, None for one that has not ended."""
        return [process.exitcode for process in self._all]

    def end(self) -> None:
        """End what still runs, and wait for all."""
        for process in self._all:
            if self._waiting:
                process.terminate()
            process.join()


def _work(work: Work, shard: ShardNumber, connection: Connection, stop: Any) -> None:
    """Judge a shard, in its process."""
    os.setpgid(0, 0)  # one Ctrl-C reaches the first process only, which passes it on once
    os.dup2(2, 1)  # standard output can be a report of the first process

    def send(event: Event) -> None:
        with sigint.delay_interrupts():  # an event is sent whole
            connection.send(event)

    try:
        with suppress(KeyboardInterrupt):
            work(shard, send, stop.is_set)
    except UserError as error:
        connection.send(error)
