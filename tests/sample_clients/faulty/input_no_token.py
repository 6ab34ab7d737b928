"""Faulty clients: input.no-token."""

from __future__ import annotations

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Conforming, Fields
from tests.sample_clients.registry import faulty


class TakesAnyToken(Conforming):
    """Base class: does not reject a call without a token."""

    def refusal(self, call: Call) -> str | None:
        return None if not call.token else super().refusal(call)


@faulty("input.no-token")
class SchemeAlone(TakesAnyToken):
    """f"Bearer {token}" with an empty token."""


@faulty("input.no-token")
class EmptyAuthorization(TakesAnyToken):
    """The header is set in any case, and its value is empty without a token."""

    def authorization(self, call: Call) -> Fields:
        return super().authorization(call) if call.token else [("Authorization", "")]


@faulty("input.no-token")
class BearerNone(TakesAnyToken):
    """An empty token becomes None, and None becomes text."""

    def authorization(self, call: Call) -> Fields:
        return [("Authorization", f"Bearer {call.token or None}")]


@faulty("input.no-token")
class BearerUndefined(TakesAnyToken):
    """A template string of JavaScript, with a member that does not exist."""

    def authorization(self, call: Call) -> Fields:
        return [("Authorization", f"Bearer {call.token or 'undefined'}")]


@faulty("input.no-token")
class NullInQuotes(TakesAnyToken):
    """The token is written as JSON."""

    def authorization(self, call: Call) -> Fields:
        return [("authorization", f"bearer {call.token or chr(34) + 'null' + chr(34)}")]


@faulty("input.no-token")
class EarlierTokenWithoutOne(TakesAnyToken):
    """`token or self.token`: a call without a token gets that of an earlier call."""

    token = "none-so-far"

    def authorization(self, call: Call) -> Fields:
        self.token = call.token or self.token
        return [("Authorization", f"Bearer {self.token}")]


@faulty("input.no-token")
class UserNameInsteadOfToken(TakesAnyToken):
    """Falls back to other credentials from the environment, as from a netrc file."""

    def authorization(self, call: Call) -> Fields:
        return super().authorization(call) if call.token else [("Authorization", "Basic dXNlcjpwYXNz")]
