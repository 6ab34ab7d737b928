"""Runs a drift check of many operations: one pass over each source, and one entry for equal findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from graphcontract.drift.findings import DriftFinding, compute_fingerprint
from graphcontract.drift.many.source_comparison import Expected, SourceComparison, Tally
from graphcontract.drift.model import FactOrigin, NotASource, Source, SourceError
from graphcontract.drift.operations.build import open_source
from graphcontract.drift.pipeline import RANK
from graphcontract.drift.rule import Level
from graphcontract.drift.waivers import Marked, Waiver, apply_waivers

_WHOLE = ""  # in place of an operation's name, of a finding on a whole source: the pattern `all` matches it
_OF_OPERATIONS = {"route-gone", "operation-missing", "route-appeared"}


@dataclass(frozen=True, slots=True)
class Fold:
    """A finding that is the same in several operations: the first of them, and the names of all, each with
    its line in the source, if it is in it. A finding about a whole source has no operation.
    """

    finding: DriftFinding
    operations: tuple[tuple[str, int | None], ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """One source of a run, by its title, with its numbers."""

    origin: FactOrigin
    title: str
    version: str | None
    tally: Tally


@dataclass(frozen=True, slots=True)
class ManyResult:
    """The result of a run: what was chosen, the sources, and the folded findings: those that count first, of
    these those on whole operations, and then the worst. `unread` has the error of each source that could not
    be read.
    """

    base: str
    patterns: tuple[str, ...]
    chosen: int
    sources: Sequence[Compared]
    folds: Sequence[Fold]
    notes: Sequence[str]
    unread: Sequence[SourceError] = ()

    @property
    def facts(self) -> int:
        """How many facts were compared, over all sources."""
        return sum(each.tally.facts for each in self.sources)

    def fails(self, level: Level) -> bool:
        """Whether nothing was compared, or a finding counts that is at this level or worse."""
        return not self.facts or any(
            each.finding.counts and RANK[each.finding.level] <= RANK[level] for each in self.folds
        )


def check_operations(
    expected: Expected,
    patterns: Sequence[str],
    sources: Iterable[Source],
    *,
    gone: Sequence[tuple[FactOrigin, str]] = (),
    unfetched: Sequence[SourceError] = (),
    waivers: Sequence[Waiver] = (),
    today: date,
) -> ManyResult:
    """Compare each source with the chosen operations. A source that cannot be read is a finding, and the
    others are compared; so is one that is `gone`, with a sentence that says so, or `unfetched`. Raises
    `NotASource` for a file that is not a source of many operations.
    """
    findings, compared, unread = list[Marked](), list[Compared](), list(unfetched)
    findings += [(_make_problem("source-gone", text, origin, expected), _WHOLE) for origin, text in gone]
    for failed in unfetched:
        origin = FactOrigin("unknown", failed.message.partition(": ")[0])
        findings.append((_make_problem("source-unreadable", failed.message, origin, expected), _WHOLE))
    met: set[str] = set()
    for source in sources:
        try:
            read = open_source(source, with_exports=True)
        except NotASource:
            raise
        except SourceError as error:
            unread.append(error)
            origin = FactOrigin("unknown", source.name)
            findings.append((_make_problem("source-unreadable", error.message, origin, expected), _WHOLE))
            continue
        comparison = SourceComparison(expected, source, read, today)
        comparison.compare()
        findings += comparison.findings
        met |= expected.find_codes(read)
        compared.append(Compared(comparison.origin, comparison.title, comparison.version, comparison.tally))
        if not comparison.tally.facts:
            text = _explain_not_compared(comparison.tally)
            findings.append((_make_problem("nothing-compared", text, comparison.origin, expected), _WHOLE))
    findings += [(each, _WHOLE) for each in _report_gone(expected, met, unread)]
    for_many = [each for each in waivers if each.operations]
    marked, notes = apply_waivers(findings, for_many, today)
    if left := len(waivers) - len(for_many):
        notes.append(f"{left} waivers without `operations` are for comparisons with one contract")
    return ManyResult(
        expected.name,
        tuple(patterns),
        len(expected.lines),
        compared,
        fold_findings(marked),
        notes,
        unread,
    )


def fold_findings(findings: Iterable[Marked]) -> list[Fold]:
    """Fold findings that differ in their operations and lines alone, and sort the result."""
    found: dict[DriftFinding, dict[str, int | None]] = {}
    first: dict[DriftFinding, DriftFinding] = {}
    for finding, operation in findings:
        same = replace(finding, origin=replace(finding.origin, line=None), base=None)
        first.setdefault(same, finding)
        operations = found.setdefault(same, {})
        if operation:
            operations.setdefault(operation, finding.origin.line)
    folds = [Fold(first[same], tuple(operations.items())) for same, operations in found.items()]
    return sorted(folds, key=_rank)


def _rank(fold: Fold) -> tuple[bool, bool, int, int]:
    finding = fold.finding
    is_of_operations = finding.rule in _OF_OPERATIONS or not fold.operations
    return not finding.counts, not is_of_operations, RANK[finding.level], -len(fold.operations)


def _report_gone(expected: Expected, met: set[str], unread: Sequence[SourceError]) -> Iterable[DriftFinding]:
    """Report the sources of a snapshot that were not given, unless one of those given is unreadable."""
    if not expected.is_snapshot or unread:
        return
    for code, source in expected.sources.items():
        if code not in met and source.kind != "derived":
            text = "the snapshot has this source, but it was not given"
            yield _make_problem("source-gone", text, FactOrigin("unknown", source.title), expected)


def _explain_not_compared(tally: Tally) -> str:
    if tally.other_version and not tally.absent:
        return "it is of another version than the operations"
    return "it has none of the operations"


def _make_problem(rule: str, text: str, origin: FactOrigin, expected: Expected) -> DriftFinding:
    mark = compute_fingerprint("operations", rule, "source", origin.kind, text)
    return DriftFinding(rule, "source", expected.against, "", text, origin, None, mark)
