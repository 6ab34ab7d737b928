"""The share of a gate's time that the report writers take, with every format at once.

`python -m benchmarks.writers CLIENT…` runs one gate and prints the seconds of the writers, and of all.
"""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, thread_time
from typing import Any

from graphcontract import reporting
from graphcontract.cli import app

_POOLED = ("python:benchmarks.pooled:call", "--in-process")
_GATES = {
    "reference": ("reference",),
    "reference, all recorded": ("reference", "--record", "all"),
    "a client that fails": (*_POOLED, "--fail-on", "should"),
    "beta POST /users/*": (
        "python:benchmarks.pooled:call",
        "--in-process",
        "--operations",
        "beta POST /users/*",
    ),
}


class _Timed:
    """A listener whose time is taken: of the processor, and of the wall."""

    def __init__(self, listener: reporting.Listener, spent: list[float]) -> None:
        self._listener, self._spent = listener, spent

    def pytest_graphcontract_event(self, event: Any) -> None:
        """Pass one event on."""
        wall, processor = perf_counter(), thread_time()
        self._listener.pytest_graphcontract_event(event)
        self._spent[0] += perf_counter() - wall
        self._spent[1] += thread_time() - processor


def main(words: Sequence[str]) -> None:
    """Run one gate in this process, and print wall and processor time of the writers, and of the gate."""
    spent = [0.0, 0.0]
    make: Callable[..., list[reporting.Listener]] = reporting.make_listeners

    def make_timed(*reports: Any, **options: Any) -> list[Any]:
        return [_Timed(each, spent) for each in make(*reports, **options)]

    reporting.make_listeners = make_timed
    started = perf_counter()
    with TemporaryDirectory() as folder, suppress(SystemExit):
        reports = [f"--report={name}={Path(folder) / name}" for name in reporting.FORMATS]
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            app(["check", *words, *reports], standalone_mode=False)
    used = [getrusage(who) for who in (RUSAGE_SELF, RUSAGE_CHILDREN)]
    print(*spent, perf_counter() - started, sum(each.ru_utime + each.ru_stime for each in used))


def report(count: int) -> None:
    """Measure and print."""
    print()
    print(f"{'reports in all formats, share of':34}{'wall':>8}{'processor':>11}")
    for name, words in _GATES.items():
        taken = [_measure(words) for _ in range(count)]
        wall, processor = (median(each[at] / each[at + 2] for each in taken) for at in (0, 1))
        print(f"{name:34}{wall:8.1%}{processor:11.1%}   goal: less than 3 % by processor")


def _measure(words: Sequence[str]) -> list[float]:
    command = [sys.executable, "-m", "benchmarks.writers", *words]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [float(each) for each in output.split()]


if __name__ == "__main__":
    main(sys.argv[1:])
