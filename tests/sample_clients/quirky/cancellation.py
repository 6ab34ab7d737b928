"""Quirky clients: cancellation."""

from __future__ import annotations

import socket

from graphcontract.exchange import Call, Outcome
from tests.sample_clients.bases.cancelling import Cancellable, Cancelled
from tests.sample_clients.registry import quirky

TESTS = ("cancelled in a wait", "cancelled without a response")


@quirky(shown_by=TESTS)
class ReportsACancellationAsATimeout(Cancellable):
    """One type of error for everything that ends a call early, and no kind for a cancellation."""

    def cancelled_outcome(self, error: Cancelled) -> Outcome:
        return Outcome.failure(kind="timeout", type="OperationCanceledException")


@quirky(shown_by=TESTS)
class LooksForACancellationNowAndThen(Cancellable):
    """It looks every 0.3 s, as a loop without events does."""

    def pause(self, call: Call, seconds: float) -> None:
        while seconds > 0:
            super().pause(call, min(0.3, seconds))
            seconds -= 0.3


@quirky("retry.throttled", shown_by=(*TESTS, "503 for 1 s"))
class LeavesRetriesToItsCallers(Cancellable):
    """The call has ended before anyone can cancel its wait."""

    retries = 0


@quirky(shown_by=(*TESTS, "test_call_cancelled_before_it_begins"))
class SendsNothingOnceCancelled(Cancellable):
    """A call that is cancelled before it begins ends without a connection."""

    def connect(self, call: Call) -> socket.socket:
        if call.cancelled is not None and call.cancelled.is_set():
            raise Cancelled
        return super().connect(call)
