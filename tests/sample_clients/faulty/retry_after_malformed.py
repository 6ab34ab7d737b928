"""Faulty clients: retry.after-malformed."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer, Conforming
from tests.sample_clients.bases.field_lines import ReadsFieldLines
from tests.sample_clients.registry import faulty


@faulty("retry.after-malformed", shown_by=["a word"])
class CrashesOnNonIntegers(Conforming):
    """`int(headers.get("Retry-After", 1))`, for the page says seconds."""

    def seconds(self, value: str) -> float:
        return float(int(value or 1))


@faulty("retry.after-malformed", rare=True, shown_by=["negative"])
class CrashesOnNegativeNumbers(Conforming):
    """`time.sleep(-1)` is a ValueError, and -1 a number that everybody could read."""

    def seconds(self, value: str) -> float:
        return float(value) if re.fullmatch(r"-?[0-9]+", value) else super().seconds(value)


@faulty("retry.after-malformed", rare=True, shown_by=["not a number"])
class CrashesOnNan(Conforming):
    """`float("NaN")` is one, and every comparison with it is false, but no timer takes it."""

    def seconds(self, value: str) -> float:
        return float(value) if value.lower() == "nan" else super().seconds(value)


@faulty("retry.after-malformed", rare=True, shown_by=["superscript"])
class CrashesOnSuperscriptDigits(Conforming):
    """`value.isdigit()` is true of a superscript two, of which `int` makes nothing."""

    def seconds(self, value: str) -> float:
        return float(int(value)) if value.isdigit() else super().seconds(value)


@faulty("retry.after-malformed", rare=True, shown_by=["half a date"])
class CrashesOnShortDates(Conforming):
    """What begins with the day of a week is a date, and the year stands fourth in it."""

    def seconds(self, value: str) -> float:
        if re.match(r"[A-Z][a-z]{2}, ", value) and not value.split()[3].isdigit():
            return 1.0
        return super().seconds(value)


@faulty("retry.after-malformed", rare=True, shown_by=["no such date"])
class CrashesOnImpossibleDates(Conforming):
    """A regular expression finds a date in the field; the calendar has none of the kind."""

    def seconds(self, value: str) -> float:
        if re.fullmatch(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} [\d:]{8} GMT", value):
            return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
        return super().seconds(value)


@faulty("retry.after-malformed", rare=True, shown_by=["empty"])
class CrashesOnAnEmptyValue(Conforming):
    """`value[0]` tells a number from a date, in a field that has a value."""

    def wait(self, call: Call, answer: Answer) -> float | None:
        if self.repeats(answer) and "retry-after" in answer.fields:
            assert answer.fields["retry-after"][0] != "."
        return super().wait(call, answer)


@faulty("retry.after-malformed", rare=True, shown_by=["twice"])
class CrashesOnTwoFields(ReadsFieldLines):
    """`(value,) = headers.get_all("Retry-After")`: a gateway has added its own."""

    def amend(self, answer: Answer, lines: list[bytes]) -> None:
        if self.repeats(answer):
            (_,) = (each for each in lines if each.lower().startswith(b"retry-after:"))


@faulty("retry.after-malformed", shown_by=["a list"])
class RetriesAtOnceOnNan(Conforming):
    """parseInt gives NaN, and setTimeout takes that for at once."""

    retries = 10

    def seconds(self, value: str) -> float:
        readable = re.match(r"[0-9.]+$|[A-Z][a-z]{2}, \d+ \w+ \d+ \d+:", value)
        return super().seconds(value) if readable else 0.0


@faulty("retry.after-malformed", rare=True, shown_by=["negative"])
class RetriesAtOnceOnNegativeNumbers(Conforming):
    """A wait of less than nothing has always passed."""

    retries = 10

    def seconds(self, value: str) -> float:
        return 0.0 if value.startswith("-") else super().seconds(value)


@faulty("retry.after-malformed", rare=True, shown_by=["empty"])
class RetriesAtOnceOnAnEmptyValue(Conforming):
    """Number("") is 0 in JavaScript: at once, ten times."""

    retries = 10

    def wait(self, call: Call, answer: Answer) -> float | None:
        wait = super().wait(call, answer)
        return wait if answer.fields.get("retry-after") != "" or wait is None else 0.0


@faulty("retry.after-malformed", rare=True, shown_by=["an ISO date"])
class CrashesOnADateWithoutZone(Conforming):
    """An ISO date is read as well, and taken from a time without a zone."""

    def seconds(self, value: str) -> float:
        try:
            moment = datetime.fromisoformat(value) if "T" in value else None
        except ValueError:
            moment = None
        if moment is not None:
            return (moment - datetime.now(UTC).replace(tzinfo=None)).total_seconds()
        return super().seconds(value)
