"""The search that every reader of sources must survive: unusual bytes, for a given time, in little memory.

GRAPHCONTRACT_FUZZ_SECONDS is how long a nightly run searches for each reader; otherwise a round is enough.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.examples import count_examples

SECONDS = float(os.environ.get("GRAPHCONTRACT_FUZZ_SECONDS", "0"))
MOST_KIB = 300 * 1024


@st.composite
def mutated(draw: st.DrawFn, seeds: Sequence[str], pieces: Sequence[str]) -> bytes:
    """A valid source with stretches cut, doubled or moved, odd pieces put in, or its end missing; or any
    bytes.
    """
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=400))
    text = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(1, 6))):
        at, length = draw(st.integers(0, len(text))), draw(st.integers(0, 200))
        how = draw(st.sampled_from(["cut", "double", "put", "end"]))
        if how == "cut":
            text = text[:at] + text[at + length :]
        elif how == "double":
            text = text[:at] + text[at : at + length] * draw(st.integers(1, 4)) + text[at:]
        elif how == "put":
            text = text[:at] + draw(st.sampled_from(pieces)) * draw(st.integers(1, 5)) + text[at:]
        else:
            text = text[: max(at, len(text) // 2)]
    return text.encode("utf-8", "replace")


def search(sources: st.SearchStrategy[bytes], reads: Callable[[bytes], None], *, examples: int) -> None:
    """Let a reader read what is drawn, in rounds of so many: once the same, then others until time is up. A
    round of `make test` is smaller.

    AssertionError where that took more than 300 MiB beyond what the process had.
    """
    until = time.monotonic() + SECONDS
    before = _reset_peak()
    first = True
    while first or time.monotonic() < until:
        settings(
            max_examples=count_examples(examples),
            deadline=None,
            database=None,
            derandomize=first,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )(given(sources)(reads))()
        first = False
    assert _peak() - before < MOST_KIB


def _reset_peak() -> int:
    """Forget the peak of this process's memory, where the system lets one: what is in use now, in KiB."""
    if sys.platform != "linux":
        return 0
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _peak()


def _peak() -> int:
    """The most memory that this process has had in use since then, in KiB; 0 where none tells."""
    if sys.platform != "linux":
        return 0
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text(encoding="ascii"))
    assert found is not None
    return int(found[1])
