"""Faults of reading how long to wait: a Retry-After that says nothing, and one that says something odd."""

from __future__ import annotations

import re
import time
from email.utils import parsedate_to_datetime

from graphcontract.exchange import Call
from tests.bank.client import Answer, Conforming
from tests.bank.faults_throttled import ReadingNames
from tests.bank.registry import fault

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
