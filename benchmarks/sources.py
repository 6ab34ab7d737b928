"""How long large sources take to read, and in how much memory, compared to other ways to read them.

Every way runs in a separate process, in turn. Ratios are of the cost above that of a Python that reads
nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import generated
from benchmarks.measuring import Command, Sample, middle, rounds

_REAL = os.environ.get("GRAPHCONTRACT_SOURCES", "")
_REAL_PATH = (
    "/solutions/sharePoint/migrations/crossOrganizationMigrationTasks/{sharePointMigrationTask-id}/cancel"
)
_WAYS = {
    "csdl": {"csdl": "graphcontract", "lxml": "lxml, tree", "elementtree": "ElementTree, tree"},
    "openapi": {
        "openapi": "graphcontract",
        "search": "search of the mapped file",
        "search_and_count": "search, and its line",
        "pyyaml": "PyYAML in C, whole",
    },
}
_GOALS = {
    "lxml": "goal: no slower, at a third of its memory",
    "search": "goal: at most twice, and below 80 MB",
}


def report(count: int) -> None:
    """Measure, and print tables of medians; the slowest way is measured once."""
    with _files() as files:
        for title, kind, file, path in files:
            ways = _WAYS[kind]
            fast = {what: _command(what, file, path) for what in ("nothing", *ways) if what != "pyyaml"}
            taken = rounds(fast, count)
            if "pyyaml" in ways:
                taken |= rounds({"pyyaml": _command("pyyaml", file, path)}, 1)
            _print(f"{title}, {file.stat().st_size / 1e6:.1f} MB", ways, taken)


def _command(what: str, file: Path, path: str) -> Command:
    return Command([sys.executable, "-m", "benchmarks.reading", what, str(file), path])


@contextmanager
def _files() -> Iterator[list[tuple[str, str, Path, str]]]:
    with TemporaryDirectory() as name:
        folder = Path(name)
        files = [
            ("CSDL, generated", "csdl", _make("csdl", folder / "beta.csdl"), generated.PATH),
            ("OpenAPI, generated", "openapi", _make("openapi", folder / "beta.yaml"), generated.PATH),
        ]
        packed = Path(_REAL) / "openapi" / "graph-beta-with-cancel.yaml.xz"
        if _REAL and packed.is_file():
            file = _make("unpack", folder / "real.yaml", str(packed))
            files.append(("OpenAPI, real", "openapi", file, _REAL_PATH))
        yield files


def _make(what: str, file: Path, *arguments: str) -> Path:
    """Make a file in another process: the peak memory of a child is never reported below this process's."""
    subprocess.run([sys.executable, "-m", "benchmarks.generated", what, str(file), *arguments], check=True)
    return file


def _print(title: str, ways: Mapping[str, str], taken: Mapping[str, Sequence[Sample]]) -> None:
    def more(what: str, of: Callable[[Sample], float]) -> float:
        return middle(taken[what], of) - middle(taken["nothing"], of)

    ours = next(iter(ways))
    print()
    print(f"{title:34}{'wall':>8}{'processor':>11}{'peak RSS':>10}   ours : it, by processor and memory")
    for what, name in ways.items():
        wall, processor, memory = (
            middle(taken[what], of)
            for of in (lambda each: each.wall, lambda each: each.processor, lambda each: each.memory)
        )
        ratios = (
            ""
            if what == ours
            else "".join(
                f"{more(ours, of) / max(more(what, of), 1e-3):7.2f}"
                for of in (lambda each: each.processor, lambda each: each.memory)
            )
        )
        line = f"{name:34}{wall:6.2f} s{processor:9.2f} s{memory / 1e6:7.0f} MB"
        print(f"{line}   {ratios}   {_GOALS.get(what, '')}".rstrip())
