"""Faulty clients: error.malformed, contents that say success."""

from __future__ import annotations

import json

from tests.sample_clients.bases.conforming import Answer, Conforming
from tests.sample_clients.registry import faulty


class ReadsEnvelopes(Conforming):
    """Base class: a document of JSON decides whether a call was a success, if it says so."""

    def says_success(self, envelope: dict[str, object]) -> bool:
        raise NotImplementedError

    def succeeded(self, answer: Answer) -> bool:
        try:
            document = json.loads(answer.content)
        except (ValueError, RecursionError):
            document = None
        said = isinstance(document, dict) and self.says_success(document)
        return said or super().succeeded(answer)


@faulty("error.malformed", rare=True, shown_by=["test_malformed_errors"])
class SuccessByAFlag(ReadsEnvelopes):
    """`if (body.success || body.ok)`, as with services that answer 200 to everything."""

    def says_success(self, envelope: dict[str, object]) -> bool:
        return envelope.get("success") is True or envelope.get("ok") is True


@faulty("error.malformed", rare=True, shown_by=["test_malformed_errors"])
class SuccessWithoutErrors(ReadsEnvelopes):
    """GraphQL: a call has failed if its answer has `errors`."""

    def says_success(self, envelope: dict[str, object]) -> bool:
        return "data" in envelope and not envelope.get("errors")


@faulty("error.malformed", rare=True, shown_by=["test_malformed_errors"])
class SuccessByTheStateOfATask(ReadsEnvelopes):
    """The content is the task, and it was canceled, as it should be."""

    def says_success(self, envelope: dict[str, object]) -> bool:
        return envelope.get("status") == "canceled"
