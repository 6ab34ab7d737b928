"""A run in a process of its own, which is ended by a signal at one of its steps."""

from __future__ import annotations

import itertools
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from graphcontract.live.journal import Journal
from graphcontract.live.options import LiveOptions
from graphcontract.live.pacing import Clock
from graphcontract.live.run import Live
from graphcontract.live.sender import Sender


def run(options: LiveOptions, environment: Mapping[str, str], point: int, number: int, told: Path) -> None:
    """Carry out a run and send this process a signal at its point: before or after a line of the journal or a
    request. How many points there were, and what the run ended with, is written down.
    """
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - this process ends with it
    counter = itertools.count()

    def reached() -> None:
        if next(counter) == point:
            os.kill(os.getpid(), number)

    for owner, name in ((Journal, "_append"), (Sender, "send")):
        setattr(owner, name, _between(getattr(owner, name), reached))
    events: list[Mapping[str, Any]] = []
    live = Live.of(options, clock=Clock(sleep=lambda _seconds: None))
    try:
        status = int(live.run(events.append, lambda _line: None, dict(environment)))
    except KeyboardInterrupt:
        status = 130
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ended = events[-1]["event"] if events else "nothing"
    told.write_text(f"{next(counter)} {status} {ended}")


def _between(work: Callable[..., Any], reached: Callable[[], None]) -> Callable[..., Any]:
    def wrapped(*arguments: Any, **named: Any) -> Any:
        reached()
        try:
            return work(*arguments, **named)
        finally:
            reached()

    return wrapped
