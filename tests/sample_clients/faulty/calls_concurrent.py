"""Faulty clients: calls.concurrent."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import replace
from queue import Empty, SimpleQueue

from graphcontract.exchange import Call, Outcome
from tests.sample_clients.bases.calls import with_id
from tests.sample_clients.bases.conforming import Answer, Conforming
from tests.sample_clients.registry import faulty

PAUSE = 0.002
PATIENCE = 0.2  # seconds that a call waits for another, which the last of an odd number does in vain


class SharesState(Conforming):
    """Base class: something of a call is put where all calls see it. Calls meet there in pairs: the first
    goes on with what the second has put there, however busy the machine is.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()
        self.waiting: SimpleQueue[Call] | None = None

    def mixed(self, call: Call, shared: Call) -> Call:
        raise NotImplementedError

    def persist(self, call: Call) -> Answer:
        return super().persist(self.mixed(call, self.meet(call)))

    def meet(self, call: Call) -> Call:
        """The call that comes next; this one if it comes second, or if no other comes."""
        with self.lock:
            if self.waiting is not None:
                self.waiting.put(call)
                self.waiting = None
                return call
            mine = self.waiting = SimpleQueue[Call]()
        with suppress(Empty):
            return mine.get(timeout=PATIENCE)
        with self.lock:
            if self.waiting is mine:
                self.waiting = None
        return call if mine.empty() else mine.get()


@faulty("calls.concurrent")
class SharesTheCurrentTask(SharesState):
    """A global `current_task`, read when the request is built."""

    def mixed(self, call: Call, shared: Call) -> Call:
        return with_id(call, shared.task_id)


@faulty("calls.concurrent")
class SharesTheAuthorizationField(SharesState):
    """`session.headers["Authorization"] = …`, and then the request is sent, by whoever comes first."""

    def mixed(self, call: Call, shared: Call) -> Call:
        return replace(call, token=shared.token)


@faulty("calls.concurrent")
class SharesTheBaseUrl(SharesState):
    """`client.base_url = …` before each call."""

    retries = 0

    def mixed(self, call: Call, shared: Call) -> Call:
        return replace(call, base_url=shared.base_url)


@faulty("calls.concurrent")
class SharesTheLastResponse(Conforming):
    """`self.last_response` is set by a call and read by whichever call gets there."""

    last: Answer | None = None

    def persist(self, call: Call) -> Answer:
        self.last = super().persist(call)
        time.sleep(PAUSE)
        return self.last


@faulty("calls.concurrent", rare=True)
class SharesTokensByTask(Conforming):
    """A table of what is under way, by task: two callers for one task find one token in it."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens: dict[str, str] = {}

    def persist(self, call: Call) -> Answer:
        self.tokens[call.task_id] = call.token
        time.sleep(PAUSE)
        return super().persist(replace(call, token=self.tokens[call.task_id]))


@faulty("calls.concurrent", rare=True)
class FailsBeyondFourConnections(Conforming):
    """A pool of four that does not wait: the fifth call fails because the pool is exhausted."""

    def __init__(self) -> None:
        super().__init__()
        self.pool = threading.BoundedSemaphore(4)

    def exchange(self, call: Call) -> Answer:
        if not self.pool.acquire(blocking=False):
            raise ConnectionError("connection pool exhausted")
        try:
            time.sleep(PAUSE)
            return super().exchange(call)
        finally:
            self.pool.release()


@faulty("calls.concurrent")
class SharesTheRequestBuffer(Conforming):
    """The request is written into a buffer that is allocated once, and sent from there."""

    def __init__(self) -> None:
        super().__init__()
        self.buffer = bytearray()

    def request(self, call: Call) -> bytes:
        self.buffer[:] = super().request(call)
        time.sleep(PAUSE)
        return bytes(self.buffer)


@faulty("calls.concurrent", rare=True)
class SharesTheErrorStatus(Conforming):
    """The status of an error is an attribute of the client, and the error reads it when it is shown."""

    shown: int | None = None

    def status(self, answer: Answer) -> int | None:
        self.shown = answer.status
        time.sleep(PAUSE)
        return self.shown


@faulty("calls.concurrent", shown_by=["beside a wait"])
class SleepsInTheEventLoop(Conforming):
    """time.sleep() before a retry, in the thread that also has to notice the end of every other call."""

    def __init__(self) -> None:
        super().__init__()
        self.turn = threading.Lock()

    def pause(self, call: Call, seconds: float) -> None:
        with self.turn:
            super().pause(call, seconds)

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        with self.turn:
            return super().outcome(call, answer)


@faulty("calls.concurrent", shown_by=["beside a wait"])
class ReportsCallsInOrder(Conforming):
    """Results are handed out in the order in which calls began, as from a queue with one consumer."""

    def __init__(self) -> None:
        super().__init__()
        self.changed = threading.Condition()
        self.under_way: list[Call] = []

    def cancel(self, call: Call) -> Outcome:
        with self.changed:
            self.under_way.append(call)
            # The call that waits for its retry is the one with more time.
            self.under_way.sort(key=lambda each: -each.timeout)
        outcome = super().cancel(call)
        with self.changed:
            self.changed.wait_for(lambda: self.under_way[0] is call)
            self.under_way.remove(call)
            self.changed.notify_all()
        return outcome
