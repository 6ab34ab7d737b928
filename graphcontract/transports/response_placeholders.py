"""Placeholders in the fields of a stub response, for values that are only known when it is sent.

`{self}`, `{same-host-name}`, `{other-port}`, `{other-host}`, `{plain}` and so on are an endpoint's roots, and
`{@self}` and so on only their authorities: `127.0.0.1:53121`.

`{date+N}` is an HTTP date N seconds ahead, `{rfc850+N}` and `{asctime+N}` are dates in the two obsolete forms
that recipients must accept (RFC 9110 5.6.7). HTTP dates are whole seconds. N is added to the current second,
rounded down: a client that waits until the date waits more than N - 1 and at most N seconds, and a `Date:
{date+0}` in the same response is exactly N seconds before it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from email.utils import formatdate

from graphcontract.http.stub_response import StubResponse

_ROOTS_PATTERN = re.compile(
    r"\{(@)?(self|same-host-name|other-port|other-host|plain|in-capitals|with-dot|ends-alike|begins-alike|subdomain"
    r"|same-domain|alike-address)\}"
)
_DATES = re.compile(r"\{(date|rfc850|asctime)\+([0-9]{1,9})\}")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def check(stub: StubResponse, roots: Sequence[str]) -> None:
    """ValueError for a response with a placeholder for a root that the endpoint will not have."""
    for _, value in stub.fields:
        for _, name in _ROOTS_PATTERN.findall(value):
            if name not in roots:
                raise ValueError(f"the endpoint does not have the root of the placeholder {{{name}}}")


def refers_to(stubs: Sequence[StubResponse], root: str) -> bool:
    """Whether one of these responses has a placeholder for this root."""
    return any(
        root == name
        for stub in stubs
        for _, value in stub.fields
        for _, name in _ROOTS_PATTERN.findall(value)
    )


def fill_placeholders(stub: StubResponse, roots: Mapping[str, str]) -> StubResponse:
    """Fill in roots, and dates relative to now; call this just before the response is sent."""
    for _, value in stub.fields:
        if "{" in value:
            now = int(time.time())
            fields = tuple((name, _fill_value(value, roots, now)) for name, value in stub.fields)
            return replace(stub, fields=fields)
    return stub


def _fill_value(value: str, roots: Mapping[str, str], now: int) -> str:
    value = _ROOTS_PATTERN.sub(lambda match: _format_root(roots[match[2]], authority=bool(match[1])), value)
    return _DATES.sub(lambda match: _format_date(match[1], now + int(match[2])), value)


def _format_date(form: str, moment: int) -> str:
    written = formatdate(moment, usegmt=True)
    if form == "date":
        return written
    _, day, month, year, clock, zone = written.split()
    if form == "rfc850":
        return f"{_DAYS[time.gmtime(moment).tm_wday]}, {day}-{month}-{year[2:]} {clock} {zone}"
    return f"{written[:3]} {month} {int(day):2} {clock} {year}"


def _format_root(root: str, *, authority: bool) -> str:
    return root.partition("//")[2] if authority else root
