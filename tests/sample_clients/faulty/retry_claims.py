"""Faulty clients: retry.claims."""

from __future__ import annotations

from collections.abc import Iterator

from graphcontract.exchange import Call, Outcome
from tests.sample_clients.bases.conforming import Answer
from tests.sample_clients.bases.credentials import AsksForTokens
from tests.sample_clients.registry import faulty


@faulty("retry.claims")
class TakesTheTokenFromItsCache(AsksForTokens):
    """The cache is asked, and the rejected token has not expired yet."""

    def others(self, call: Call) -> Iterator[str]:
        yield call.token


@faulty("retry.claims")
class FallsBackToTheRejectedToken(AsksForTokens):
    """A new token if the credential has one, and what there is otherwise."""

    def others(self, call: Call) -> Iterator[str]:
        yield (call.tokens or (call.token,))[0]


@faulty("retry.claims")
class TriesAllOfItsTokens(AsksForTokens):
    """As long as the credential has tokens, one of them may do."""

    def others(self, call: Call) -> Iterator[str]:
        yield from call.tokens or ()


@faulty("retry.claims")
class ReportsTheFirstAnswer(AsksForTokens):
    """The repeat succeeds, and the error of the first request is raised."""

    def exchange(self, call: Call) -> Answer:
        self.local.first = None
        answer = super().exchange(call)
        first: Answer | None = self.local.first
        return first or answer

    def challenged(self, answer: Answer) -> bool:
        found = super().challenged(answer)
        if found:
            self.local.first = self.local.first or answer
        return found


@faulty("retry.claims")
class TakesASecondChallengeForSuccess(AsksForTokens):
    """Whatever comes after a new token is what was asked for."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if self.challenged(answer) and call.tokens:
            return Outcome.success(status=204)
        return super().outcome(call, answer)


@faulty("retry.claims")
class CrashesWithoutAnotherToken(AsksForTokens):
    """`tokens[0]`, and the list is empty."""

    def others(self, call: Call) -> Iterator[str]:
        if call.tokens is not None:
            yield call.tokens[0]


@faulty("retry.claims")
class RetriesWithTheRejectedToken(AsksForTokens):
    """The new token is that of the repeat; a retry after it starts from the first request."""

    def latest(self, call: Call) -> str:
        return call.token
