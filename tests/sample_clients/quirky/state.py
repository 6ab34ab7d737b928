"""Quirky clients: what a client may keep from call to call."""

from __future__ import annotations

import itertools
import threading
import time
import uuid
from collections import deque

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer, Conforming, Fields
from tests.sample_clients.bases.keeping_paths import KeepsPaths
from tests.sample_clients.registry import quirky

LATER_CALL_TESTS = ("test_later_call", "test_later_call_after_silence", "test_tenth_call")


@quirky(shown_by=LATER_CALL_TESTS)
class HasACookieJar(Conforming):
    """Returns cookies, as every HTTP library with sessions does (RFC 6265, 5.4)."""

    cookies = ""

    def exchange(self, call: Call) -> Answer:
        answer = super().exchange(call)
        self.cookies = answer.fields.get("set-cookie", self.cookies).partition(";")[0]
        return answer

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), *([("Cookie", self.cookies)] if self.cookies else [])]


@quirky(shown_by=LATER_CALL_TESTS)
class OneRequestIdForTheProcess(Conforming):
    """One client-request-id for all calls of the process, which the service echoes in its responses."""

    def __init__(self) -> None:
        super().__init__()
        self.id = str(uuid.uuid4())

    def fields(self, call: Call) -> Fields:
        return [
            (name, self.id if name == "client-request-id" else value) for name, value in super().fields(call)
        ]


@quirky(shown_by=LATER_CALL_TESTS)
class CountsItsRequests(Conforming):
    """Telemetry: the number of this request, and how long the last three calls took."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers = itertools.count(8)
        self.durations: deque[str] = deque(maxlen=3)

    def fields(self, call: Call) -> Fields:
        telemetry = f"n={next(self.numbers)};ms={'/'.join(self.durations)}"
        return [*super().fields(call), ("SdkTelemetry", telemetry)]

    def persist(self, call: Call) -> Answer:
        began = time.monotonic()
        try:
            return super().persist(call)
        finally:
            self.durations.append(f"{(time.monotonic() - began) * 1000:.0f}")


@quirky(shown_by=LATER_CALL_TESTS)
class SendsTheDurationOfTheLastCall(Conforming):
    """A field that the first call does not have: what the client measured of the one before."""

    measured = ""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), *([("X-Last-Duration", self.measured)] if self.measured else [])]

    def exchange(self, call: Call) -> Answer:
        began = time.monotonic()
        answer = super().exchange(call)
        self.measured = f"{time.monotonic() - began:.3f}"
        return answer


@quirky(shown_by=("test_retry_in_each_call", "429 for 1 s", "503 for 1 s"))
class HasARetryBudget(Conforming):
    """A hundred retries in the bank, and each successful first attempt pays a tenth of one in: it stops to
    retry when most requests need it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.budget = 100.0
        self.lock = threading.Lock()

    def wait(self, call: Call, answer: Answer) -> float | None:
        wait = super().wait(call, answer)
        with self.lock:
            self.budget += 0.1 if wait is None else -1
        return wait if self.budget >= 0 else None


@quirky(shown_by=(*LATER_CALL_TESTS, "429 for 1 s"))
class HoldsAllCallsForAThrottledHost(Conforming):
    """Retry-After holds every call of the client back, until it is over."""

    blocked = 0.0

    def wait(self, call: Call, answer: Answer) -> float | None:
        wait = super().wait(call, answer)
        self.blocked = max(self.blocked, time.monotonic() + (wait or 0.0))
        return wait


@quirky(shown_by=["test_successive_calls"])
class KeepsPathsByTheIdItself(KeepsPaths):
    """Each id is encoded once: a cache that tells all ids apart."""


@quirky("input.opaque-id", shown_by=["test_successive_calls", "test_opaque_id"])
class TakesNoSimilarIds(KeepsPaths):
    """Refuses all but GUIDs, so that `01` and `001` cannot meet in its cache."""

    def refusal(self, call: Call) -> str | None:
        try:
            uuid.UUID(call.task_id)
        except ValueError:
            return "a task id is a GUID"
        return super().refusal(call)
