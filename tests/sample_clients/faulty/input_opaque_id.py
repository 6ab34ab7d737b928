"""Faulty clients: input.opaque-id."""

from __future__ import annotations

import uuid

from graphcontract.exchange import Call, Outcome
from tests.sample_clients.bases.conforming import Conforming
from tests.sample_clients.registry import faulty


@faulty("input.opaque-id")
class GuidsOnly(Conforming):
    """uuid.UUID() as a check, and its ValueError as a refusal."""

    def refusal(self, call: Call) -> str | None:
        try:
            uuid.UUID(call.task_id)
        except ValueError:
            return super().refusal(call) or "badly formed hexadecimal UUID string"
        return super().refusal(call)


@faulty("input.opaque-id")
class GuidsOnlyAsFailure(Conforming):
    """The same check, reported as a failed call."""

    def cancel(self, call: Call) -> Outcome:
        if len(call.task_id) != 36:
            return Outcome.failure(kind="argument", message="a task id has 36 characters")
        return super().cancel(call)


@faulty("input.opaque-id")
class CrashesOnIdsThatAreNotGuids(Conforming):
    """A parameter of type Guid: anything else ends in an undocumented error."""

    def path(self, call: Call) -> str:
        uuid.UUID(call.task_id)
        return super().path(call)


@faulty("input.opaque-id", rare=True)
class NumbersRefused(Conforming):
    """An id of digits is taken for an index of a list that somebody passed by mistake."""

    def refusal(self, call: Call) -> str | None:
        return "an index is not an id" if call.task_id.isdigit() else super().refusal(call)


@faulty("input.opaque-id", rare=True)
class LiteralsRefused(Conforming):
    """A guard against ids that were never set."""

    def refusal(self, call: Call) -> str | None:
        unset = call.task_id in ("null", "undefined", "None")
        return "the id was not set" if unset else super().refusal(call)


@faulty("input.opaque-id", rare=True)
class LongIdsRefused(Conforming):
    """A limit of 38 characters, which holds a GUID in braces."""

    def refusal(self, call: Call) -> str | None:
        return "too long" if len(call.task_id) > 38 else super().refusal(call)


@faulty("input.opaque-id", rare=True)
class TwoLettersRefused(Conforming):
    """Two letters are taken for the code of a language, passed by mistake."""

    def refusal(self, call: Call) -> str | None:
        language = len(call.task_id) == 2 and call.task_id.isalpha()
        return "a language is not an id" if language else super().refusal(call)


@faulty("input.opaque-id", rare=True)
class NumbersCrash(Conforming):
    """An id of digits becomes a number on its way through a loose reader, and a number has no length."""

    def path(self, call: Call) -> str:
        if call.task_id.isdigit():
            raise TypeError("object of type 'int' has no len()")
        return super().path(call)
