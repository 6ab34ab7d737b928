"""Faulty clients: request.content-type."""

from __future__ import annotations

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Conforming, Fields
from tests.sample_clients.registry import faulty


@faulty("request.content-type")
class JsonTypeByDefault(Conforming):
    """A default of the session for every request."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("Content-Type", "application/json")]


@faulty("request.content-type")
class FormTypeByDefault(Conforming):
    """curl -d '' and PowerShell's Invoke-RestMethod -Method Post."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("content-type", "application/x-www-form-urlencoded")]


@faulty("request.content-type")
class TextTypeForEmptyString(Conforming):
    """fetch with an empty text as body."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("Content-Type", "text/plain;charset=UTF-8")]


@faulty("request.content-type")
class EmptyContentType(Conforming):
    """The type set to an empty text, to be rid of it."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("Content-Type", "")]


@faulty("request.content-type", rare=True)
class CharsetForNonAsciiIds(Conforming):
    """A charset is declared as soon as there is anything beyond ASCII, be it in the path."""

    def fields(self, call: Call) -> Fields:
        typed = [] if call.task_id.isascii() else [("Content-Type", "text/plain; charset=utf-8")]
        return [*super().fields(call), *typed]


@faulty("request.content-type", rare=True)
class ContentTypeLeftOver(Conforming):
    """A pooled request object keeps the type of another use."""

    def fields(self, call: Call) -> Fields:
        typed = [] if self.calls % 13 else [("Content-Type", "application/json")]
        return [*super().fields(call), *typed]
