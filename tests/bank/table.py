"""The kill table: the whole gate against every client of the bank, at several seeds (`make kill-table`).

Exit status 1 where a fault escapes its clause at any seed, an oddity is condemned for more than it declares,
or a clause could not be judged for a fault of the harness.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib import import_module
from pathlib import Path

from graphcontract.judging.verdict import ClauseResult
from graphcontract.run.suite_tests import suite_tests
from tests.bank.court import verdicts
from tests.bank.registry import FAULTS, ODDITIES, Entry

_PROCESSES = 4  # half of what a job does is waiting
_TABLE = Path(__file__).parents[2] / "docs" / "kill-table.md"
_INTRODUCTION = """\
# The kill table

`make kill-table` brings every client of the bank (`tests/bank/`) before the whole gate, at the profile
`gate` and the seeds {seeds}. A *fault* differs in one thing from a client that meets every clause, and must
be condemned by the clause that it breaks. An *oddity* is strange and lawful: no MUST may condemn it, and no
SHOULD but those that it is known to fall short of. The first seed stands for the whole gate. At the
others tests that draw nothing are not made again, and a fault is brought before its own clause alone.
"""


@dataclass(frozen=True)
class Job:
    """One client, by its place in `_bank()`, before the whole gate; or, where that was done with another
    seed, `again`: before the tests that draw their inputs, a fault before those of its own clause.
    """

    number: int
    seed: int
    again: bool


@dataclass(frozen=True)
class Found:
    """What became of a job: clauses that condemned on what was drawn, and on what is `fixed` whatever the
    seed; and what the harness itself failed at.
    """

    job: Job
    drawn: frozenset[str]
    fixed: frozenset[str]
    errors: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """A client with the clauses that condemned it, by seed."""

    entry: Entry
    condemned: Mapping[int, frozenset[str]]

    @property
    def missed(self) -> list[int]:
        """Seeds at which a fault escaped its clause."""
        wanted = self.entry.breaks
        return [seed for seed, by in self.condemned.items() if wanted and wanted not in by]

    @property
    def wronged(self) -> list[int]:
        """Seeds at which an oddity was condemned for more than it declares."""
        return [seed for seed, by in self.condemned.items() if not self.entry.breaks and by - self.entry.also]


@cache
def _bank() -> list[Entry]:
    """Every client of the bank, faults first, the same order in every process."""
    for file in sorted(Path(__file__).parent.glob("*.py")):
        if file.stem.startswith(("faults_", "oddities")):
            import_module(f"tests.bank.{file.stem}")
    return sorted(FAULTS, key=lambda entry: (entry.breaks, entry.name)) + ODDITIES


def _try(job: Job) -> Found:
    drawn, fixed = _judged(job, cases=False), {} if job.again else _judged(job, cases=True)
    errors = tuple(
        f"{id}: {part.reason}"
        for found in (drawn, fixed)
        for id, part in found.items()
        if part.verdict == "error"
    )
    return Found(job, _condemning(drawn), _condemning(fixed), errors)


def _judged(job: Job, *, cases: bool) -> Mapping[str, ClauseResult]:
    """The verdicts of the tests whose calls are fixed, or of those that draw them."""
    entry = _bank()[job.number]
    names = [test.name for test in suite_tests() if bool(test.cases) == cases]
    of = [entry.breaks] if job.again and entry.breaks else None
    return verdicts(entry.client().cancel, of=of, shown_by=names, transport=entry.transport, seed=job.seed)


def _condemning(found: Mapping[str, ClauseResult]) -> frozenset[str]:
    return frozenset(id for id, part in found.items() if part.verdict == "fail")


def main() -> int:
    """Make the table, of the whole bank in docs/kill-table.md, of a part of it on standard output."""
    parser = argparse.ArgumentParser(prog="python -m tests.bank.table", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], metavar="N")
    parser.add_argument("--only", metavar="PATTERN", help="clients whose name or broken clause matches")
    asked = parser.parse_args()
    chosen = [number for number, entry in enumerate(_bank()) if _matches(entry, asked.only)]
    first, *others = asked.seeds
    jobs = [Job(number, first, again=False) for number in chosen]
    jobs += [Job(number, seed, again=True) for number in chosen for seed in others if _drawn(_bank()[number])]
    found = list(_all(jobs))
    rows = [Row(_bank()[number], _by_seed(found, number, asked.seeds)) for number in chosen]
    text = "".join(f"{line}\n" for line in _lines(rows, asked.seeds))
    if asked.only is None:
        _TABLE.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    wrong = list(_complaints(rows, found))
    sys.stderr.writelines(f"{line}\n" for line in wrong)
    return 1 if wrong or not rows else 0


def _drawn(entry: Entry) -> bool:
    """Whether a test that could show what a client does draws its inputs, so that a seed tells more."""
    return not entry.breaks or any(not test.cases and entry.breaks in test.proves for test in suite_tests())


def _matches(entry: Entry, pattern: str | None) -> bool:
    return pattern is None or any(fnmatchcase(name, pattern) for name in (entry.name, entry.breaks))


def _all(jobs: Sequence[Job]) -> Iterator[Found]:
    with multiprocessing.get_context("spawn").Pool(_PROCESSES) as pool:
        for done, found in enumerate(pool.imap_unordered(_try, jobs), 1):
            sys.stderr.write(f"\r{done} of {len(jobs)}")
            sys.stderr.flush()
            yield found
    sys.stderr.write("\n")


def _by_seed(found: Iterable[Found], number: int, seeds: Sequence[int]) -> dict[int, frozenset[str]]:
    of_it = [each for each in found if each.job.number == number]
    fixed = frozenset[str]().union(*(each.fixed for each in of_it))
    drawn = {each.job.seed: each.drawn for each in of_it}
    return {seed: drawn.get(seed, frozenset()) | fixed for seed in seeds}


def _complaints(rows: Sequence[Row], found: Iterable[Found]) -> Iterator[str]:
    for row in rows:
        if row.missed:
            yield f"missed: {row.entry.name} breaks {row.entry.breaks}, at seeds {_listed(row.missed)}"
        if row.wronged:
            yield f"wronged: {row.entry.name} by {_condemners(row)}"
    for each in found:
        for error in each.errors:
            yield f"error: {_bank()[each.job.number].name} at seed {each.job.seed}: {error}"


def _lines(rows: Sequence[Row], seeds: Sequence[int]) -> Iterator[str]:
    faults, oddities = (
        [row for row in rows if row.entry.breaks],
        [row for row in rows if not row.entry.breaks],
    )
    yield _INTRODUCTION.format(seeds=_listed(seeds))
    missed, wronged = sum(bool(row.missed) for row in faults), sum(bool(row.wronged) for row in oddities)
    yield f"{len(faults)} faults, {missed} of them missed at some seed."
    yield f"{len(oddities)} oddities, {wronged} of them condemned wrongly.\n"
    yield from _counts(faults)
    yield "\n## Faults\n\nCondemned at every seed, unless seeds are named.\n"
    yield from _table(("fault", "what it does", "breaks", "condemned by"), map(_fault_cells, faults))
    yield "\n## Oddities\n"
    yield from _table(("oddity", "what it does", "condemned by"), map(_oddity_cells, oddities))


def _counts(faults: Sequence[Row]) -> Iterator[str]:
    numbers = dict.fromkeys((id for test in suite_tests() for id in test.proves), 0)
    for row in faults:
        numbers[row.entry.breaks] += 1
    yield from _table(("clause", "faults"), ((id, str(number)) for id, number in numbers.items()))


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    for cells in (heads, ["---"] * len(heads), *rows):
        yield f"| {' | '.join(cells)} |"


def _fault_cells(row: Row) -> tuple[str, ...]:
    missed = f"; **missed** at {_listed(row.missed)}" if row.missed else ""
    return row.entry.name, _described(row.entry), row.entry.breaks, _condemners(row) + missed


def _oddity_cells(row: Row) -> tuple[str, ...]:
    wronged = f"; **wrongly** at {_listed(row.wronged)}" if row.wronged else ""
    return row.entry.name, _described(row.entry), (_condemners(row) or "none") + wronged


def _described(entry: Entry) -> str:
    first = (entry.client.__doc__ or "").strip().partition("\n")[0]
    return first.replace("|", "\\|").replace("<", "&lt;")


def _condemners(row: Row) -> str:
    """Clauses that condemned, its own first, each with the seeds where not all that were tried showed it."""
    own = row.entry.breaks
    ids = sorted(frozenset[str]().union(*row.condemned.values()), key=lambda id: (id != own, id))
    seeds = {id: [seed for seed, by in row.condemned.items() if id in by] for id in ids}
    tried_once = own and len(row.condemned) > 1
    return ", ".join(
        id if len(at) == len(row.condemned) or (tried_once and id != own) else f"{id} ({_listed(at)})"
        for id, at in seeds.items()
    )


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))


if __name__ == "__main__":
    sys.exit(main())
