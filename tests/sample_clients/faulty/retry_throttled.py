"""Faulty clients: retry.throttled."""

from __future__ import annotations

import threading
import time

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer, Conforming
from tests.sample_clients.registry import faulty


@faulty("retry.throttled", shown_by=["503 for 1 s"])
class Retries429Only(Conforming):
    """Throttling is 429; 503 is an outage, and nothing to be done about."""

    def repeats(self, answer: Answer) -> bool:
        return answer.status == 429


@faulty("retry.throttled", shown_by=["429 for 1 s"])
class RetriesServerErrorsOnly(Conforming):
    """A rule from before RFC 6585: a 4xx is the caller's mistake, and never tried again."""

    def repeats(self, answer: Answer) -> bool:
        return answer.status in (503, 504)


@faulty("retry.throttled", rare=True, shown_by=["504 for 1 s"])
class NeverRetries504(Conforming):
    """A list of two, 429 and 503, since nobody has seen a 504 in the tests."""

    def repeats(self, answer: Answer) -> bool:
        return answer.status in (429, 503)


@faulty("retry.throttled", shown_by=["429 for 1 s"])
class NeverRetriesWithRetryAfter(Conforming):
    """Backs off by itself without Retry-After; with it, the caller may wait."""

    def repeats(self, answer: Answer) -> bool:
        return super().repeats(answer) and "retry-after" not in answer.fields


@faulty("retry.throttled", shown_by=["429 for 1 s"])
class RetriesOneCodeOnly(Conforming):
    """Looks for the one code that its author met, and not at the status."""

    def repeats(self, answer: Answer) -> bool:
        return super().repeats(answer) and self.code(answer) == "TooManyRequests"


@faulty("retry.throttled", shown_by=["429 for 1 s"])
class ReportsTheFirstResponse(Conforming):
    """`response = send()` once, and `send()` in the loop: what the other tries bring is dropped."""

    def persist(self, call: Call) -> Answer:
        first = self.exchange(call)
        wait = self.wait(call, first)
        if wait is not None and wait < call.timeout:
            time.sleep(wait)
            self.exchange(call)
        return first


@faulty("retry.throttled", shown_by=["429 for 1 s"])
class IgnoresTheLastResponse(Conforming):
    """Raises when the last try is used up, before it looks at what that brought."""

    retries = 1

    def again(self, call: Call, attempt: int) -> Answer:
        super().again(call, attempt)
        raise ConnectionError("too many retries")


@faulty("retry.throttled", rare=True, shown_by=["503 as a page"])
class RetriesGraphErrorsOnly(Conforming):
    """The error object is parsed before anything is decided, and what has none is thrown at the caller."""

    def repeats(self, answer: Answer) -> bool:
        return super().repeats(answer) and bool(self.error(answer))


@faulty(
    "retry.throttled",
    rare=True,
    # Any of these may find the budget used up: all have the same status, and so the same evidence.
    shown_by=[
        "429 for 1 s",
        "name in lower case",
        "a fraction",
        "429 for 2 s",
        "a leading zero",
        "until a date",
    ],
)
class ThreeRetriesInItsLife(Conforming):
    """A budget of three retries that nobody fills again while the client lives."""

    def __init__(self) -> None:
        super().__init__()
        self.budget = 3
        self.lock = threading.Lock()

    def wait(self, call: Call, answer: Answer) -> float | None:
        wait = super().wait(call, answer)
        if wait is not None:
            with self.lock:
                self.budget -= 1
        return wait if self.budget >= 0 else None


@faulty("retry.throttled", shown_by=["milliseconds as well"])
class MillisecondsAsSeconds(Conforming):
    """retry-after-ms goes before Retry-After, and its number is taken for seconds: the wait is too long."""

    def wait(self, call: Call, answer: Answer) -> float | None:
        wait = super().wait(call, answer)
        return wait if wait is None else float(answer.fields.get("retry-after-ms", wait))
