"""The faults of a client and time: waits here, what is repeated in a module of its own; importing this one
registers them all.
"""

from __future__ import annotations

import ctypes
import random
import re
import threading
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

from graphcontract.exchange import Call
from tests.bank import faults_repeats, faults_waits
from tests.bank.client import Answer, Conforming
from tests.bank.registry import fault

__all__ = ["faults_repeats", "faults_waits"]


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
    """More than a minute must be a mistake: it tries again after a second and a half."""

    def seconds(self, value: str) -> float:
        wait = super().seconds(value)
        return wait if wait < 60 else 1.5


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


# what it dies of


@fault("retry.after-malformed", shown_by=["a word"])
class ParsesAnInteger(Conforming):
    """`int(headers.get("Retry-After", 1))`, for the page says seconds."""

    def seconds(self, value: str) -> float:
        return float(int(value or 1))


@fault("retry.after-malformed", rare=True, shown_by=["negative"])
class SleepsLessThanNothing(Conforming):
    """`time.sleep(-1)` is a ValueError, and -1 a number that everybody could read."""

    def seconds(self, value: str) -> float:
        return float(value) if re.fullmatch(r"-?[0-9]+", value) else super().seconds(value)


@fault("retry.after-malformed", rare=True, shown_by=["not a number"])
class SleepsNotANumber(Conforming):
    """`float("NaN")` is one, and every comparison with it is false, but no timer takes it."""

    def seconds(self, value: str) -> float:
        return float(value) if value.lower() == "nan" else super().seconds(value)


@fault("retry.after-malformed", rare=True, shown_by=["superscript"])
class TrustsIsdigit(Conforming):
    """`value.isdigit()` is true of a superscript two, of which `int` makes nothing."""

    def seconds(self, value: str) -> float:
        return float(int(value)) if value.isdigit() else super().seconds(value)


@fault("retry.after-malformed", rare=True, shown_by=["half a date"])
class CountsOnSixWords(Conforming):
    """What begins with the day of a week is a date, and the year stands fourth in it."""

    def seconds(self, value: str) -> float:
        if re.match(r"[A-Z][a-z]{2}, ", value) and not value.split()[3].isdigit():
            return 1.0
        return super().seconds(value)


@fault("retry.after-malformed", rare=True, shown_by=["no such date"])
class TrustsTheFormOfADate(Conforming):
    """A regular expression finds a date in the field; the calendar has none of the kind."""

    def seconds(self, value: str) -> float:
        if re.fullmatch(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} [\d:]{8} GMT", value):
            return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
        return super().seconds(value)


@fault("retry.after-malformed", rare=True, shown_by=["empty"])
class LooksAtTheFirstDigit(Conforming):
    """`value[0]` tells a number from a date, in a field that has a value."""

    def wait(self, call: Call, answer: Answer) -> float | None:
        if self.repeats(answer) and "retry-after" in answer.fields:
            assert answer.fields["retry-after"][0] != "."
        return super().wait(call, answer)


@fault("retry.after-malformed", rare=True, shown_by=["twice"])
class ExpectsOneOfThem(ReadingNames):
    """`(value,) = headers.get_all("Retry-After")`: a gateway has added its own."""

    def amend(self, answer: Answer, lines: list[bytes]) -> None:
        if self.repeats(answer):
            (_,) = (each for each in lines if each.lower().startswith(b"retry-after:"))


@fault("retry.after-malformed", shown_by=["a list"])
class StormsOnNotANumber(Conforming):
    """parseInt gives NaN, and setTimeout takes that for at once."""

    retries = 10

    def seconds(self, value: str) -> float:
        readable = re.match(r"[0-9.]+$|[A-Z][a-z]{2}, \d+ \w+ \d+ \d+:", value)
        return super().seconds(value) if readable else 0.0


@fault("retry.after-malformed", rare=True, shown_by=["negative"])
class StormsOnLessThanNothing(Conforming):
    """A wait of less than nothing has always passed."""

    retries = 10

    def seconds(self, value: str) -> float:
        return 0.0 if value.startswith("-") else super().seconds(value)


@fault("retry.after-malformed", rare=True, shown_by=["empty"])
class StormsOnNothing(Conforming):
    """Number("") is 0 in JavaScript: at once, ten times."""

    retries = 10

    def wait(self, call: Call, answer: Answer) -> float | None:
        wait = super().wait(call, answer)
        return wait if answer.fields.get("retry-after") != "" or wait is None else 0.0


# what it dies of though it may be said, or makes of the last answer


@fault("error.failure", shown_by=["no wait told"])
class NeedsARetryAfter(Conforming):
    """`headers["Retry-After"]`: no throttling is seen without it, but for that of a gateway."""

    def wait(self, call: Call, answer: Answer) -> float | None:
        return self.seconds(answer.fields["retry-after"]) if self.repeats(answer) else None


@fault("error.failure", rare=True, shown_by=["a date gone by"])
class SleepsTillYesterday(Conforming):
    """The service's clock is slow, and `time.sleep` takes no negative number."""

    def seconds(self, value: str) -> float:
        if value.endswith("GMT"):
            return parsedate_to_datetime(value).timestamp() - time.time()
        return super().seconds(value)


@fault("error.failure", rare=True, shown_by=["20 digits"])
class OverflowsItsTimer(Conforming):
    """The wait goes to the timer as it is, which has no room for it."""

    def seconds(self, value: str) -> float:
        wait = super().seconds(value)
        if wait > 1e9:
            time.sleep(wait)
        return wait


@fault("error.failure", rare=True, shown_by=["until a date"])
class ParsesNoDates(Conforming):
    """`float(value)`: every Retry-After that its author has seen was a number."""

    def seconds(self, value: str) -> float:
        return float(value or 1)


@fault("error.failure", rare=True, shown_by=["lasting 429"])
class SucceedsWhenExhausted(Conforming):
    """The loop of tries ends without a break, and after it stands the return of a success."""

    def persist(self, call: Call) -> Answer:
        answer = super().persist(call)
        exhausted = self.repeats(answer) and answer.fields.get("retry-after") == "0"
        return Answer(204, {}, b"") if exhausted else answer
