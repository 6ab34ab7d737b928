"""One drift run: sources read, compared with contract, snapshot and each other, and lists applied.

Knows the steps and their order; it knows no terminal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from graphcontract.contract.model import Contract
from graphcontract.drift import contract_facts, readers
from graphcontract.drift.findings import Against, Comparison, DriftFinding
from graphcontract.drift.model import FactOrigin, Reading, Source, Unknown, Wanted
from graphcontract.drift.rule import Level
from graphcontract.drift.snapshots import counterpart
from graphcontract.drift.waivers import KnownSkew, Waiver, applied

_RANK: dict[Level, int] = {"err": 0, "warn": 1, "info": 2}


@dataclass(frozen=True, slots=True)
class Result:
    """What a run found: findings, worst first, the sources that were read, and what else is to be said."""

    contract: Contract
    wanted: Wanted
    readings: Sequence[Reading]
    findings: Sequence[DriftFinding]
    notes: Sequence[str]

    def fails(self, level: Level) -> bool:
        """Whether a finding counts that is at this level or worse."""
        return any(each.counts and _RANK[each.level] <= _RANK[level] for each in self.findings)


def drift(
    contract: Contract,
    name: str,
    sources: Iterable[Source],
    *,
    snapshot: Sequence[Reading] | None,
    gone: Sequence[tuple[FactOrigin, str]] = (),
    known: Sequence[KnownSkew] = (),
    waivers: Sequence[Waiver] = (),
    today: date,
) -> Result:
    """Read sources and compare them with the contract and each other, or with a snapshot of themselves.

    `gone` are sources that were there before and are not, with words for people. Raises `SourceError`.
    """
    wanted, base = contract_facts.wanted(contract), contract_facts.reading(contract, name)
    comparison = Comparison(wanted, today)
    readings, findings, lost = list[Reading](), list[DriftFinding](), list[FactOrigin]()
    against: Against = "contract" if snapshot is None else "snapshot"
    findings += [comparison.gone(origin, text, against) for origin, text in gone]
    for source in sources:
        try:
            readings.append(readers.read(source, wanted))
        except Unknown as unknown:
            findings.append(comparison.missing(unknown, against))
            lost.append(unknown.origin)
    if snapshot is None:
        for each in readings:
            findings += comparison.against_contract(base, each)
        findings += comparison.between(base, readings)
    else:
        findings += _since(comparison, readings, snapshot, lost)
    marked, notes = applied(findings, known, waivers, today)
    marked.sort(key=lambda each: (not each.counts, _RANK[each.level], each.against == "source"))
    said = [f"{each.origin.source}: {note}" for each in readings for note in each.notes]
    return Result(contract, wanted, readings, marked, [*said, *notes])


def _since(
    comparison: Comparison,
    readings: Sequence[Reading],
    snapshot: Sequence[Reading],
    lost: Sequence[FactOrigin],
) -> Iterable[DriftFinding]:
    """`lost` are sources in which the operation was not found: they are there, and have a finding."""
    met: list[Reading] = []
    for each in readings:
        before = counterpart(each, snapshot)
        if before is None:
            text = "the snapshot has no such source: nothing to compare with"
            yield comparison.unmatched(each.origin, text)
            continue
        met.append(before)
        yield from comparison.against_snapshot(before, each)
    for before in snapshot:
        named = {(origin.kind, origin.source) for origin in lost}
        if before not in met and (before.origin.kind, before.origin.source) not in named:
            text = "it is in the snapshot, and was not given"
            yield comparison.gone(before.origin, text, "snapshot")
