"""Faulty clients: retry.conflict."""

from __future__ import annotations

from tests.sample_clients.bases.conforming import Answer
from tests.sample_clients.bases.retries import SendsAgain
from tests.sample_clients.registry import faulty


@faulty("retry.conflict")
class RetriesConflicts(SendsAgain):
    """Optimistic concurrency: read again, write again."""

    times = 3

    def insists(self, answer: Answer) -> bool:
        return answer.status == 409


@faulty("retry.conflict", rare=True)
class RetriesConflictsWithoutError(SendsAgain):
    """A conflict that nobody explains is one of the storage below, which sorts itself out."""

    def insists(self, answer: Answer) -> bool:
        return answer.status == 409 and not answer.content


@faulty("retry.conflict")
class RetriesWhatIsInProgress(SendsAgain):
    """The message says that the task is in progress, which passes."""

    def insists(self, answer: Answer) -> bool:
        return answer.status == 409 and "in progress" in (self.message(answer) or "")


@faulty("retry.conflict", "retry.server-error")
class RetriesByAGeneratedList(SendsAgain):
    """The list of a generator of clients: 408, 409, 429, and 500 and above."""

    times = 2

    def insists(self, answer: Answer) -> bool:
        return answer.status in (409, 500, 502)
