"""Faulty clients: error.inner-codes."""

from __future__ import annotations

from tests.sample_clients.bases.exposing import Exposing
from tests.sample_clients.registry import faulty


@faulty("error.inner-codes")
class DropsInnerErrors(Exposing):
    """An inner error is for the service's developers."""

    def inner_codes(self, error: dict[str, object]) -> tuple[str, ...] | None:
        return None


@faulty("error.inner-codes")
class ExposesTheFirstInnerCode(Exposing):
    """One level of inner errors."""

    def inner_codes(self, error: dict[str, object]) -> tuple[str, ...] | None:
        return (super().inner_codes(error) or ())[:1]


@faulty("error.inner-codes")
class ReadsInnererrorInLowerCaseAlone(Exposing):
    """The name is that of the reference pages, and Graph's own is another."""

    def inner(self, error: dict[str, object]) -> dict[str, object]:
        found = error.get("innererror")
        return found if isinstance(found, dict) else {}


@faulty("error.inner-codes")
class ExposesInnerCodesFromTheInnermost(Exposing):
    """The most specific code comes first."""

    def inner_codes(self, error: dict[str, object]) -> tuple[str, ...] | None:
        return (super().inner_codes(error) or ())[::-1]
