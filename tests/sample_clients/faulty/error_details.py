"""Faulty clients: error.details."""

from __future__ import annotations

from tests.sample_clients.bases.exposing import Exposing
from tests.sample_clients.registry import faulty


@faulty("error.details")
class DropsDetails(Exposing):
    """Code and message are enough."""

    def details(self, error: dict[str, object]) -> tuple[str, ...] | None:
        return None


@faulty("error.details")
class ExposesTheFirstDetail(Exposing):
    """An error has one cause."""

    def details(self, error: dict[str, object]) -> tuple[str, ...] | None:
        return (super().details(error) or ())[:1]


@faulty("error.details")
class ExposesTargetsAsDetails(Exposing):
    """A target says enough of what is wrong."""

    def details(self, error: dict[str, object]) -> tuple[str, ...] | None:
        details = error.get("details")
        return tuple(each["target"] for each in details) if isinstance(details, list) else ()
