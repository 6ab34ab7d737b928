"""Faulty clients: error.fields."""

from __future__ import annotations

from tests.sample_clients.bases.conforming import Answer
from tests.sample_clients.bases.exposing import Exposing
from tests.sample_clients.registry import faulty


@faulty("error.fields")
class DropsHeaderFields(Exposing):
    """The response is gone when its error is made."""

    def exposed_fields(self, answer: Answer) -> dict[str, str] | None:
        return None


@faulty("error.fields")
class ExposesContentFields(Exposing):
    """The fields of the content, as its parser gets them."""

    def exposed_fields(self, answer: Answer) -> dict[str, str] | None:
        return {name: value for name, value in answer.fields.items() if name.startswith("content-")}


@faulty("error.fields")
class ExposesNamesWithUnderscores(Exposing):
    """Names as environment variables have them."""

    def exposed_fields(self, answer: Answer) -> dict[str, str] | None:
        return {name.replace("-", "_"): value for name, value in answer.fields.items()}
