"""`python -m benchmarks`: how long a check takes and which part of it are the clauses, what a start costs,
how long large sources take to read, what runs over many operations cost, pages of large reports, and what
report writers take of a run.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from importlib.metadata import version
from pathlib import Path

from benchmarks import drifting, many, pages, sources, writers
from benchmarks.measuring import Command, Sample, middle, ratio, rounds

_GRAPHCONTRACT = str(Path(sys.executable).with_name("graphcontract"))
_RAW = "python:benchmarks.raw:cancel"


def _footer(output: str) -> int:
    return int(json.loads(output.splitlines()[-1])["exchanges"])


def _gate(*arguments: str) -> Command:
    return Command([_GRAPHCONTRACT, "check", *arguments, "--report", "jsonl=-"], _footer)


def _run_without_clauses(*arguments: str) -> Command:
    return Command([sys.executable, "-m", "benchmarks.unjudged", *arguments], int)


def _complete(line: str, words: int) -> Command:
    """What a shell runs for the last word of a line."""
    asked = ["_GRAPHCONTRACT_COMPLETE=complete_bash", f"COMP_WORDS={line}", f"COMP_CWORD={words}"]
    return Command(["env", *asked, _GRAPHCONTRACT])


# The two sides of a ratio are adjacent, so that they run one right after the other.
GATES = {
    "reference, loopback": _gate("reference"),
    "reference, loopback, no clauses": _run_without_clauses("reference"),
    "reference, TLS and HTTP/1.1": _gate("reference", "--tls", "--http", "1.1"),
    "reference, HTTP/2": _gate("reference", "--http", "2"),
    "reference, HTTP/2, no clauses": _run_without_clauses("reference", "--http", "2"),
    "reference, mock": _gate("reference", "--transport", "mock"),
    "reference, mock, no clauses": _run_without_clauses("reference", "--transport", "mock"),
    "raw socket, in process": _gate(_RAW, "--in-process"),
    "raw socket, driver child": _gate(_RAW),
}
RATIOS = (
    ("reference, loopback", "reference, loopback, no clauses", "goal: at most 1.3"),
    ("reference, HTTP/2", "reference, HTTP/2, no clauses", "goal: at most 1.3"),
    ("reference, HTTP/2", "reference, TLS and HTTP/1.1", "goal: at most 1.5"),
    ("reference, mock", "reference, mock, no clauses", "goal: at most 1.3"),
    ("raw socket, driver child", "raw socket, in process", ""),
)
STARTS = {
    "graphcontract --help": Command([_GRAPHCONTRACT, "--help"]),
    "graphcontract contracts list": Command([_GRAPHCONTRACT, "contracts", "list"]),
    "Tab after a command": _complete("graphcontract ", 1),
    "Tab after --select": _complete("graphcontract check --select ", 3),
    "Tab after --operations": _complete("graphcontract check --operations ", 3),
}


def main() -> None:
    """Measure, and print tables of medians."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=5, metavar="N", help="runs of each command [default: 5]"
    )
    parser.add_argument("--only", metavar="PATTERN", help="the checks whose name matches, and nothing else")
    options = parser.parse_args()
    count, gates = max(1, options.rounds), _choose_gates(options.only)
    taken = rounds(gates if options.only else {**gates, **STARTS}, count)
    where = f"Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} processors"
    print(f"graphcontract {version('graphcontract')}, {where}; medians of {count} rounds")
    print()
    _print_gates(taken, gates)
    print()
    _print_ratios(taken)
    print("Calls that wait do so on both sides: the processor's ratio leaves them out.")
    if options.only:
        return
    print()
    for name in STARTS:
        seconds = middle(taken[name], lambda each: each.processor)
        print(f"{name:34}{seconds:6.2f} s of processor   goal: less than 0.3 s")
    sources.report(count)
    drifting.report(count)
    many.report(count)
    pages.report(count)
    writers.report(count)


def _choose_gates(pattern: str | None) -> Mapping[str, Command]:
    return {name: gate for name, gate in GATES.items() if fnmatchcase(name, pattern or "*")}


def _print_gates(taken: Mapping[str, Sequence[Sample]], gates: Iterable[str]) -> None:
    print(f"{'check':34}{'wall':>8}{'processor':>11}{'exchanges':>11}{'a second':>10}{'peak RSS':>10}")
    for name in gates:
        samples = taken[name]
        wall, processor = (
            middle(samples, lambda each: each.wall),
            middle(samples, lambda each: each.processor),
        )
        exchanges, memory = samples[0].exchanges, middle(samples, lambda each: each.memory) / 2**20
        a_second = exchanges / wall
        print(f"{name:34}{wall:6.2f} s{processor:9.2f} s{exchanges:11}{a_second:10.0f}{memory:6.0f} MiB")


def _print_ratios(taken: Mapping[str, Sequence[Sample]]) -> None:
    for of, to, goal in RATIOS:
        if not {of, to} <= taken.keys():
            continue
        wall = ratio(taken[of], taken[to], lambda each: each.wall)
        processor = ratio(taken[of], taken[to], lambda each: each.processor)
        print(
            f"{of} : {to}".ljust(60), f"{wall:5.2f} by wall {processor:5.2f} by processor   {goal}".rstrip()
        )
        made = [taken[each][0].exchanges for each in (of, to)]
        if made[0] != made[1]:
            print(f"  of {made[0]} and {made[1]} exchanges, which is not the same work")


if __name__ == "__main__":
    main()
