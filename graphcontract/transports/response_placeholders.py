"""Placeholders in the fields of an answer: what is known only when the answer is sent.

`{self}`, `{same-host-name}`, `{other-port}`, `{other-host}`, `{plain}` stand for a stage's places, and
`{@self}` and so on for their authorities alone: `127.0.0.1:53121`.
`{date+N}` is an HTTP date N seconds ahead, `{rfc850+N}` and `{asctime+N}` are those in the two obsolete
forms that recipients have to read (RFC 9110 5.6.7). HTTP dates are whole seconds: the second now under way
is counted from, so that whoever waits until then waits more than N - 1 and at most N seconds, and a
`Date: {date+0}` in the same answer is exactly N seconds before it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from email.utils import formatdate

from graphcontract.http.stub_response import StubResponse

_PLACES = re.compile(r"\{(@)?(self|same-host-name|other-port|other-host|plain)\}")
_DATES = re.compile(r"\{(date|rfc850|asctime)\+([0-9]{1,9})\}")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def check(answer: StubResponse, places: Sequence[str]) -> None:
    """Refuse with a ValueError an answer that names a place which the stage will not have."""
    for _, value in answer.fields:
        for _, name in _PLACES.findall(value):
            if name not in places:
                raise ValueError(f"an answer names a place that the stage does not have: {name}")


def filled(answer: StubResponse, places: Mapping[str, str]) -> StubResponse:
    """The answer as it is to be sent now."""
    for _, value in answer.fields:
        if "{" in value:
            now = int(time.time())
            fields = tuple((name, _fill(value, places, now)) for name, value in answer.fields)
            return replace(answer, fields=fields)
    return answer


def _fill(value: str, places: Mapping[str, str], now: int) -> str:
    value = _PLACES.sub(lambda match: _named(places[match[2]], authority=bool(match[1])), value)
    return _DATES.sub(lambda match: _dated(match[1], now + int(match[2])), value)


def _dated(form: str, moment: int) -> str:
    written = formatdate(moment, usegmt=True)
    if form == "date":
        return written
    _, day, month, year, clock, zone = written.split()
    if form == "rfc850":
        return f"{_DAYS[time.gmtime(moment).tm_wday]}, {day}-{month}-{year[2:]} {clock} {zone}"
    return f"{written[:3]} {month} {int(day):2} {clock} {year}"


def _named(root: str, *, authority: bool) -> str:
    return root.partition("//")[2] if authority else root
