"""Drift of all operations of large sources: time and memory, as ratios to other ways to read the file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measuring import Command, Sample, middle, ratio, rounds

_GRAPHCONTRACT = str(Path(sys.executable).with_name("graphcontract"))
_SOURCES = {
    "openapi": ("beta.yaml", "pyyaml", "PyYAML in C, whole", "goal: less than 30 s, less than 400 MiB"),
    "csdl": ("beta.csdl", "lxml", "lxml, tree", "goal: less than 3 s"),
}


def report(count: int) -> None:
    """Measure drift of a generated source from the catalogue that was made of it, and print medians."""
    with TemporaryDirectory() as folder:
        for kind, (name, other, title, goal) in _SOURCES.items():
            file = Path(folder) / name
            _run("-m", "benchmarks.generated", kind, str(file))
            catalogue = file.with_suffix(".jsonl")
            _run(_GRAPHCONTRACT, "contracts", "catalogue", "build", str(file), "-o", str(catalogue))
            words = ["drift", str(file), "--from", str(catalogue), "--operations", "all"]
            drift = Command([_GRAPHCONTRACT, *words])
            reading = Command([sys.executable, "-m", "benchmarks.reading", other, str(file), ""])
            taken = rounds({"drift": drift, title: reading}, 1 if other == "pyyaml" else count)
            operations = len(catalogue.read_text(encoding="utf-8").splitlines()) - 1
            print()
            print(f"drift of {operations:,} operations, {kind}, {file.stat().st_size / 1e6:.1f} MB")
            _print_row("graphcontract", taken["drift"], goal)
            _print_row(title, taken[title], "")
            of = ratio(taken["drift"], taken[title], lambda each: each.processor)
            print(f"ours : {title}, by processor  {of:.2f}")


def _run(*words: str) -> None:
    """Prepare a file in another process, whose memory then does not count as this one's."""
    command = words if words[0] == _GRAPHCONTRACT else (sys.executable, *words)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _print_row(name: str, samples: list[Sample], goal: str) -> None:
    wall, processor = (
        middle(samples, lambda each: each.wall),
        middle(samples, lambda each: each.processor),
    )
    memory = middle(samples, lambda each: each.memory) / 2**20
    print(f"{name:34}{wall:6.2f} s{processor:9.2f} s{memory:7.0f} MiB   {goal}".rstrip())


if __name__ == "__main__":
    report(1)
