"""Stops a check before it begins if all of its calls would fail alike, for how the client is set up."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graphcontract.judging.harness import Harness


def stop_for_obstacles(harness: Harness) -> None:
    """Make the first calls of `doctor`. Raises ClientUnavailable if all clauses would fail alike."""
    from graphcontract.clients import ClientUnavailable
    from graphcontract.judging.call_runner import CallStats
    from graphcontract.reporting.evidence_text import escape_unprintable
    from graphcontract.run.doctor import reach

    with (
        redirect_stdout(io.StringIO()),
        redirect_stderr(io.StringIO()),
    ):  # What the client prints here belongs to no report.
        found = next((finding for finding in reach(harness) if finding.stops), None)
    harness.calls.stats = CallStats()
    if found is not None:
        problem = f"the client cannot be checked with this set-up: an ordinary call ended with {found.seen}"
        raise ClientUnavailable(escape_unprintable(problem), found.advice)
