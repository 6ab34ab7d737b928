"""Clients that handle calls in ways that faulty clients vary."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import quote

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer, Conforming


def with_id(call: Call, task_id: str) -> Call:
    return replace(call, arguments=dict.fromkeys(call.arguments, task_id))


class FollowsAdvice(Conforming):
    """Base class: a refusal is answered with another request."""

    def better(self, call: Call, answer: Answer) -> bytes | None:
        """The request that a refusal asks for."""
        raise NotImplementedError

    def persist(self, call: Call) -> Answer:
        answer = super().persist(call)
        better = self.better(call, answer)
        if better is None:
            return answer
        with self.connect(call) as connection:
            connection.sendall(better)
            return self.read(connection)

    def signed(self, call: Call, field: str) -> bytes:
        return re.sub(rb"Authorization: [^\r]*", field.encode(), self.request(call))


class RewritesTheId(Conforming):
    """Base class: an id is not taken as it is."""

    def rewritten(self, task_id: str) -> str:
        raise NotImplementedError

    def encode(self, task_id: str) -> str:
        return quote(self.rewritten(task_id), safe="")
