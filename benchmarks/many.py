"""Runs over many operations: exchanges a second, and what an exchange costs among few and among many."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from statistics import median

from benchmarks.measuring import Command, Sample, rounds

_CHECK = [str(Path(sys.executable).with_name("graphcontract")), "check", "python:benchmarks.pooled:call"]
_FEW, _MANY, _ALL = "few: beta POST /users/*", "many: beta POST *", "all: beta *"


def _count_exchanges(output: str) -> int:
    return int(json.loads(output.splitlines()[-1])["exchanges"])


def make_command(name: str) -> Command:
    """Make the command of a line of the table."""
    # What is checked once takes the same seconds whatever the number of operations.
    words = ["--in-process", "--no-once", "--operations", name.partition(": ")[2], "--report", "jsonl=-"]
    return Command([*_CHECK, *words], _count_exchanges)


def report(count: int) -> None:
    """Measure and print; all operations in one round, as they take a minute."""
    taken = rounds({name: make_command(name) for name in (_FEW, _MANY)}, count)
    taken |= rounds({_ALL: make_command(_ALL)}, 1)
    print()
    print(f"{'operations':34}{'wall':>8}{'processor':>11}{'exchanges':>11}{'a second':>10}{'peak RSS':>10}")
    for name, samples in taken.items():
        wall, processor = (
            median(each.wall for each in samples),
            median(each.processor for each in samples),
        )
        exchanges, memory = samples[0].exchanges, median(each.memory for each in samples) / 2**20
        print(
            f"{name:34}{wall:6.1f} s{processor:9.1f} s{exchanges:11}{exchanges / wall:10.0f}{memory:6.0f} MiB"
        )
    print("Goal for all: at least 500 exchanges a second, less than 90 s, less than 350 MiB.")
    cost = _cost_of_more(taken[_MANY][0], taken[_FEW][0]), _cost_of_more(taken[_ALL][0], taken[_MANY][0])
    further = cost[1] / cost[0]
    print(f"processor of a further exchange, all : many  {further:5.2f}   goal: at most 1.2")


def _cost_of_more(more: Sample, less: Sample) -> float:
    """Give the processor time of a further exchange, without what a run costs once."""
    return (more.processor - less.processor) / (more.exchanges - less.exchanges)


if __name__ == "__main__":
    report(1)
