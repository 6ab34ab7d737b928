"""Finds dates in English sentences; an all-numeric date has the month first, unless that is impossible."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from itertools import islice

_MOST = 20  # bounds the work on a hostile sentence
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DATE = re.compile(
    r"(?<![\w/-])(?:(?P<iso>\d{4}[-/]\d{1,2}[-/]\d{1,2})(?![\d/-])"
    r"|(?P<slashed>\d{1,2}/\d{1,2}/\d{4})(?![\d/])"
    rf"|(?P<month>{_MONTH})\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})\b"
    rf"|(?P<day_first>\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?\s+(?P<its_month>{_MONTH}),?\s+(?P<its_year>\d{{4}})\b"
    rf"|(?P<whole>{_MONTH}),?\s+(?:of\s+)?(?P<whole_year>\d{{4}})\b)",
    re.IGNORECASE,
)


def has_date(sentence: str) -> bool:
    """Whether a sentence has a text that looks like a date."""
    return _DATE.search(sentence) is not None


def find_dates(sentence: str) -> Iterator[tuple[int, int, date]]:
    """Yield start, end and day of each date, 20 at most; a month without a day means its last day."""
    for found in islice(_DATE.finditer(sentence), _MOST):
        day = _parse_day(found)
        if day is not None:
            yield found.start(), found.end(), day


def _parse_day(found: re.Match[str]) -> date | None:
    if found["iso"]:
        year, month, day = map(int, re.split(r"[-/]", found["iso"]))
    elif found["slashed"]:
        month, day, year = map(int, found["slashed"].split("/"))
        month, day = (day, month) if month > 12 else (month, day)
    else:
        name = found["month"] or found["its_month"] or found["whole"]
        month = _MONTHS.index(name[:3].casefold()) + 1
        year = int(found["year"] or found["its_year"] or found["whole_year"])
        day = int(found["day"] or found["day_first"] or (monthrange(year, month)[1] if year else 0))
    try:
        return date(year, month, day)
    except ValueError:
        return None
