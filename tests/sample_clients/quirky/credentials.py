"""Quirky clients: credentials."""

from __future__ import annotations

from collections.abc import Iterator

from graphcontract.exchange import Call, Outcome
from tests.sample_clients.bases.conforming import Answer
from tests.sample_clients.bases.credentials import AsksForTokens, NoToken
from tests.sample_clients.registry import quirky

TESTS = ("test_claims_challenge", "test_credential_without_token")


@quirky(shown_by=TESTS)
class AsksForATokenOnce(AsksForTokens):
    """A challenge is for its caller to meet."""

    def others(self, call: Call) -> Iterator[str]:
        yield from ()


@quirky(shown_by=TESTS)
class AsksTwiceForANewToken(AsksForTokens):
    """The first token that the credential hands out anew may come from a cache, so that it takes the next."""

    def others(self, call: Call) -> Iterator[str]:
        yield from (call.tokens or ())[-1:]


@quirky(shown_by=TESTS)
class RejectsACallWithoutAToken(AsksForTokens):
    """No token is an input like any other."""

    def unauthorized(self, error: NoToken) -> Outcome:
        return Outcome.rejected("no token")


@quirky(shown_by=TESTS)
class MeetsAny401(AsksForTokens):
    """Every 401 gets another token."""

    def challenged(self, answer: Answer) -> bool:
        return answer.status == 401
