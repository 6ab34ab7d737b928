"""Faulty clients: retry.backoff."""

from __future__ import annotations

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer
from tests.sample_clients.bases.retries import HasBackoff
from tests.sample_clients.registry import faulty


@faulty("retry.backoff", shown_by=["no wait told"])
class AbsentMeansZero(HasBackoff):
    """`int(headers.get("Retry-After", 0))`: nobody said that it should wait."""

    def backoff(self, attempt: int) -> float:
        return 0.0


@faulty("retry.backoff", shown_by=["no wait told"])
class BackoffInTheWrongUnit(HasBackoff):
    """Doubles from one on; its timer takes milliseconds."""

    def backoff(self, attempt: int) -> float:
        return float(2**attempt / 1000)


@faulty("retry.backoff", rare=True, shown_by=["no wait given by 503"])
class NoPauseForAGateway(HasBackoff):
    """429 is the tenant's limit, which takes time; at 503 another machine behind the gateway may be free."""

    def wait(self, call: Call, answer: Answer) -> float | None:
        no_wait = answer.status == 503 and "retry-after" not in answer.fields
        return 0.05 if no_wait else super().wait(call, answer)

    def backoff(self, attempt: int) -> float:
        return 1.0


@faulty("retry.backoff", rare=True, shown_by=["no wait given by 504"])
class NoPauseAfterTheGatewaysTimeout(HasBackoff):
    """A gateway that timed out has waited long enough already."""

    def wait(self, call: Call, answer: Answer) -> float | None:
        no_wait = answer.status == 504 and "retry-after" not in answer.fields
        return 0.0 if no_wait else super().wait(call, answer)

    def backoff(self, attempt: int) -> float:
        return 1.0
