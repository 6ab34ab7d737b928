"""A client that asks a credential for its tokens."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

from graphcontract.exchange import Call, Outcome
from tests.sample_clients.bases.conforming import Answer, Conforming


class NoToken(Exception):
    """The documented error of the credential."""


class AsksForTokens(Conforming):
    """Asks for a token before the first request, and once more after a claims challenge. What is retried has
    the last one.
    """

    features = frozenset({"tokens"})

    def __init__(self) -> None:
        super().__init__()
        self.local = threading.local()

    def persist(self, call: Call) -> Answer:
        self.local.token = call.token
        return super().persist(call)

    def latest(self, call: Call) -> str:
        """The token of a retry."""
        return str(self.local.token)

    def cancel(self, call: Call) -> Outcome:
        if call.tokens is None:
            return super().cancel(call)
        try:
            return super().cancel(replace(call, token=self.first(call), tokens=call.tokens[1:]))
        except NoToken as error:
            return self.unauthorized(error)

    def unauthorized(self, error: NoToken) -> Outcome:
        return Outcome.failure(kind="credential", type=type(error).__name__)

    def first(self, call: Call) -> str:
        if not call.tokens:
            raise NoToken
        return call.tokens[0]

    def others(self, call: Call) -> Iterator[str]:
        """The tokens with which a challenged request is repeated."""
        yield from (call.tokens or ())[:1]

    def challenged(self, answer: Answer) -> bool:
        return answer.status == 401 and "claims=" in answer.fields.get("www-authenticate", "")

    def exchange(self, call: Call) -> Answer:
        answer = super().exchange(replace(call, token=self.latest(call)))
        if self.challenged(answer):
            for token in self.others(call):
                self.local.token = token
                answer = super().exchange(replace(call, token=token))
                if not self.challenged(answer):
                    break
        return answer
