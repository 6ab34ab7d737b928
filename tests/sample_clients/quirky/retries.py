"""Quirky clients: waits and retries."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import replace
from datetime import UTC
from email.utils import parsedate_to_datetime

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer, BadAnswer, Conforming, Fields
from tests.sample_clients.bases.retries import HasBackoff, RepeatsAfter401
from tests.sample_clients.registry import quirky

WAIT_TESTS = ("429 for 1 s", "503 for 1 s", "a fraction")


UNREADABLE_WAIT_TEST = "test_malformed_retry_after"


@quirky("retry.throttled", shown_by=(*WAIT_TESTS, "lasting 429", UNREADABLE_WAIT_TEST))
class NeverRetries(Conforming):
    """Whoever calls it decides whether and when to try again."""

    retries = 0


@quirky(shown_by=(*WAIT_TESTS, UNREADABLE_WAIT_TEST))
class WaitsLongerThanAsked(Conforming):
    """Its own backoff is longer than what most services ask for, and the longer one counts."""

    def seconds(self, value: str) -> float:
        return max(1.4, super().seconds(value))


@quirky(shown_by=WAIT_TESTS)
class AddsJitter(Conforming):
    """A fifth of a second more, so that not all clients come back at once."""

    def seconds(self, value: str) -> float:
        return super().seconds(value) + 0.2


@quirky(shown_by=("429 for 2 s", "503, then longer", "an hour", "20 digits"))
class GivesUpOnLongWaits(Conforming):
    """More than a second is the caller's to wait."""

    def wait(self, call: Call, answer: Answer) -> float | None:
        wait = super().wait(call, answer)
        return wait if wait is None or wait <= 1 else None


@quirky(shown_by=WAIT_TESTS)
class RoundsWaitsUp(Conforming):
    """Whole seconds, and a fraction is one more."""

    def seconds(self, value: str) -> float:
        return float(math.ceil(super().seconds(value)))


@quirky(shown_by=WAIT_TESTS)
class CutsFractionsOfWaits(Conforming):
    """Whole seconds, and of a fraction what stands before the point."""

    def seconds(self, value: str) -> float:
        wait = super().seconds(value)
        return float(int(wait)) if "." in value else wait


@quirky(shown_by=("until a date", "a date gone by"))
class UsesTheServersClock(Conforming):
    """The wait until a date is reckoned from the answer's own Date."""

    def wait(self, call: Call, answer: Answer) -> float | None:
        wait = super().wait(call, answer)
        if wait is None or "date" not in answer.fields:
            return wait
        until, now = (parsedate_to_datetime(answer.fields[name]) for name in ("retry-after", "date"))
        return max(0.0, (until.replace(tzinfo=UTC) - now).total_seconds())


@quirky(shown_by=("lasting 429", "lasting in turn", UNREADABLE_WAIT_TEST))
class RetriesTenTimesQuickly(Conforming):
    """Ten quick retries where no wait is asked for."""

    retries = 10


@quirky(shown_by=(UNREADABLE_WAIT_TEST,))
class BacksOffQuickly(Conforming):
    """A backoff of its own where it cannot read the field: a quarter of a second, doubled each time."""

    def __init__(self) -> None:
        super().__init__()
        self.local = threading.local()

    def persist(self, call: Call) -> Answer:
        self.local.backoff = 0.125
        return super().persist(call)

    def seconds(self, value: str) -> float:
        if value[:1].isdigit() or _is_date(value):
            return super().seconds(value)
        self.local.backoff *= 2
        return float(self.local.backoff)


@quirky(shown_by=("test_not_retryable_errors",))
class RetriesOnceAfterAClaimsChallenge(Conforming):
    """One more request after a claims challenge, with the token that meets it."""

    def exchange(self, call: Call) -> Answer:
        answer = super().exchange(call)
        if "claims=" in answer.fields.get("www-authenticate", ""):
            return super().exchange(replace(call, token=f"{call.token}claims"))
        return answer


@quirky(shown_by=("test_not_retryable_errors",))
class RetriesA401Once(Conforming):
    """One more request after any 401, with what the cache of tokens has by now, which is the same."""

    def exchange(self, call: Call) -> Answer:
        answer = super().exchange(call)
        return super().exchange(call) if answer.status == 401 else answer


@quirky(shown_by=("test_not_retryable_errors", "503, then 403"))
class AnotherAccountAfter403(Conforming):
    """After 403, one more request with the credentials of another account (RFC 9110, 15.5.4)."""

    def exchange(self, call: Call) -> Answer:
        answer = super().exchange(call)
        if answer.status != 403:
            return answer
        return super().exchange(replace(call, token="eyJ0eXAi.of-another.account"))


@quirky(shown_by=("lasting 429", "503 for 1 s"))
class RetryAttemptField(Conforming):
    """A field with the number of the try, as Microsoft's SDKs send it."""

    def __init__(self) -> None:
        super().__init__()
        self.local = threading.local()

    def persist(self, call: Call) -> Answer:
        self.local.attempt = 0
        return super().persist(call)

    def again(self, call: Call, attempt: int) -> Answer:
        self.local.attempt = attempt
        return super().again(call, attempt)

    def fields(self, call: Call) -> list[tuple[str, str]]:
        return [*super().fields(call), ("Retry-Attempt", str(self.local.attempt))]


@quirky(shown_by=("test_valid_retry",))
class AnotherHeadInRetries(RepeatsAfter401):
    """Retries are counted in a field, close their connection, and frame no content in chunks."""

    def framing(self, call: Call) -> Fields:
        if not self.retrying:
            return super().framing(call)
        return [("Transfer-Encoding", "chunked"), ("Connection", "close"), ("Retry-Attempt", "1")]

    def content(self, call: Call) -> bytes:
        return b"0\r\n\r\n" if self.retrying else b""


@quirky(shown_by=(*WAIT_TESTS, "milliseconds as well", "milliseconds of Azure as well", "name in capitals"))
class PrefersMillisecondsToSeconds(Conforming):
    """A field with milliseconds is more precise than Retry-After, and goes before it."""

    def wait(self, call: Call, answer: Answer) -> float | None:
        wait = super().wait(call, answer)
        if wait is None:
            return None
        other = answer.fields.get("retry-after-ms") or answer.fields.get("x-ms-retry-after-ms")
        return wait if other is None else int(other) / 1000


@quirky(shown_by=("no response", "no response on a kept connection", "half a response", "garbage"))
class ReadsTheTaskAfterSilence(Conforming):
    """After silence or garbage, the state of the task is read, which repeats and changes nothing."""

    def exchange(self, call: Call) -> Answer:
        try:
            return super().exchange(replace(call, timeout=call.timeout / 3))
        except (TimeoutError, BadAnswer):
            head = self.head(call).replace(b"POST ", b"GET ", 1).replace(b"/cancel ", b" ", 1)
            with self.connect(replace(call, timeout=call.timeout / 3)) as connection:
                connection.sendall(head)
                self.read(connection)
            raise


@quirky(shown_by=(*WAIT_TESTS, "beside a wait"))
class HoldsBackAllRequests(Conforming):
    """After 503 or 429, all calls wait before they send a request, as with a circuit breaker."""

    def __init__(self) -> None:
        super().__init__()
        self.until = 0.0

    def pause(self, call: Call, seconds: float) -> None:
        self.until = max(self.until, time.monotonic() + seconds)

    def exchange(self, call: Call) -> Answer:
        wait = max(0.0, self.until - time.monotonic())
        if wait >= call.timeout:
            raise TimeoutError("the service is held back for longer than the call may take")
        time.sleep(wait)
        return super().exchange(replace(call, timeout=call.timeout - wait))


def _is_date(value: str) -> bool:
    try:
        parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return False
    return True


NO_WAIT_GIVEN = ("no wait told", "no wait given by 503", "no wait given by 504")


@quirky(shown_by=NO_WAIT_GIVEN)
class RetriesAtOnceAtFirst(HasBackoff):
    """Most throttling is over at once: its waits begin with the third retry."""

    def backoff(self, attempt: int) -> float:
        return 0.0 if attempt <= 2 else 0.1 * 2 ** (attempt - 2)


@quirky(shown_by=NO_WAIT_GIVEN)
class RetriesInQuarterSeconds(HasBackoff):
    """A backoff that does not grow, with few requests nevertheless."""

    def backoff(self, attempt: int) -> float:
        return 0.25
