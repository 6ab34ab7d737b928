"""A client whose calls can be cancelled."""

from __future__ import annotations

import socket
from contextlib import suppress
from functools import partial

from graphcontract.exchange import Call, Outcome
from tests.sample_clients.bases.conforming import Answer, Conforming


class Cancelled(Exception):
    """The documented error of a cancelled call."""


class Cancellable(Conforming):
    """Its wait ends on cancellation, which also shuts its connection down."""

    features = frozenset({"cancel"})

    def cancel(self, call: Call) -> Outcome:
        try:
            return super().cancel(call)
        except Cancelled as error:
            return self.cancelled_outcome(error)

    def cancelled_outcome(self, error: Cancelled) -> Outcome:
        return Outcome.failure(kind="cancelled", type=type(error).__name__)

    def pause(self, call: Call, seconds: float) -> None:
        if call.cancelled is None:
            super().pause(call, seconds)
        elif call.cancelled.wait(seconds):
            raise Cancelled

    def exchange(self, call: Call) -> Answer:
        try:
            return super().exchange(call)
        except Exception:
            if call.cancelled is not None and call.cancelled.is_set():
                raise Cancelled from None
            raise

    def connect(self, call: Call) -> socket.socket:
        connection = super().connect(call)
        if call.cancelled is not None:
            call.cancelled.subscribe(partial(self.interrupt, connection))
        return connection

    def interrupt(self, connection: socket.socket) -> None:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
