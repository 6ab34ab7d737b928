"""Statuses of errors, a class of input each. Knows HTTP's status classes and which statuses are ordinary."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from graphcontract.inputs.strata import Strata

NAMED = (
    *(400, 401, 403, 404, 405, 406, 409, 410, 411, 412, 413, 415, 416, 422, 423, 428, 429),
    *(500, 501, 502, 503, 504, 507, 509),
)

# From an origin it is no ordinary answer: stacks take it for their proxy's, and give up in ways of their own.
_PROXY_AUTHENTICATION = 407


# Clients wait and try again on these, by a clock of their own where Retry-After does not please them.
WAITING = (429, 503, 504)
_AT_ONCE = tuple(status for status in NAMED if status not in WAITING)


def statuses() -> Strata[int]:
    """Error statuses that no client waits on: a class each for those in use, then other 4xx and 5xx."""
    named = {str(status): st.just(status) for status in _AT_ONCE}
    return Strata({**named, "other-4xx": _others(400), "other-5xx": _others(500)})


def any_status() -> SearchStrategy[int]:
    """One of the statuses that services use, and that no client waits on."""
    return st.sampled_from(_AT_ONCE)


def _others(first: int) -> SearchStrategy[int]:
    # From the top, where nothing is registered.
    downwards = range(first + 99, first - 1, -1)
    return st.sampled_from([code for code in downwards if code not in (*NAMED, _PROXY_AUTHENTICATION)])
