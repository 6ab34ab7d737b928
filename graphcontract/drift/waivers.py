"""Reads drift-sources files (addresses of sources, known skew) and waivers, and applies them to findings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from importlib.resources import files
from pathlib import Path

from graphcontract.catalogue.patterns import OperationPattern
from graphcontract.contract.acceptance import check_reasons, locate, parse_expiry
from graphcontract.contract.jsonfile import ContractFile, parse, read, suggest_name
from graphcontract.contract.schema import check_schema
from graphcontract.drift.findings import DriftFinding
from graphcontract.drift.model import Kind
from graphcontract.drift.rules import BY_ID


@dataclass(frozen=True, slots=True)
class KnownSkew:
    """A known difference of kinds of sources from the contract, or from each other."""

    rule: str
    fact: str
    kinds: frozenset[str]
    reason: str

    def covers(self, finding: DriftFinding) -> bool:
        """Whether a finding is this difference; a difference from the source's own snapshot never is."""
        sides = {finding.origin.kind, *([finding.base.kind] if finding.base else [])} - {"contract"}
        same = (self.rule, self.fact) == (finding.rule, finding.fact)
        return same and finding.against != "snapshot" and sides <= self.kinds


@dataclass(frozen=True, slots=True)
class Address:
    """Where a source is published: a file below a root URL, from which a page may include others."""

    kind: Kind
    root: str
    path: str


@dataclass(frozen=True, slots=True)
class DriftSources:
    """The published sources of a contract, and their known skew."""

    published: tuple[Address, ...]
    known: tuple[KnownSkew, ...]


@dataclass(frozen=True, slots=True)
class Waiver:
    """One finding that is accepted until a day; `place` is FILE:LINE, for messages. `operations` are the
    patterns of the operations in which it is accepted; empty: it is of a comparison with one contract.
    """

    rule: str
    fingerprint: str
    reason: str
    expires: date | None
    place: str
    operations: tuple[str, ...] = ()

    def covers(self, finding: DriftFinding, operation: str | None) -> bool:
        """Whether it accepts a finding, on an operation of a comparison of many."""
        if (self.rule, self.fingerprint) != (finding.rule, finding.fingerprint):
            return False
        if operation is None or not self.operations:
            return operation is None and not self.operations
        return any(OperationPattern(each).matches(operation) for each in self.operations)


def read_drift_sources(contract: str, folder: Path | None) -> DriftSources:
    """Read `drift-sources/ID.json` in a contract's folder, or the shipped one; empty without a file."""
    name = f"{contract}.json"
    shipped = files("graphcontract.contracts").joinpath("drift-sources", name)
    if folder is not None and (folder / "drift-sources" / name).is_file():
        file = read(folder / "drift-sources" / name, "", "a drift-sources file")
    elif folder is None and shipped.is_file():
        file = parse(shipped.read_bytes(), f"drift-sources/{name} (shipped)", None)
    else:
        return DriftSources((), ())
    check_schema(file, "graphcontract.drift", "published.schema.json")
    rows = file.document.get("known_skew", [])
    for index, row in enumerate(rows):
        _check_rule(file, ("known_skew", index, "rule"), row["rule"])
    check_reasons(file, "known_skew")
    known = (KnownSkew(row["rule"], row["fact"], frozenset(row["kinds"]), row["reason"]) for row in rows)
    return DriftSources(tuple(Address(**row) for row in file.document.get("published", [])), tuple(known))


def read_waivers(path: Path) -> list[Waiver]:
    """Read the waivers of a file; raises `ContractError` if it is missing, or an entry is incomplete."""
    file = read(path, "Write one: docs/how-to/drift.md shows how.", "a waivers file")
    check_schema(file, "graphcontract.drift", "waivers.schema.json")
    found = []
    for index, row in enumerate(file.document["waivers"]):
        place = ("waivers", index)
        _check_rule(file, (*place, "rule"), row["rule"])
        expires = parse_expiry(file, place, row)
        operations = tuple(row.get("operations", ()))
        waiver = Waiver(
            row["rule"], row["fingerprint"], row["reason"], expires, locate(file, place), operations
        )
        found.append(waiver)
    check_reasons(file, "waivers")
    return found


def apply_acceptances(
    findings: Iterable[DriftFinding], known: Sequence[KnownSkew], waived: Sequence[Waiver], today: date
) -> tuple[list[DriftFinding], list[str]]:
    """Mark findings that are known or waived, and return notes on waivers that expired or match nothing."""
    marked = (
        replace(each, known=next((skew.reason for skew in known if skew.covers(each)), None))
        for each in findings
    )
    pairs, notes = apply_waivers(((each, None) for each in marked), waived, today)
    return [finding for finding, _ in pairs], notes


Marked = tuple[DriftFinding, str | None]
"""A finding with the operation that it is on; None in a comparison with one contract."""


def apply_waivers(
    findings: Iterable[Marked], waived: Sequence[Waiver], today: date
) -> tuple[list[Marked], list[str]]:
    """Mark findings that are waived, and return notes on waivers that expired or match nothing."""
    result, used = list[Marked](), set[Waiver]()
    for finding, operation in findings:
        waiver = next((each for each in waived if each.covers(finding, operation)), None)
        if waiver is not None:
            used.add(waiver)
            if waiver.expires is None or waiver.expires >= today:
                finding = replace(finding, waived=waiver.reason, expires=waiver.expires)
        result.append((finding, operation))
    return result, [*_iterate_notes(waived, used, today)]


def _iterate_notes(waived: Iterable[Waiver], used: Collection[Waiver], today: date) -> Iterator[str]:
    for waiver in waived:
        subject = f"{waiver.place}: the waiver of {waiver.rule} {waiver.fingerprint}"
        if waiver.expires is None:
            yield f"{subject} has no end: give it `expires`, a date"
        if waiver not in used:
            yield f"{subject} matches no finding"
        elif waiver.expires is not None and waiver.expires < today:
            yield f"{subject} expired on {waiver.expires}: the finding counts again"


def _check_rule(file: ContractFile, place: tuple[str | int, ...], rule: str) -> None:
    if rule not in BY_ID:
        remedy = suggest_name(rule, BY_ID) or "docs/drift/ lists the rules."
        raise file.error(place, "the id of a rule", rule, remedy)
