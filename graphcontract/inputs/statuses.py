"""Draws status codes of errors by input class: each registered or common code, and the other 4xx and 5xx."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from graphcontract.inputs.partitions import Partitions, constants

# Clients wait and retry on these; without a Retry-After that they accept, each picks its own delay.
WAITING = (429, 503, 504)

# Status codes that Graph and the gateways in front of it usually send.
ORDINARY = (
    *(400, 401, 403, 404, 405, 406, 409, 410, 411, 412, 413, 415, 416, 422, 423, 428),
    *(500, 501, 502, 507, 509),
)

_REGISTERED = (*range(400, 419), *range(421, 427), 428, 429, 431, 451, *range(500, 509), 510, 511)
# Not registered, but sent by proxies, caches, load balancers and other services.
_UNREGISTERED = (
    *(419, 420, 430, 440, 444, 449, 450, 460, 463, *range(494, 500)),
    *(509, *range(520, 531), 561, 598, 599),
)
# Not drawn: an origin does not send it, and HTTP stacks take it for their proxy's response and fail in
# various ways.
_PROXY_AUTHENTICATION = 407

NAMED = tuple(
    status
    for status in sorted((*_REGISTERED, *_UNREGISTERED))
    if status not in (*WAITING, _PROXY_AUTHENTICATION)
)


def statuses() -> Partitions[int]:
    """Draw error status codes on which clients do not wait: a class for each known one, then other 4xx and
    5xx.
    """
    named = constants({str(status): status for status in NAMED})
    return named | Partitions({"other-4xx": _others(400), "other-5xx": _others(500)})


def any_status() -> SearchStrategy[int]:
    """Draw a status code that services usually send, and on which clients do not wait."""
    return st.sampled_from(ORDINARY)


def _others(first: int) -> SearchStrategy[int]:
    # Downwards from the top, where no status code is registered.
    downwards = range(first + 99, first - 1, -1)
    named = {*NAMED, *WAITING, _PROXY_AUTHENTICATION}
    return st.sampled_from([code for code in downwards if code not in named])
