"""Faulty clients: retry.not-found."""

from __future__ import annotations

import time

from tests.sample_clients.bases.conforming import Answer
from tests.sample_clients.bases.retries import SendsAgain
from tests.sample_clients.registry import faulty


@faulty("retry.not-found")
class RetriesNotFound(SendsAgain):
    """A task that was just created may not be seen everywhere yet: eventual consistency."""

    times = 2

    def insists(self, answer: Answer) -> bool:
        return answer.status == 404


@faulty("retry.not-found", rare=True)
class Retries422(SendsAgain):
    """422 is not in the list of what is final."""

    def insists(self, answer: Answer) -> bool:
        return answer.status == 422


@faulty("retry.not-found")
class RetriesNotFoundOnce(SendsAgain):
    """A tenth of a second, and one more look for what was not there."""

    def insists(self, answer: Answer) -> bool:
        if answer.status in (404, 410):
            time.sleep(0.1)
        return answer.status in (404, 410)


@faulty("retry.not-found", rare=True)
class RetriesNotFoundWithoutError(SendsAgain):
    """404 without an error object is a gateway that does not know the way yet."""

    def insists(self, answer: Answer) -> bool:
        return answer.status == 404 and not self.error(answer)
