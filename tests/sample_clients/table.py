"""Runs the whole gate against every sample client, at several seeds, and makes a table of it (`make bank`).

Exit status 1 if a faulty client passes its clause at any seed, a quirky one fails a clause that it does not
declare, or graphcontract failed to judge a clause.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from graphcontract.exchange import Call, Outcome
from graphcontract.judging.verdict import ClauseResult
from graphcontract.run.suite_tests import suite_tests
from tests.sample_clients.bases.conforming import Conforming
from tests.sample_clients.bases.http2 import OverHttp2
from tests.sample_clients.bases.logging import Logging
from tests.sample_clients.bases.over_proxy import OverProxy
from tests.sample_clients.registry import Entry, entries
from tests.sample_clients.verdicts import verdicts

_PROCESSES = 8  # three quarters of what a job does on two cores is waiting
_TABLE = Path(__file__).parents[2] / "reports" / "sample-clients.md"
_INTRODUCTION = """\
# Sample clients

`make bank` runs the whole gate against every client of `tests/sample_clients/`, at the profile `gate` and the
seeds {seeds}. A *faulty* client differs in one thing from a client that conforms, and must fail the clause
that it violates. A *quirky* client is unusual and conforms: it must pass every MUST, and every SHOULD but
those that it declares. The first seed runs the whole gate. What does not show a fault is run again: with an
object for each root where the calls shared one and the other way round, then the tests of its clause alone.
The other seeds leave out the tests that draw nothing, and run a faulty client against its own clause only.
"""


@dataclass(frozen=True)
class Job:
    """One client, by its index in `entries()`, against the whole gate; or, with `again`, against the tests
    that draw their inputs only, of a faulty client those of its own clause.
    """

    number: int
    seed: int
    again: bool


@dataclass(frozen=True)
class Found:
    """What a job found: clauses that failed on drawn inputs, or on inputs that are `fixed` whatever the
    seed, and clauses that graphcontract failed to judge.
    """

    job: Job
    drawn: frozenset[str]
    fixed: frozenset[str]
    errors: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """A client with the clauses that failed it, by seed."""

    entry: Entry
    failed: Mapping[int, frozenset[str]]

    @property
    def missed(self) -> list[int]:
        """Seeds at which a faulty client passed its clause."""
        wanted = self.entry.violates
        return [seed for seed, by in self.failed.items() if wanted and wanted not in by]

    @property
    def wronged(self) -> list[int]:
        """Seeds at which a quirky client failed a clause that it does not declare."""
        return [seed for seed, by in self.failed.items() if not self.entry.violates and by - self.entry.also]


class _Driver:
    """Calls a sample client as a driver does: `cancel` makes an object for each number of a client, as the
    state of one object shows what a call left behind for the next. With `one`, all calls share an object, and
    so do those of a client that the run sets up.
    """

    def __init__(self, entry: Entry, *, one: bool) -> None:
        self._make = entry.client
        first = self._make()
        self._clients = defaultdict[int, Conforming](self._make, {1: first})
        self._lock = threading.Lock()
        self.features, self.limits = first.features, first.limits
        set_up = isinstance(first, OverProxy | Logging | OverHttp2)
        self.calls = first.cancel if one or set_up else self.cancel

    def cancel(self, call: Call) -> Outcome:
        """Make the call with the client object of its number."""
        with self._lock:
            client = self._clients[call.client]
        return client.cancel(call)


def run_job(job: Job) -> Found:
    """Do a job, in a process of its own.

    Drawn calls of a faulty client share an object; fixed ones do not, as they would use up for each other
    what they must not share. Where that does not show the fault, it is the other way round. Then the tests of
    its clause are alone, as the run of a client that is slow in many of them is cut short.
    """
    violates = entries()[job.number].violates
    drawn = [_run(job, cases=False, one=bool(violates))]
    fixed = [] if job.again else [_run(job, cases=True, one=False)]
    alone = replace(job, again=True)
    for again, cases, one in ((job, True, True), (job, False, False), (alone, True, True)):
        if violates and not job.again and not any(violates in _failed(each) for each in (*drawn, *fixed)):
            (fixed if cases else drawn).append(_run(again, cases=cases, one=one))
    errors = tuple(
        f"{id}: {part.reason}"
        for found in (*drawn, *fixed)
        for id, part in found.items()
        if part.verdict == "error"
    )
    return Found(job, _join_failed(drawn), _join_failed(fixed), errors)


def _run(job: Job, *, cases: bool, one: bool) -> Mapping[str, ClauseResult]:
    """The verdicts of the tests with fixed calls, or of those that draw them."""
    entry = entries()[job.number]
    names = [test.name for test in suite_tests() if bool(test.cases) == cases]
    of = [entry.violates] if job.again and entry.violates else None
    client = _Driver(entry, one=one)
    return verdicts(
        client.calls, of=of, shown_by=names, transport=entry.transport, seed=job.seed, limits=client.limits
    )


def _failed(found: Mapping[str, ClauseResult]) -> frozenset[str]:
    return frozenset(id for id, part in found.items() if part.verdict == "fail")


def _join_failed(found: Iterable[Mapping[str, ClauseResult]]) -> frozenset[str]:
    return frozenset[str]().union(*map(_failed, found))


def main() -> int:
    """Make the table: of all clients in reports/sample-clients.md, of some on standard output."""
    parser = argparse.ArgumentParser(prog="python -m tests.sample_clients.table", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], metavar="N")
    parser.add_argument(
        "--only", nargs="+", metavar="PATTERN", help="clients whose id, clause and slug, or module matches"
    )
    parser.add_argument("--jobs", type=int, default=_PROCESSES, metavar="N", help="processes (%(default)s)")
    options = parser.parse_args()
    chosen = [number for number, entry in enumerate(entries()) if _matches(entry, options.only or ["*"])]
    first, *others = options.seeds
    jobs = [Job(number, first, again=False) for number in chosen]
    jobs += [
        Job(number, seed, again=True) for number in chosen for seed in others if _drawn(entries()[number])
    ]
    found = list(_all(jobs, options.jobs))
    rows = [Row(entries()[number], _by_seed(found, number, options.seeds)) for number in chosen]
    text = "".join(f"{line}\n" for line in _lines(rows, options.seeds))
    if options.only is None:
        _TABLE.write_text(text, encoding="utf-8")
        sys.stdout.write("".join(f"{line}\n" for line in text.splitlines() if " clients, " in line))
    else:
        sys.stdout.write(text)
    wrong = list(_complaints(rows, found))
    sys.stderr.writelines(f"{line}\n" for line in wrong)
    return 1 if wrong or not rows else 0


def _matches(entry: Entry, patterns: Iterable[str]) -> bool:
    names = (entry.id, entry.client.__module__)
    return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)


def _drawn(entry: Entry) -> bool:
    """Whether a test that could show what a client does draws its inputs, so that other seeds matter."""
    return not entry.violates or any(
        not test.cases and entry.violates in test.proves for test in suite_tests()
    )


def _all(jobs: Sequence[Job], processes: int) -> Iterator[Found]:
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for done, found in enumerate(pool.imap_unordered(run_job, jobs), 1):
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
            yield f"missed: {row.entry.id}, at seeds {_listed(row.missed)}"
        if row.wronged:
            yield f"wrongly failed: {row.entry.id} by {_failing(row)}"
    for each in found:
        for error in each.errors:
            yield f"error: {entries()[each.job.number].id} at seed {each.job.seed}: {error}"


def _lines(rows: Sequence[Row], seeds: Sequence[int]) -> Iterator[str]:
    faulty, quirky = (
        [row for row in rows if row.entry.violates],
        [row for row in rows if not row.entry.violates],
    )
    yield _INTRODUCTION.format(seeds=_listed(seeds))
    missed, wronged = sum(bool(row.missed) for row in faulty), sum(bool(row.wronged) for row in quirky)
    yield f"{len(faulty)} faulty clients, {missed} of them missed at some seed."
    yield f"{len(quirky)} quirky clients, {wronged} of them failed wrongly.\n"
    yield from _counts(faulty)
    yield "\n## Faulty clients\n\nFailed at every seed, unless seeds are named.\n"
    yield from _table(("client", "what it does", "violates", "failed by"), map(_faulty_cells, faulty))
    yield "\n## Quirky clients\n"
    yield from _table(("client", "what it does", "failed by"), map(_quirky_cells, quirky))


def _counts(faulty: Sequence[Row]) -> Iterator[str]:
    numbers = dict.fromkeys((id for test in suite_tests() for id in test.proves), 0)
    for row in faulty:
        numbers[row.entry.violates] += 1
    yield from _table(("clause", "faulty clients"), ((id, str(number)) for id, number in numbers.items()))


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    for cells in (heads, ["---"] * len(heads), *rows):
        yield f"| {' | '.join(cells)} |"


def _faulty_cells(row: Row) -> tuple[str, ...]:
    missed = f"; **missed** at {_listed(row.missed)}" if row.missed else ""
    return row.entry.slug, _described(row.entry), row.entry.violates, _failing(row) + missed


def _quirky_cells(row: Row) -> tuple[str, ...]:
    wronged = f"; **wrongly** at {_listed(row.wronged)}" if row.wronged else ""
    return row.entry.slug, _described(row.entry), (_failing(row) or "none") + wronged


def _described(entry: Entry) -> str:
    first = (entry.client.__doc__ or "").strip().partition("\n")[0]
    return first.replace("|", "\\|").replace("<", "&lt;")


def _failing(row: Row) -> str:
    """Clauses that failed, its own first, each with its seeds unless it failed at all that were tried."""
    own = row.entry.violates
    ids = sorted(frozenset[str]().union(*row.failed.values()), key=lambda id: (id != own, id))
    seeds = {id: [seed for seed, by in row.failed.items() if id in by] for id in ids}
    tried_once = own and len(row.failed) > 1
    return ", ".join(
        id if len(at) == len(row.failed) or (tried_once and id != own) else f"{id} ({_listed(at)})"
        for id, at in seeds.items()
    )


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))


if __name__ == "__main__":
    sys.exit(main())
