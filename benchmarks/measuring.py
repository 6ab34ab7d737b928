"""Runs commands in turn, and takes the time and memory of each. Knows nothing of what they do."""

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
    """What to run, and how its standard output tells the number of exchanges."""

    words: Sequence[str]
    exchanges: Callable[[str], int] = lambda _output: 0


@dataclass(frozen=True, slots=True)
class Sample:
    """One run: seconds of wall and of processor, children included; bytes of its largest process."""

    wall: float
    processor: float
    memory: int
    exchanges: int


def sample(command: Command) -> Sample:
    """Run a command to its end; SystemExit where that is not a good one."""
    with TemporaryFile("w+") as output, TemporaryFile("w+") as errors:
        started = perf_counter()
        child = subprocess.Popen(command.words, stdout=output, stderr=errors)
        _, status, usage = os.wait4(child.pid, 0)  # Popen's own wait() tells no usage
        wall = perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        for each in (output, errors):
            each.seek(0)
        if child.returncode:
            words = " ".join(command.words)
            raise SystemExit(f"{words} ended with {child.returncode}\n{errors.read()}")
        processor = usage.ru_utime + usage.ru_stime
        return Sample(wall, processor, usage.ru_maxrss * _RSS_UNIT, command.exchanges(output.read()))


def rounds(commands: Mapping[str, Command], count: int) -> dict[str, list[Sample]]:
    """Run every command once a round, one after the other, so that a noisy moment spares none of them."""
    taken: dict[str, list[Sample]] = {name: [] for name in commands}
    for number in range(count):
        for name, command in commands.items():
            _tell(f"round {number + 1} of {count}: {name}")
            taken[name].append(sample(command))
    _tell("")
    return taken


def _tell(progress: str) -> None:
    """Write over what was told before; nothing into a file or a pipe."""
    if sys.stderr.isatty():
        print(f"\r{progress:60}", end="" if progress else "\r", file=sys.stderr, flush=True)


def middle(samples: Sequence[Sample], of: Callable[[Sample], float]) -> float:
    """The median over the rounds."""
    return median(of(each) for each in samples)


def ratio(of: Sequence[Sample], to: Sequence[Sample], by: Callable[[Sample], float]) -> float:
    """The median of the rounds' own ratios: both sides of each were taken within moments."""
    return median(by(one) / by(other) for one, other in zip(of, to, strict=True))
