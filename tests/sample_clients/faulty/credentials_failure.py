"""Faulty clients: credentials.failure."""

from __future__ import annotations

from graphcontract.exchange import Call, Outcome
from tests.sample_clients.bases.conforming import Fields
from tests.sample_clients.bases.credentials import AsksForTokens, NoToken
from tests.sample_clients.registry import faulty


@faulty("credentials.failure")
class SendsTheMissingToken(AsksForTokens):
    """The credential returns None, and the field is made of it."""

    def first(self, call: Call) -> str:
        return (call.tokens or ("None",))[0]


@faulty("credentials.failure")
class SendsNoCredentials(AsksForTokens):
    """An anonymous request, as a public resource takes it."""

    def first(self, call: Call) -> str:
        return (call.tokens or ("",))[0]

    def refusal(self, call: Call) -> str | None:
        return super().refusal(call) if call.token or call.tokens is None else None

    def authorization(self, call: Call) -> Fields:
        return super().authorization(call) if call.token else []


@faulty("credentials.failure")
class SwallowsTheCredentialsError(AsksForTokens):
    """The error is logged, and the call is over."""

    def unauthorized(self, error: NoToken) -> Outcome:
        return Outcome.success()


@faulty("credentials.failure")
class CrashesWithoutAToken(AsksForTokens):
    """`token.strip()`, of None."""

    def unauthorized(self, error: NoToken) -> Outcome:
        raise AttributeError("'NoneType' object has no attribute 'strip'") from error
