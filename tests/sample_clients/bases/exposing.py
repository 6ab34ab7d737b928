"""A client whose error exposes all of a response."""

from __future__ import annotations

from dataclasses import replace

from graphcontract.exchange import Call, Outcome
from tests.sample_clients.bases.conforming import Answer, Conforming


class Exposing(Conforming):
    """Its error has Retry-After, inner codes, details and header fields."""

    features = frozenset({"retry-after", "inner-codes", "details", "fields"})

    def failure(self, call: Call, answer: Answer) -> Outcome:
        outcome = super().failure(call, answer)
        assert outcome.error is not None
        exposed = replace(
            outcome.error,
            retry_after=self.retry_after(answer),
            inner_codes=self.inner_codes(self.error(answer)),
            details=self.details(self.error(answer)),
            fields=self.exposed_fields(answer),
        )
        return replace(outcome, error=exposed)

    def retry_after(self, answer: Answer) -> float | None:
        value = answer.fields.get("retry-after")
        return None if value is None else self.seconds(value)

    def inner(self, error: dict[str, object]) -> dict[str, object]:
        found = error.get("innerError") or error.get("innererror")
        return found if isinstance(found, dict) else {}

    def inner_codes(self, error: dict[str, object]) -> tuple[str, ...] | None:
        codes: list[str] = []
        while error := self.inner(error):
            codes += [str(error["code"])] if "code" in error else []
        return tuple(codes)

    def details(self, error: dict[str, object]) -> tuple[str, ...] | None:
        details = error.get("details")
        if not isinstance(details, list):
            return ()
        return tuple(each["code"] for each in details if isinstance(each, dict) and "code" in each)

    def exposed_fields(self, answer: Answer) -> dict[str, str] | None:
        return answer.fields
