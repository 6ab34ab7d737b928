"""Quirky clients: what an error exposes."""

from __future__ import annotations

from tests.sample_clients.bases.conforming import Answer
from tests.sample_clients.bases.exposing import Exposing
from tests.sample_clients.registry import quirky

TESTS = ("test_exposed_parts",)


@quirky(shown_by=TESTS)
class RoundsRetryAfterUp(Exposing):
    """Just under a second more than the service says."""

    def retry_after(self, answer: Answer) -> float | None:
        wait = super().retry_after(answer)
        return None if wait is None else wait + 0.9


@quirky(shown_by=TESTS)
class ExposesNamesInTitleCase(Exposing):
    """Names of header fields as Go's canonical form has them."""

    def exposed_fields(self, answer: Answer) -> dict[str, str] | None:
        return {name.title(): value for name, value in answer.fields.items()}
