"""`python -m tests.clauses.mutation [MODULE ...]`: mutants of the clauses, before the tests of this folder.

Exit status 1 where more than one mutant in ten survives. Cosmic Ray writes each mutant into the file that it
mutates, so each module is tried in a copy of the project of its own.
"""

# ruff: noqa: T201 - it prints its results

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
CLAUSES = "graphcontract/clauses"
REQUIRED_RATE = 0.9
_TESTS = "tests/clauses"
_CONFIG = f"{_TESTS}/mutation.toml"
_SERVICE_CLAUSES = "service"  # the prefix of their modules, which tests/tenant/ tests instead of this folder


@dataclass(frozen=True, slots=True)
class Tried:
    """The result for a module's mutants: their count, and location, operator and new text of survivors."""

    module: str
    count: int
    survivors: tuple[str, ...]


def modules() -> list[str]:
    """The modules whose mutants are tried, the largest first."""
    files = sorted((ROOT / CLAUSES).glob("*.py"), key=lambda each: each.stat().st_size, reverse=True)
    return [each.stem for each in files if not each.stem.startswith(_SERVICE_CLAUSES)]


def prepare(copy: Path) -> None:
    """Copy the project, and run the tests once, so that each mutant finds all other modules compiled. Raises
    CalledProcessError where a test fails.
    """
    for name in ("graphcontract", "tests"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    # A mutant may be made in the second in which the file was compiled: only its hash tells them apart.
    _run(copy, "python", "-m", "compileall", "-q", "--invalidation-mode", "checked-hash", "graphcontract")
    _run(copy, "python", "-m", "pytest", "-q", "--noconftest", "-p", "no:cacheprovider", _TESTS)


def tried(module: str, prepared: Path) -> Tried:
    """Make and try every mutant of a module; raises CalledProcessError where the tool cannot."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        copy = Path(folder, "copy")
        shutil.copytree(prepared, copy)
        config = (ROOT / _CONFIG).read_text(encoding="utf-8")
        config = config.replace(f'"{CLAUSES}"', f'"{CLAUSES}/{module}.py"')
        config = config.replace("[own tests]", " ".join(_own_tests(module)))
        (copy / "mutation.toml").write_text(config, encoding="utf-8")
        _run(copy, "cosmic-ray", "init", "mutation.toml", "session.sqlite")
        _run(copy, "cr-filter-operators", "session.sqlite", "mutation.toml")
        _run(copy, "cosmic-ray", "baseline", "mutation.toml")
        _run(copy, "cosmic-ray", "exec", "mutation.toml", "session.sqlite")
        results = list(_results(_run(copy, "cosmic-ray", "dump", "session.sqlite")))
    outcomes = Counter(outcome for outcome, _ in results)
    if outcomes.keys() - {"killed", "survived"}:
        raise RuntimeError(f"mutants of {module} could not be tried: {dict(outcomes)}")
    survivors = sorted(text for outcome, text in results if outcome == "survived")
    return Tried(module, len(results), tuple(survivors))


def _own_tests(module: str) -> list[str]:
    """The test files named after a module, or after its first word: they run first, and kill most of its
    mutants. A module without one has that of the registry, which is short.
    """
    names = (f"test_{module}*.py", f"test_{module.partition('_')[0]}*.py", "test_registry.py")
    found = (sorted((ROOT / _TESTS).glob(name)) for name in names)
    return [f"{_TESTS}/{each.name}" for each in next(filter(None, found))]


def _run(copy: Path, *words: str) -> str:
    beside = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": f"{beside}{os.pathsep}{os.environ['PATH']}",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "CI": "1",  # Hypothesis then has no deadline, and draws the same for each mutant
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    argv = [str(beside / words[0]), *words[1:]]
    ran = subprocess.run(argv, cwd=copy, env=environment, stdout=subprocess.PIPE, encoding="utf-8")
    if ran.returncode:
        print(ran.stdout)
        ran.check_returncode()
    return ran.stdout


def _results(dump: str) -> Iterator[tuple[str, str]]:
    """The outcome of each mutant that was not filtered out, and what it changed."""
    for line in dump.splitlines():
        item, result = json.loads(line)
        if result["worker_outcome"] == "skipped" or result["test_outcome"] == "incompetent":
            continue  # filtered out, or not Python any more
        (mutation,) = item["mutations"]
        path, (row, column) = Path(mutation["module_path"]).name, mutation["start_pos"]
        added = (each for each in (result["diff"] or "").splitlines() if each.startswith("+"))
        change = " ".join(each[1:].strip() for each in added if not each.startswith("+++"))
        operator = mutation["operator_name"].removeprefix("core/")
        yield (
            result["test_outcome"] or result["worker_outcome"],
            f"{path}:{row}:{column} {operator}: {change}",
        )


def main(argv: Sequence[str] | None = None) -> int:
    """Try the named modules, or all; a line each, with its survivors. Status 1 where they are too many."""
    parser = argparse.ArgumentParser(prog="python -m tests.clauses.mutation", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=f"of {CLAUSES}/, without .py")
    parser.add_argument("--jobs", type=int, default=2, help="modules at a time (2)")
    arguments = parser.parse_args(argv)
    wanted = arguments.modules or modules()
    if unknown := set(wanted).difference(modules()):
        parser.error(
            f"no such module: {', '.join(sorted(unknown))}. There are {', '.join(sorted(modules()))}."
        )
    if shutil.which("cosmic-ray", path=str(Path(sys.executable).parent)) is None:
        parser.error("Cosmic Ray is not installed here: `make mutation` installs it.")
    done: list[Tried] = []
    untried: list[str] = []
    with (
        tempfile.TemporaryDirectory(prefix="mutation-") as folder,
        ThreadPoolExecutor(arguments.jobs) as pool,
    ):
        prepare(Path(folder))
        begun = {pool.submit(tried, module, Path(folder)): module for module in wanted}
        for future in as_completed(begun):
            try:
                each = future.result()
            except (subprocess.CalledProcessError, RuntimeError) as error:
                print(f"{begun[future]:20}{error}", flush=True)
                untried.append(begun[future])
                continue
            killed = each.count - len(each.survivors)
            print(f"{each.module:20}{each.count:6} mutants{killed:6} killed", flush=True)
            print(*each.survivors, sep="\n", end="\n" if each.survivors else "", flush=True)
            done.append(each)
    count, survived = sum(each.count for each in done), sum(len(each.survivors) for each in done)
    rate = 1 - survived / count if count else 0.0
    print(f"{count} mutants, {survived} survived: {rate:.1%} killed, at least {REQUIRED_RATE:.0%} required.")
    if untried:
        print(f"Not tried, for the reasons above: {', '.join(untried)}.")
    return 0 if rate >= REQUIRED_RATE and not untried else 1


if __name__ == "__main__":
    sys.exit(main())
