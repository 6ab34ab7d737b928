"""Faulty clients: error.retry-after."""

from __future__ import annotations

from tests.sample_clients.bases.conforming import Answer
from tests.sample_clients.bases.exposing import Exposing
from tests.sample_clients.registry import faulty


@faulty("error.retry-after")
class DropsRetryAfter(Exposing):
    """The wait is for its own retries, and the error has none."""

    def retry_after(self, answer: Answer) -> float | None:
        return None


@faulty("error.retry-after")
class ExposesRetryAfterInMilliseconds(Exposing):
    """As timers take it."""

    def retry_after(self, answer: Answer) -> float | None:
        wait = super().retry_after(answer)
        return None if wait is None else wait * 1000


@faulty("error.retry-after")
class CapsRetryAfter(Exposing):
    """No wait is longer than a minute."""

    def retry_after(self, answer: Answer) -> float | None:
        wait = super().retry_after(answer)
        return None if wait is None else min(60.0, wait)


@faulty("error.retry-after")
class ExposesRetryAfterOf429Alone(Exposing):
    """Throttling has one status."""

    def retry_after(self, answer: Answer) -> float | None:
        return super().retry_after(answer) if answer.status == 429 else None
