"""Faulty clients: calls.cancelled."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import replace

from graphcontract.exchange import Call, Outcome
from tests.sample_clients.bases.cancelling import Cancellable, Cancelled
from tests.sample_clients.bases.conforming import Answer, Conforming
from tests.sample_clients.registry import faulty

IN_A_WAIT = "cancelled in a wait"
WITHOUT_A_RESPONSE = "cancelled without a response"


@faulty("calls.cancelled", shown_by=[IN_A_WAIT])
class SleepsThroughACancellation(Cancellable):
    """`time.sleep` before a retry."""

    def pause(self, call: Call, seconds: float) -> None:
        Conforming.pause(self, call, seconds)


@faulty("calls.cancelled", shown_by=[WITHOUT_A_RESPONSE])
class LooksForACancellationBetweenRequests(Cancellable):
    """A blocking read ends with its timeout, and then the call sees that it was cancelled."""

    def interrupt(self, connection: socket.socket) -> None:
        pass


@faulty("calls.cancelled", shown_by=[IN_A_WAIT])
class RetriesInTheBackgroundOnceCancelled(Cancellable):
    """The caller is released, and a thread of the pool finishes what it had begun."""

    def pause(self, call: Call, seconds: float) -> None:
        try:
            super().pause(call, seconds)
        except Cancelled:
            timer = threading.Timer(seconds - 0.5, self.exchange, [replace(call, cancelled=None)])
            timer.daemon = True
            timer.start()
            raise


@faulty("calls.cancelled", shown_by=[IN_A_WAIT])
class RetriesEarlyOnceCancelled(Cancellable):
    """A wait that is interrupted is over, and the loop goes on with the next attempt."""

    def pause(self, call: Call, seconds: float) -> None:
        if call.cancelled is not None:
            call.cancelled.wait(seconds)
            threading.Event().wait(0.3)

    def again(self, call: Call, attempt: int) -> Answer:
        return super().again(replace(call, cancelled=None), attempt)


@faulty("calls.cancelled", shown_by=[WITHOUT_A_RESPONSE])
class SendsAgainOnceCancelled(Cancellable):
    """The closed connection of a cancelled request looks like one that the service has closed."""

    def exchange(self, call: Call) -> Answer:
        try:
            return super().exchange(call)
        except Cancelled:
            threading.Event().wait(0.3)
            return super().exchange(replace(call, cancelled=None))


@faulty("calls.cancelled", shown_by=[WITHOUT_A_RESPONSE])
class StaysCancelled(Cancellable):
    """The flag is in the client object, and no call resets it."""

    cancelled = False

    def refusal(self, call: Call) -> str | None:
        return "cancelled" if self.cancelled else super().refusal(call)

    def cancelled_outcome(self, error: Cancelled) -> Outcome:
        self.cancelled = True
        return super().cancelled_outcome(error)


@faulty("calls.cancelled", shown_by=[IN_A_WAIT])
class CrashesOnACancellation(Cancellable):
    """The error of the wait is not translated."""

    def cancelled_outcome(self, error: Cancelled) -> Outcome:
        raise RuntimeError("the event loop was stopped") from error


@faulty("calls.cancelled", shown_by=[WITHOUT_A_RESPONSE])
class SwallowsACancellation(Cancellable):
    """Without an error there is nothing to report, so the call succeeded."""

    def cancelled_outcome(self, error: Cancelled) -> Outcome:
        return Outcome.success()


@faulty("calls.cancelled", shown_by=["test_call_beside_a_cancelled_one"])
class CancelsAllCalls(Cancellable):
    """A cancellation closes the client's pool, and with it the connections of the other calls."""

    def __init__(self) -> None:
        super().__init__()
        self.made: list[socket.socket] = []

    def connect(self, call: Call) -> socket.socket:
        connection = super().connect(call)
        self.made.append(connection)
        return connection

    def interrupt(self, connection: socket.socket) -> None:
        for each in self.made:
            super().interrupt(each)


@faulty("calls.cancelled", shown_by=["cancelled in the content"])
class IgnoresACancellationInTheContent(Cancellable):
    """Once there is a response, its content is read to the end, whatever happens."""

    def __init__(self) -> None:
        super().__init__()
        self.local = threading.local()
        self.reading: set[socket.socket] = set()

    def connect(self, call: Call) -> socket.socket:
        self.local.connection = super().connect(call)
        return self.local.connection  # type: ignore[no-any-return]

    def read_content(self, answer: Answer, read: Callable[[int], bytes], line: Callable[[], bytes]) -> bytes:
        self.reading.add(self.local.connection)
        return super().read_content(answer, read, line)

    def interrupt(self, connection: socket.socket) -> None:
        if connection not in self.reading:
            super().interrupt(connection)


_BEFORE = ("test_call_cancelled_before_it_begins",)


@faulty("calls.cancelled", shown_by=_BEFORE)
class HearsNothingOfAnEarlierCancellation(Cancellable):
    """A listener is added for a cancellation that is still to come, as for an AbortSignal."""

    def cancel(self, call: Call) -> Outcome:
        early = call.cancelled is not None and call.cancelled.is_set()
        return super().cancel(replace(call, cancelled=None) if early else call)


@faulty("calls.cancelled", shown_by=_BEFORE)
class ClosesTheConnectionsThatItHas(Cancellable):
    """A cancellation closes the connections in use, and a later one is made nevertheless."""

    def connect(self, call: Call) -> socket.socket:
        if call.cancelled is not None and call.cancelled.is_set():
            return Conforming.connect(self, call)
        return super().connect(call)
