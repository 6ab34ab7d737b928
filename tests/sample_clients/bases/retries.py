"""Clients that retry in ways that faulty clients vary."""

from __future__ import annotations

import threading
from dataclasses import replace

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer, Conforming


class SendsAgain(Conforming):
    """Base class: one more request after some answers."""

    times = 1

    def insists(self, answer: Answer) -> bool:
        raise NotImplementedError

    def exchange(self, call: Call) -> Answer:
        answer = super().exchange(call)
        for _ in range(self.times):
            if not self.insists(answer):
                break
            answer = super().exchange(call)
        return answer


class RepeatsAfter401(Conforming):
    """A client that also retries once after 401, and whose `retrying` says that a request of this thread is
    a retry.
    """

    def __init__(self) -> None:
        super().__init__()
        self.thread = threading.local()

    @property
    def retrying(self) -> bool:
        return getattr(self.thread, "retrying", False)

    def repeats(self, answer: Answer) -> bool:
        return super().repeats(answer) or (
            answer.status == 401 and not getattr(self.thread, "refused", False)
        )

    def persist(self, call: Call) -> Answer:
        self.thread.refused = False
        return super().persist(call)

    def wait(self, call: Call, answer: Answer) -> float | None:
        if answer.status != 401:
            return super().wait(call, answer)
        wait = 0.0 if self.repeats(answer) else None
        self.thread.refused = True
        return wait

    def again(self, call: Call, attempt: int) -> Answer:
        self.thread.retrying = True
        try:
            return super().again(call, attempt)
        finally:
            self.thread.retrying = False


class HasBackoff(Conforming):
    """A client with a backoff of its own for responses without Retry-After."""

    retries = 10

    def backoff(self, attempt: int) -> float:
        """Seconds before a retry, counted from 1."""
        raise NotImplementedError

    def again(self, call: Call, attempt: int) -> Answer:
        answer = super().again(call, attempt)
        return replace(answer, fields={**answer.fields, "x-attempt": str(attempt)})

    def wait(self, call: Call, answer: Answer) -> float | None:
        if not self.repeats(answer) or "retry-after" in answer.fields:
            return super().wait(call, answer)
        return self.backoff(int(answer.fields.get("x-attempt", "0")) + 1)
