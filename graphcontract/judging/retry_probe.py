"""Sees once in a run how a client treats the shortest and the longest Retry-After, so that fixed cases make
it wait only where a wait shows more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from graphcontract.exchange import Call, Exchange
from graphcontract.http.stub_response import StubResponse, plain_error, retry_after, success

_HOUR = 3600
# Seconds. A client that gives up does so in milliseconds; one that waits takes its timeout, and then hangs if
# that bounds one attempt only. On a busy machine, the one may look like the other: its cases then wait.
_TIMEOUT = 1.0
_AT_ONCE = 0.5

Perform = Callable[[Call, Sequence[StubResponse]], Exchange]


@dataclass(frozen=True, slots=True)
class RetryHabits:
    """Whether a client retries `at_once` after Retry-After: 0, and whether it `gives_up` at once if that is
    beyond its timeout.
    """

    at_once: bool
    gives_up: bool


def see_retry_habits(call: Call, perform: Perform) -> RetryHabits:
    """Make two calls to see a client's habits. The first gets 429: some HTTP libraries, such as OkHttp, retry
    503 with Retry-After: 0 and nothing else, which says nothing about other waits.
    """
    call = replace(call, timeout=_TIMEOUT)
    soon = perform(call, [retry_after(0, plain_error(429)), success()])
    never = perform(call, [retry_after(_HOUR, plain_error(503)), success()])
    ended = never.outcome.kind == "failure" and len(never.requests) == 1
    return RetryHabits(
        at_once=len(soon.requests) > 1 and soon.ended - soon.started < _AT_ONCE,
        gives_up=ended and never.ended - never.started < _AT_ONCE,
    )
