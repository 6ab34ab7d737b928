"""Faulty clients: retry.server-error."""

from __future__ import annotations

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer, BadAnswer, Conforming
from tests.sample_clients.bases.retries import SendsAgain
from tests.sample_clients.registry import faulty


@faulty("retry.server-error")
class RetriesInternalErrors(SendsAgain):
    """500 is what a server answers by accident."""

    def insists(self, answer: Answer) -> bool:
        return answer.status == 500


@faulty("retry.server-error")
class RetriesBadGateways(SendsAgain):
    """502, 503, 504: the gateway's errors are one family."""

    def insists(self, answer: Answer) -> bool:
        return answer.status == 502


@faulty("retry.server-error", rare=True)
class RetriesHtmlPages(SendsAgain):
    """A page of HTML comes from something in between, and not from Graph."""

    def insists(self, answer: Answer) -> bool:
        return answer.status >= 500 and answer.fields.get("content-type") == "text/html"


@faulty("retry.server-error", rare=True)
class RetriesServerErrorsWithoutError(SendsAgain):
    """A server error without an error object was none of the service's own."""

    def insists(self, answer: Answer) -> bool:
        return answer.status >= 500 and not answer.content


class Unreadable(BadAnswer):
    """The content of a server error that cannot be decoded."""


@faulty("retry.server-error", rare=True, shown_by=["500 in broken gzip"])
class RetriesUnreadableServerErrors(Conforming):
    """A server error whose content cannot be decoded was spoilt on the way."""

    def decode(self, answer: Answer, content: bytes) -> bytes:
        try:
            return super().decode(answer, content)
        except (OSError, BadAnswer) as error:
            raise (Unreadable if answer.status >= 500 else BadAnswer)(str(error)) from error

    def exchange(self, call: Call) -> Answer:
        try:
            return super().exchange(call)
        except Unreadable:
            return super().exchange(call)
