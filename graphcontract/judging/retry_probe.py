"""Sees once in a run how a client treats the shortest and the longest Retry-After, so that fixed cases make
it wait only where a wait shows more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from graphcontract.exchange import Call, Exchange
from graphcontract.http.stub_response import StubResponse, plain_error, retry_after, success

_HOUR = 3600
_TIMEOUT = 1.0  # seconds
_AT_ONCE = 0.5  # seconds; a client that retries at once does so in milliseconds
# Seconds. A client that waits takes its whole timeout, and then hangs if that bounds one attempt only. One
# that gives up does so in milliseconds, or later on a busy machine that has to load what it fails with.
_BEFORE_TIMEOUT = 0.9 * _TIMEOUT

Perform = Callable[[Call, Sequence[StubResponse]], Exchange]


@dataclass(frozen=True, slots=True)
class RetryHabits:
    """Whether a client retries `at_once` after Retry-After: 0, and whether it `gives_up` at once if that is
    beyond its timeout.
    """

    at_once: bool
    gives_up: bool


def see_retry_habits(call: Call, perform: Perform) -> RetryHabits:
    """Make two calls to see a client's habits, and each once more if it was too slow to show one. The first
    gets 429: some HTTP libraries, such as OkHttp, retry 503 with Retry-After: 0 and nothing else, which says
    nothing about other waits.
    """
    call = replace(call, timeout=_TIMEOUT)

    def show(responses: Sequence[StubResponse], shows: Callable[[Exchange], bool]) -> bool:
        first = perform(call, responses)
        # A hang takes as long again, and a crash may be that of a driver which Ctrl-C has ended.
        returned = first.outcome.kind in ("success", "failure")
        slow = returned and first.ended - first.started > _AT_ONCE
        return shows(first) or (slow and shows(perform(call, responses)))

    return RetryHabits(
        at_once=show([retry_after(0, plain_error(429)), success()], _retried_at_once),
        gives_up=show([retry_after(_HOUR, plain_error(503)), success()], _gave_up),
    )


def _retried_at_once(exchange: Exchange) -> bool:
    return len(exchange.requests) > 1 and exchange.ended - exchange.started < _AT_ONCE


def _gave_up(exchange: Exchange) -> bool:
    failed = exchange.outcome.kind == "failure" and len(exchange.requests) == 1
    return failed and exchange.ended - exchange.started < _BEFORE_TIMEOUT
