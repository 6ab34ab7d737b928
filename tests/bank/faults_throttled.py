"""Faults of waiting: whether a client tries again, and how long it waits first."""

from __future__ import annotations

import ctypes
import random
import threading
import time
from collections.abc import Callable

from graphcontract.exchange import Call
from tests.bank.client import Answer, Conforming
from tests.bank.registry import fault

# whether it tries again


@fault("retry.throttled", shown_by=["503 for 1 s"])
class KnowsTooManyRequestsAlone(Conforming):
    """Throttling is 429; 503 is an outage, and nothing to be done about."""

    def repeats(self, answer: Answer) -> bool:
        return answer.status == 429


@fault("retry.throttled", shown_by=["429 for 1 s"])
class KnowsServerErrorsAlone(Conforming):
    """A rule from before RFC 6585: a 4xx is the caller's mistake, and never tried again."""

    def repeats(self, answer: Answer) -> bool:
        return answer.status in (503, 504)


@fault("retry.throttled", rare=True, shown_by=["504 for 1 s"])
class ForgetsTheGateway(Conforming):
    """A list of two, 429 and 503, since nobody has seen a 504 in the tests."""

    def repeats(self, answer: Answer) -> bool:
        return answer.status in (429, 503)


@fault("retry.throttled", shown_by=["429 for 1 s"])
class RetriesWhatIsUntimed(Conforming):
    """Backs off by itself where no time is told; where one is, the caller may wait."""

    def repeats(self, answer: Answer) -> bool:
        return super().repeats(answer) and "retry-after" not in answer.fields


@fault("retry.throttled", shown_by=["429 for 1 s"])
class AsksForTheCode(Conforming):
    """Looks for the one code that its author met, and not at the status."""

    def repeats(self, answer: Answer) -> bool:
        return super().repeats(answer) and self.code(answer) == "TooManyRequests"


@fault("retry.throttled", shown_by=["429 for 1 s"])
class ReportsTheFirstAnswer(Conforming):
    """`response = send()` once, and `send()` in the loop: what the other tries bring is dropped."""

    def persist(self, call: Call) -> Answer:
        first = self.exchange(call)
        wait = self.wait(call, first)
        if wait is not None and wait < call.timeout:
            time.sleep(wait)
            self.exchange(call)
        return first


@fault("retry.throttled", shown_by=["429 for 1 s"])
class CountsBeforeItLooks(Conforming):
    """Raises when the last try is used up, before it looks at what that brought."""

    retries = 1

    def again(self, call: Call, attempt: int) -> Answer:
        super().again(call, attempt)
        raise ConnectionError("too many retries")


@fault("retry.throttled", rare=True, shown_by=["503 as a page"])
class RetriesGraphErrorsAlone(Conforming):
    """The error object is parsed before anything is decided, and what has none is thrown at the caller."""

    def repeats(self, answer: Answer) -> bool:
        return super().repeats(answer) and bool(self.error(answer))


@fault(
    "retry.throttled",
    rare=True,
    shown_by=["429 for 1 s", "503 for 1 s", "504 for 1 s", "name in lower case"],
)
class SpendsItsBudget(Conforming):
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


# how long it waits


@fault("retry.after", shown_by=["429 for 1 s"])
class RetriesAtOnce(Conforming):
    """A retry middleware without a clock."""

    def seconds(self, value: str) -> float:
        return 0.0


@fault("retry.after", shown_by=["429 for 1 s"])
class HalvesTheWait(Conforming):
    """Equal jitter: half of the wait is certain, and the other half drawn, today as nothing."""

    def seconds(self, value: str) -> float:
        return super().seconds(value) / 2


@fault("retry.after", shown_by=["429 for 1 s"])
class JittersBothWays(Conforming):
    """Ten per cent of jitter to both sides of what the service asks for."""

    def seconds(self, value: str) -> float:
        return super().seconds(value) * random.Random(3).uniform(0.9, 1.0)


@fault("retry.after", shown_by=["429 for 1 s"])
class TakesSecondsForMilliseconds(Conforming):
    """setTimeout(retryAfter): JavaScript's timers count in milliseconds."""

    def seconds(self, value: str) -> float:
        return super().seconds(value) / 1000


@fault("retry.after", shown_by=["429 for 1 s"])
class BacksOffByItself(Conforming):
    """A backoff of its own, a fifth of a second and more, whatever the field says."""

    def seconds(self, value: str) -> float:
        return 0.2


@fault("retry.after", rare=True, shown_by=["503 for 1 s"])
class HeedsItFor429Alone(Conforming):
    """The handler of 429 knows the field; outages have a backoff."""

    def wait(self, call: Call, answer: Answer) -> float | None:
        wait = super().wait(call, answer)
        return wait if answer.status == 429 or wait is None else 0.2


@fault("retry.after", rare=True, shown_by=["until a date"])
class IgnoresDates(Conforming):
    """Where the field is no number, the backoff is a second, as it is without the field."""

    def seconds(self, value: str) -> float:
        return super().seconds(value) if value[:1].isdigit() else 1.0


@fault("retry.after", rare=True, shown_by=["until a date"])
class LosesTheZone(Conforming):
    """A date without its zone is local time, which east of Greenwich is an hour ago."""

    def seconds(self, value: str) -> float:
        wait = super().seconds(value)
        return max(0.0, wait - 3600) if "GMT" in value else wait


@fault("retry.after", rare=True, shown_by=["a fraction"])
class IgnoresFractions(Conforming):
    """`int(value)` fails on 1.5, and the backoff of a failed parse is short."""

    def seconds(self, value: str) -> float:
        return 0.1 if "." in value else super().seconds(value)


@fault("retry.after", rare=True, shown_by=["429 for 2 s"])
class CapsEveryWait(Conforming):
    """No more than a second, for the user interface waits for this call."""

    def seconds(self, value: str) -> float:
        return min(1.0, super().seconds(value))


@fault("retry.after", rare=True, shown_by=["an hour"])
class CapsLongWaits(Conforming):
    """More than a minute must be a mistake: it tries again after a second."""

    def seconds(self, value: str) -> float:
        wait = super().seconds(value)
        return wait if wait < 60 else 1.0


@fault("retry.after", rare=True, shown_by=["20 digits"])
class WrapsAround(Conforming):
    """Milliseconds in 32 bits, with a sign: a long wait is a negative one, which is none."""

    def seconds(self, value: str) -> float:
        milliseconds = ctypes.c_int32(int(super().seconds(value) * 1000)).value
        return max(0.0, milliseconds / 1000)


@fault("retry.after", rare=True, shown_by=["503, then longer"])
class HeedsTheFirstWait(Conforming):
    """Reads the field when it first meets it, and keeps the timer."""

    def wait(self, call: Call, answer: Answer) -> float | None:
        wait = super().wait(call, answer)
        return wait if wait is None else min(1.0, wait)


@fault("retry.after", rare=True, shown_by=["503, then longer"])
class HurriesOnceItHasWaited(Conforming):
    """The wait stands before the loop of tries, and not in it."""

    def again(self, call: Call, attempt: int) -> Answer:
        answer = super().again(call, attempt)
        return super().again(call, attempt) if self.repeats(answer) else answer


class ReadingNames(Conforming):
    """What the faults below have in common: they see the lines of a head as they came."""

    def amend(self, answer: Answer, lines: list[bytes]) -> None:
        raise NotImplementedError

    def read_head(self, line: Callable[[], bytes]) -> Answer:
        lines: list[bytes] = []

        def kept() -> bytes:
            lines.append(line())
            return lines[-1]

        answer = super().read_head(kept)
        self.amend(answer, lines)
        return answer


@fault("retry.after", rare=True, shown_by=["name in lower case"])
class KnowsOneSpelling(ReadingNames):
    """`headers["Retry-After"]` of a plain dict; over HTTP/2 and its gateways names are in lower case."""

    def amend(self, answer: Answer, lines: list[bytes]) -> None:
        if not any(each.startswith(b"Retry-After:") for each in lines):
            answer.fields.pop("retry-after", None)

    def seconds(self, value: str) -> float:
        return super().seconds(value) if value else 0.1
