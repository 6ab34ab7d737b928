"""Statuses of errors, a class of input each. Knows HTTP's status classes and which statuses are ordinary."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from graphcontract.inputs.partitions import Partitions, constants

# Clients wait and try again on these, by a clock of their own where Retry-After does not please them.
WAITING = (429, 503, 504)

# What Graph and the front doors before it answer from day to day.
ORDINARY = (
    *(400, 401, 403, 404, 405, 406, 409, 410, 411, 412, 413, 415, 416, 422, 423, 428),
    *(500, 501, 502, 507, 509),
)

_REGISTERED = (*range(400, 419), *range(421, 427), 428, 429, 431, 451, *range(500, 509), 510, 511)
# Of proxies, caches, load balancers and services besides.
_UNREGISTERED = (
    *(419, 420, 430, 440, 444, 449, 450, 460, 463, *range(494, 500)),
    *(509, *range(520, 531), 561, 598, 599),
)
# From an origin it is no ordinary answer: stacks take it for their proxy's, and give up in ways of their own.
_PROXY_AUTHENTICATION = 407

NAMED = tuple(
    status
    for status in sorted((*_REGISTERED, *_UNREGISTERED))
    if status not in (*WAITING, _PROXY_AUTHENTICATION)
)


def statuses() -> Partitions[int]:
    """Error statuses that no client waits on: a class each for those with a name, then other 4xx and 5xx."""
    named = constants({str(status): status for status in NAMED})
    return named | Partitions({"other-4xx": _others(400), "other-5xx": _others(500)})


def any_status() -> SearchStrategy[int]:
    """One of the statuses that services use, and that no client waits on."""
    return st.sampled_from(ORDINARY)


def _others(first: int) -> SearchStrategy[int]:
    # From the top, where nothing is registered.
    downwards = range(first + 99, first - 1, -1)
    named = {*NAMED, *WAITING, _PROXY_AUTHENTICATION}
    return st.sampled_from([code for code in downwards if code not in named])
