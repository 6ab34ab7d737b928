"""Faulty clients: retry.after."""

from __future__ import annotations

import ctypes
import random
import re
import threading
import time

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer, Conforming
from tests.sample_clients.bases.field_lines import ReadsFieldLines
from tests.sample_clients.registry import faulty


@faulty("retry.after", shown_by=["429 for 1 s"])
class RetriesAtOnce(Conforming):
    """A retry middleware without a clock."""

    def seconds(self, value: str) -> float:
        return 0.0


@faulty("retry.after", shown_by=["429 for 1 s"])
class HalvesTheWait(Conforming):
    """Equal jitter: half of the wait is certain, and the other half drawn, today as nothing."""

    def seconds(self, value: str) -> float:
        return super().seconds(value) / 2


@faulty("retry.after", shown_by=["429 for 1 s"])
class JittersBothWays(Conforming):
    """Ten per cent of jitter to both sides of what the service asks for."""

    def seconds(self, value: str) -> float:
        return super().seconds(value) * random.Random(3).uniform(0.9, 1.0)


@faulty("retry.after", shown_by=["429 for 1 s"])
class SecondsAsMilliseconds(Conforming):
    """setTimeout(retryAfter): JavaScript's timers count in milliseconds."""

    def seconds(self, value: str) -> float:
        return super().seconds(value) / 1000


@faulty("retry.after", shown_by=["429 for 1 s"])
class IgnoresRetryAfter(Conforming):
    """A backoff of its own, a fifth of a second and more, whatever the field says."""

    def seconds(self, value: str) -> float:
        return 0.2


@faulty("retry.after", rare=True, shown_by=["503 for 1 s"])
class HonoursRetryAfterFor429Only(Conforming):
    """The handler of 429 knows the field; outages have a backoff."""

    def wait(self, call: Call, answer: Answer) -> float | None:
        wait = super().wait(call, answer)
        return wait if answer.status == 429 or wait is None else 0.2


@faulty("retry.after", rare=True, shown_by=["until a date"])
class IgnoresRetryDates(Conforming):
    """If the field is not a number, the backoff is a second, as without the field."""

    def seconds(self, value: str) -> float:
        return super().seconds(value) if value[:1].isdigit() else 1.0


@faulty("retry.after", rare=True, shown_by=["until a date"])
class IgnoresTheTimeZone(Conforming):
    """A date without its zone is local time, which east of Greenwich is an hour ago."""

    def seconds(self, value: str) -> float:
        wait = super().seconds(value)
        return max(0.0, wait - 3600) if "GMT" in value else wait


@faulty("retry.after", rare=True, shown_by=["a fraction"])
class IgnoresFractions(Conforming):
    """`int(value)` fails on 1.5, and the backoff of a failed parse is short."""

    def seconds(self, value: str) -> float:
        return 0.1 if "." in value else super().seconds(value)


@faulty("retry.after", rare=True, shown_by=["429 for 2 s"])
class CapsWaitsAtOneSecond(Conforming):
    """No more than a second, for the user interface waits for this call."""

    def seconds(self, value: str) -> float:
        return min(1.0, super().seconds(value))


@faulty("retry.after", rare=True, shown_by=["an hour"])
class IgnoresWaitsBeyondAMinute(Conforming):
    """More than a minute must be a mistake: it tries again after a second."""

    def seconds(self, value: str) -> float:
        wait = super().seconds(value)
        return wait if wait < 60 else 1.0


@faulty("retry.after", rare=True, shown_by=["20 digits"])
class OverflowsAt32Bits(Conforming):
    """Milliseconds in 32 bits, with a sign: a long wait becomes negative, and it does not wait."""

    def seconds(self, value: str) -> float:
        milliseconds = ctypes.c_int32(int(super().seconds(value) * 1000)).value
        return max(0.0, milliseconds / 1000)


@faulty("retry.after", rare=True, shown_by=["503, then longer"])
class ReusesTheFirstWait(Conforming):
    """Reads the field when it first meets it, and keeps the timer."""

    def __init__(self) -> None:
        super().__init__()
        self.call = threading.local()

    def persist(self, call: Call) -> Answer:
        self.call.first = None
        return super().persist(call)

    def wait(self, call: Call, answer: Answer) -> float | None:
        wait = super().wait(call, answer)
        if self.call.first is None:
            self.call.first = wait
        return wait if wait is None else float(self.call.first)


@faulty("retry.after", rare=True, shown_by=["503, then longer"])
class WaitsBeforeTheFirstRetryOnly(Conforming):
    """The wait stands before the loop of tries, and not in it."""

    def again(self, call: Call, attempt: int) -> Answer:
        answer = super().again(call, attempt)
        return super().again(call, attempt) if self.repeats(answer) else answer


@faulty("retry.after", rare=True, shown_by=["name in lower case"])
class NeedsRetryAfterInTitleCase(ReadsFieldLines):
    """`headers["Retry-After"]` of a plain dict; over HTTP/2 and its gateways names are in lower case."""

    def amend(self, answer: Answer, lines: list[bytes]) -> None:
        if not any(each.startswith(b"Retry-After:") for each in lines):
            answer.fields.pop("retry-after", None)

    def seconds(self, value: str) -> float:
        return super().seconds(value) if value else 0.1


@faulty("retry.after", rare=True, shown_by=["a leading zero"])
class IgnoresNumbersWithLeadingZero(Conforming):
    """`02` is not a number in its grammar, and it uses its own backoff instead."""

    def seconds(self, value: str) -> float:
        return 0.3 if re.fullmatch(r"0\d+", value) else super().seconds(value)


@faulty("retry.after", rare=True, shown_by=["a quota as well"])
class PrefersTheRateLimitReset(Conforming):
    """When the quota is renewed counts for more than what is asked."""

    def wait(self, call: Call, answer: Answer) -> float | None:
        renewed = answer.fields.get("ratelimit-reset")
        return float(renewed) if renewed and self.repeats(answer) else super().wait(call, answer)


@faulty("retry.after", rare=True, shown_by=["429 for 4 s"])
class CapsWaitsAtTwoSeconds(Conforming):
    """No wait is longer than two seconds: a user is waiting."""

    def seconds(self, value: str) -> float:
        return min(super().seconds(value), 2.0)


@faulty("retry.after", rare=True, shown_by=["until a date as in RFC 850", "until a date as C writes it"])
class IgnoresObsoleteDates(Conforming):
    """`strptime` with the one form; for what it cannot read there is a backoff of its own."""

    def seconds(self, value: str) -> float:
        if not value.isdigit() and not re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT", value):
            return 0.3
        return super().seconds(value)


class PrefersMilliseconds(Conforming):
    """Base class: another field than Retry-After decides, in a unit of which a second has `unit`."""

    field, unit = "retry-after-ms", 1000.0

    def wait(self, call: Call, answer: Answer) -> float | None:
        wait, other = super().wait(call, answer), answer.fields.get(self.field)
        return wait if wait is None or other is None else float(other) / self.unit


@faulty("retry.after", shown_by=["milliseconds of Azure as well"])
class MillisecondsAsMicroseconds(PrefersMilliseconds):
    """A millisecond of a thousand millionths is divided once too often."""

    field, unit = "x-ms-retry-after-ms", 1_000_000.0


@faulty("retry.after", shown_by=["name in capitals"])
class RetryAfterByItsSpelling(ReadsFieldLines):
    """Finds Retry-After in two spellings, and waits a moment without it."""

    def amend(self, answer: Answer, lines: list[bytes]) -> None:
        if not any(line.startswith((b"Retry-After:", b"retry-after:")) for line in lines):
            answer.fields["retry-after"] = "0.1"


@faulty("retry.after", shown_by=["test_slow_throttling"])
class CountsTheWaitFromItsRequest(Conforming):
    """The wait is reckoned from the start of the attempt, so that a slow response shortens it."""

    def exchange(self, call: Call) -> Answer:
        begun = time.monotonic()
        answer = super().exchange(call)
        answer.fields["x-taken"] = str(time.monotonic() - begun)
        return answer

    def wait(self, call: Call, answer: Answer) -> float | None:
        wait = super().wait(call, answer)
        return None if wait is None else max(0.0, wait - float(answer.fields["x-taken"]))


@faulty("retry.after", shown_by=["until a date soon"])
class RetriesShortlyBeforeADate(Conforming):
    """Two seconds are taken off a date, in case the clocks differ: the wrong way."""

    def seconds(self, value: str) -> float:
        seconds = super().seconds(value)
        return max(0.0, seconds - 2.0) if value[:1].isalpha() else seconds
