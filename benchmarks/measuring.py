"""Runs commands in turn, and measures the time and memory of each."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from tempfile import TemporaryFile
from time import perf_counter

_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True)
class Command:
    """A command line, and a function that reads the number of exchanges from its standard output."""

    arguments: Sequence[str]
    exchanges: Callable[[str], int] = lambda _output: 0


@dataclass(frozen=True, slots=True)
class Sample:
    """One run: seconds of wall and processor time, with children; bytes of its largest process."""

    wall: float
    processor: float
    memory: int
    exchanges: int


def sample(command: Command) -> Sample:
    """Run a command to its end; SystemExit if its exit status is not 0."""
    with TemporaryFile("w+") as output, TemporaryFile("w+") as errors:
        started = perf_counter()
        child = subprocess.Popen(command.arguments, stdout=output, stderr=errors)
        _, status, usage = os.wait4(child.pid, 0)  # Popen.wait() does not return the usage
        wall = perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        for each in (output, errors):
            each.seek(0)
        if child.returncode:
            line = " ".join(command.arguments)
            raise SystemExit(f"{line} ended with {child.returncode}\n{errors.read()}")
        processor = usage.ru_utime + usage.ru_stime
        return Sample(wall, processor, usage.ru_maxrss * _RSS_UNIT, command.exchanges(output.read()))


def rounds(commands: Mapping[str, Command], count: int) -> dict[str, list[Sample]]:
    """Run every command once a round, one after the other, so that a busy moment affects all of them."""
    taken: dict[str, list[Sample]] = {name: [] for name in commands}
    for number in range(count):
        for name, command in commands.items():
            _show_progress(f"round {number + 1} of {count}: {name}")
            taken[name].append(sample(command))
    _show_progress("")
    return taken


def _show_progress(progress: str) -> None:
    """Overwrite the line shown before; write nothing to a file or a pipe."""
    if sys.stderr.isatty():
        print(f"\r{progress:60}", end="" if progress else "\r", file=sys.stderr, flush=True)


def middle(samples: Sequence[Sample], of: Callable[[Sample], float]) -> float:
    """Compute the median over the rounds."""
    return median(of(each) for each in samples)


def ratio(of: Sequence[Sample], to: Sequence[Sample], by: Callable[[Sample], float]) -> float:
    """Compute the median of the rounds' ratios: both sides of a ratio were measured at nearly the
    same time.
    """
    return median(by(one) / by(other) for one, other in zip(of, to, strict=True))
