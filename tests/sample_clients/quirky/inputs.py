"""Quirky clients: inputs that they reject or change."""

from __future__ import annotations

import re
from dataclasses import replace

from graphcontract.exchange import Call, Outcome
from tests.sample_clients.bases.conforming import Conforming, Fields
from tests.sample_clients.registry import quirky


@quirky(varies_in=["test_control_characters"])
class TrimsTheLineEndOfTokens(Conforming):
    """A token that was read from a file with its line end, which is not a part of it."""

    def cancel(self, call: Call) -> Outcome:
        return super().cancel(replace(call, token=call.token.rstrip("\r\n")))


@quirky(varies_in=["test_request", "test_control_characters"])
class RejectsAllButLettersDigitsHyphens(Conforming):
    """Letters, digits and hyphens are all that this client can express."""

    def refusal(self, call: Call) -> str | None:
        odd = re.fullmatch("[A-Za-z0-9-]+", call.task_id) is None
        return "an id has letters, digits and hyphens" if odd else super().refusal(call)


@quirky(varies_in=["test_request"])
class RejectsSeparators(Conforming):
    """An id with a slash cannot be expressed with this client, and it says so before anything is sent."""

    def refusal(self, call: Call) -> str | None:
        if set(call.task_id) & set("/\\?#%"):
            return "an id holds no separators"
        return super().refusal(call)


@quirky(varies_in=["test_request", "test_control_characters"])
class FailsOnReservedCharacters(Conforming):
    """Unreserved characters are all that this client sends; any other id is a failed call."""

    def cancel(self, call: Call) -> Outcome:
        if re.fullmatch(r"[\w.~-]*", call.task_id, re.ASCII):
            return super().cancel(call)
        return Outcome.failure(kind="argument", type="ArgumentError", message="this is not an id")


@quirky(varies_in=["test_control_characters"])
class FailsOnControlCharacters(Conforming):
    """Control characters end in the client's documented error, and not in a refusal of its own kind."""

    def cancel(self, call: Call) -> Outcome:
        outcome = super().cancel(call)
        if outcome.kind == "rejected":
            return Outcome.failure(kind="argument", type="ValueError", message=outcome.reason)
        return outcome


@quirky()
class AnonymousWithoutToken(Conforming):
    """A call without a token is sent without Authorization, and fails with the service's 401."""

    def refusal(self, call: Call) -> str | None:
        return None if not call.token else super().refusal(call)

    def authorization(self, call: Call) -> Fields:
        return super().authorization(call) if call.token else []
