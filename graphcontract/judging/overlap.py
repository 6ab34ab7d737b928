"""Sees whether two calls of a client overlap, before its driver's `concurrency` is believed.

A driver that makes one call after the other would seem to hang in calls that wait for others.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from graphcontract.http.stub_response import Meeting, success
from graphcontract.judging.harness import Harness
from graphcontract.judging.stalls import repeat_if_stalled
from graphcontract.judging.uncounted_calls import call_apart

# Seconds that the first call's response waits for the second call's request. Calls that overlap meet within
# milliseconds; the rest is for a slow runtime on a busy machine. Only a driver that declares too much waits.
_PATIENCE = 2.0
_TIMEOUT = 3 * _PATIENCE


def see_overlap(harness: Harness) -> bool | None:
    """Whether two calls at the same time overlap; None if they cannot show it, as they do not both arrive or
    the transport takes one call at a time.
    """
    if harness.client.concurrency == 1 or "network" not in harness.transport.shows:
        return None
    if harness.transport.at_once is not None:
        return None
    return repeat_if_stalled(partial(_let_calls_meet, harness))


def _let_calls_meet(harness: Harness) -> bool | None:
    meeting = Meeting(2, _PATIENCE)
    held = replace(success(), meeting=meeting)
    calls = [replace(harness.plain_call(kind), timeout=_TIMEOUT) for kind in ("guid", "another-guid")]
    with ThreadPoolExecutor(len(calls)) as threads:
        list(threads.map(lambda call: call_apart(harness, harness.clients.main, call, held), calls))
    return meeting.met if meeting.arrivals >= len(calls) else None
