"""Clients that retry in ways that faulty clients vary."""

from __future__ import annotations

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
