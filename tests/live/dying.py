"""A run in a process of its own, which is ended by a signal at one of its steps."""

from __future__ import annotations

import itertools
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from graphcontract.live.options import LiveOptions
from graphcontract.live.recovery import resume
from graphcontract.live.run import Live
from graphcontract.live.safety.journal import Journal
from graphcontract.live.safety.rate_limit import RateClock
from graphcontract.live.sender import Sender

_HURRIED = RateClock(sleep=lambda _seconds: None)


def run(options: LiveOptions, environment: Mapping[str, str], point: int, number: int, outcome: Path) -> None:
    """Carry out a run and send this process a signal at its point: before or after a line of the journal or a
    request. How many points there were, and what the run ended with, is written down.
    """
    events: list[Mapping[str, Any]] = []

    def work() -> int:
        live = Live.of(options, clock=_HURRIED)
        return int(live.run(events.append, lambda _line: None, dict(environment)))

    _dying(work, point, number, outcome, lambda: events[-1]["event"] if events else "nothing")


def finish(journal: Path, environment: Mapping[str, str], point: int, number: int, outcome: Path) -> None:
    """The same for a run that cancels what a journal has open."""

    def work() -> int:
        return resume(journal, "", environment, lambda _line: None, finish=True, clock=_HURRIED)

    _dying(work, point, number, outcome, lambda: "finish")


def _dying(work: Callable[[], int], point: int, number: int, outcome: Path, ended: Callable[[], str]) -> None:
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - this process ends with it
    os.fsync = lambda fd: None  # a process dies here, and no machine
    counter = itertools.count()

    def reached() -> None:
        if next(counter) == point:
            os.kill(os.getpid(), number)

    for owner, name in ((Journal, "_append"), (Sender, "send")):
        setattr(owner, name, _between(getattr(owner, name), reached))
    try:
        status = work()
    except KeyboardInterrupt:
        status = 130
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    outcome.write_text(f"{next(counter)} {status} {ended()}")


def _between(work: Callable[..., Any], reached: Callable[[], None]) -> Callable[..., Any]:
    def wrapped(*arguments: Any, **named: Any) -> Any:
        reached()
        try:
            return work(*arguments, **named)
        finally:
            reached()

    return wrapped
