"""Quirky clients: logs."""

from __future__ import annotations

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer
from tests.sample_clients.bases.logging import Logging
from tests.sample_clients.registry import quirky


@quirky(shown_by=("test_debug_log",))
class LogsTheStartOfTheToken(Logging):
    """Eight characters tell tokens apart, and its length whether it was cut off."""

    def describe(self, call: Call) -> str:
        return f"{super().describe(call)} Authorization: Bearer {call.token[:8]}… ({len(call.token)})"


@quirky(shown_by=("test_debug_log",))
class LogsEverythingElse(Logging):
    """All fields, with a placeholder for the credentials, and the content of answers."""

    def describe(self, call: Call) -> str:
        fields = [(name, value) for name, value in self.fields(call) if name != "Authorization"]
        return f"{super().describe(call)} {fields} Authorization: <redacted>"

    def describe_answer(self, call: Call, answer: Answer) -> str:
        return f"{answer.status} {answer.fields} {answer.content!r}"
