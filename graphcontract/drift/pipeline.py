"""Runs a drift check: reads sources, compares them, and applies known skew and waivers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256

from graphcontract.contract.model import Contract
from graphcontract.drift import contract_facts, readers
from graphcontract.drift.findings import Against, Comparison, DriftFinding
from graphcontract.drift.model import FactOrigin, NotASource, Reading, Source, SourceError, Unknown, Wanted
from graphcontract.drift.rule import Level
from graphcontract.drift.snapshots import find_counterpart
from graphcontract.drift.waivers import KnownSkew, Waiver, apply_acceptances

RANK: dict[Level, int] = {"err": 0, "warn": 1, "info": 2}
"""The levels of findings, the worst first."""


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a run: findings, worst first, the sources that were read, and notes for the report.

    `compared` has for each reading how many of its facts were compared with another statement; `unread` has
    the error of each source that could not be fetched or read.
    """

    contract: Contract
    wanted: Wanted
    readings: Sequence[Reading]
    compared: Sequence[int]
    findings: Sequence[DriftFinding]
    notes: Sequence[str]
    unread: Sequence[SourceError] = ()

    def fails(self, level: Level) -> bool:
        """Whether nothing was compared, or a finding counts that is at this level or worse."""
        return not any(self.compared) or any(
            each.counts and RANK[each.level] <= RANK[level] for each in self.findings
        )


def check_drift(
    contract: Contract,
    name: str,
    sources: Iterable[Source],
    *,
    snapshot: Sequence[Reading] | None,
    gone: Sequence[tuple[FactOrigin, str]] = (),
    unfetched: Sequence[SourceError] = (),
    known: Sequence[KnownSkew] = (),
    waivers: Sequence[Waiver] = (),
    today: date,
) -> Result:
    """Read sources and compare them with the contract and each other, or with a snapshot of themselves.

    `gone` are sources that are no longer published, each with a sentence that says so; `unfetched` are the
    errors of those that could not be fetched. A source that cannot be read is a finding, and the others are
    compared. Raises `NotASource` for a file that is not a source.
    """
    wanted, base = contract_facts.identify_operation(contract), contract_facts.read_contract(contract, name)
    comparison = Comparison(wanted, today)
    readings, findings, lost = list[Reading](), list[DriftFinding](), list[Reading]()
    against: Against = "contract" if snapshot is None else "snapshot"
    findings += [comparison.report_gone(origin, text, against) for origin, text in gone]
    unread = [(each.message.partition(": ")[0], each) for each in unfetched]
    for source in sources:
        try:
            readings.append(readers.read(source, wanted))
        except Unknown as unknown:
            findings.append(comparison.report_missing_operation(unknown, against))
            lost.append(Reading(replace(unknown.origin, line=None), {}, sha256(b"").hexdigest()))
        except NotASource:
            raise
        except SourceError as error:
            unread.append((source.name, error))
    for name, failed in unread:
        findings.append(comparison.report_unread(FactOrigin("unknown", name), failed.message, against))
    if snapshot is None:
        for each in readings:
            findings += comparison.compare_with_contract(base, each)
        findings += comparison.compare_sources(base, readings)
    else:
        reported = {each.origin.source for each in lost} | {name for name, _ in unread}
        findings += _compare_with_snapshot(comparison, readings, snapshot, reported)
    compared = {each.origin: len(comparison.compared.get(each.origin, ())) for each in [*readings, *lost]}
    findings += _report_not_compared(comparison, readings, findings, against)
    marked, notes = apply_acceptances(findings, known, waivers, today)
    marked.sort(key=lambda each: (not each.counts, RANK[each.level], each.against == "source"))
    said = [f"{each.origin.source}: {note}" for each in readings for note in each.notes]
    read, errors = [*readings, *lost], [failed for _, failed in unread]
    return Result(
        contract, wanted, read, [compared[each.origin] for each in read], marked, [*said, *notes], errors
    )


def _report_not_compared(
    comparison: Comparison, readings: Sequence[Reading], findings: Sequence[DriftFinding], against: Against
) -> list[DriftFinding]:
    """Make a finding for each source with nothing compared, unless another finding reports that already."""
    reported = {each.origin.source for each in findings if each.cls == "unknown"}
    silent = (each for each in readings if not comparison.compared.get(each.origin))
    return [
        comparison.report_not_compared(each, against) for each in silent if each.origin.source not in reported
    ]


def _compare_with_snapshot(
    comparison: Comparison,
    readings: Sequence[Reading],
    snapshot: Sequence[Reading],
    reported: Collection[str],
) -> Iterable[DriftFinding]:
    """Compare sources with their snapshots; `reported` are the names of those that another
    finding is about.
    """
    met: list[Reading] = []
    for each in readings:
        before = find_counterpart(each, snapshot)
        if before is None:
            text = "the snapshot does not have this source, so nothing was compared"
            yield comparison.report_unmatched(each.origin, text)
            continue
        met.append(before)
        yield from comparison.compare_with_snapshot(before, each)
    for before in snapshot:
        if before not in met and before.origin.source not in reported:
            text = "the snapshot has this source, but it was not given"
            yield comparison.report_gone(before.origin, text, "snapshot")
