"""Compares one source with what a catalogue or a snapshot expects of it, operation by operation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from graphcontract.catalogue.catalogue import Catalogue
from graphcontract.catalogue.operation import CatalogueSource, Stated
from graphcontract.drift.comparison import Hit, are_comparable, compare_facts
from graphcontract.drift.findings import Against, DriftFinding, compute_fingerprint
from graphcontract.drift.many.line_facts import (
    Line,
    expect_contract,
    expect_statement,
    find_value,
    is_listed,
    read_facts,
    read_line,
)
from graphcontract.drift.model import Fact, FactOrigin, Kind, Source
from graphcontract.drift.operations.signed_in_user import SignedInUser
from graphcontract.drift.operations.statement import Key, SourceOfFacts, Statement, fold
from graphcontract.drift.waivers import Marked

_KINDS: Mapping[str, Kind] = {
    "routes": "sdk",
    "csdl": "csdl",
    "openapi": "openapi",
    "permissions": "permissions",
}
_DISAGREEMENT = "The sources of the catalogue disagree on this; its contract has the other value."


@dataclass(slots=True)
class Tally:
    """How many operations of a source are what, and how many of their facts were compared.

    `stated`: the source has them, `changed` of them with a finding. `confirmed` of them the catalogue did not
    have from such a source before. `removed`: it had them; `absent`: it never did. `added`: only the source
    has them. `other_version`: they are of a version that the source does not describe.
    """

    stated: int = 0
    changed: int = 0
    confirmed: int = 0
    removed: int = 0
    absent: int = 0
    added: int = 0
    other_version: int = 0
    facts: int = 0


@dataclass(frozen=True, slots=True)
class Expected:
    """What sources are compared with: the chosen operations of the catalogue with this name, and a function
    that says whether the name of another operation would have been chosen. `sources` and `names` are those of
    the whole catalogue. In a snapshot, a source is compared with its own lines; `later_facts` are those of
    `LATER_FACTS` that it has.
    """

    name: str
    sources: Mapping[str, CatalogueSource]
    names: Sequence[str]
    lines: Sequence[Line]
    matches: Callable[[str], bool]
    is_snapshot: bool = False
    later_facts: frozenset[str] = frozenset()

    @classmethod
    def choose(
        cls,
        catalogue: Catalogue,
        ids: Iterable[str],
        matches: Callable[[str], bool],
        *,
        is_snapshot: bool = False,
    ) -> Expected:
        """Choose operations of a catalogue by their ids; `ContractError` for a line that is broken."""
        lines = [read_line(catalogue, id) for id in ids]
        later = catalogue.later_facts if is_snapshot else frozenset[str]()
        return cls(catalogue.name, catalogue.sources, catalogue.names, lines, matches, is_snapshot, later)

    @property
    def against(self) -> Against:
        """What a finding is against."""
        return "snapshot" if self.is_snapshot else "contract"

    def find_codes(self, read: SourceOfFacts) -> frozenset[str]:
        """Find the earlier version of a source among those of the catalogue: the one with its title, else
        all of its kind, which are of its version in each line that it is compared with.
        """
        kinds = {read.kind, "derived"} if read.family is not None else {read.kind}
        alike = {code: each for code, each in self.sources.items() if each.kind in kinds}
        same = {code for code, each in alike.items() if each.title.startswith(read.title)}
        return frozenset(same or alike)


class SourceComparison:
    """Compares one source; `findings` then has each finding with the name of its operation."""

    def __init__(self, expected: Expected, source: Source, read: SourceOfFacts, today: date) -> None:
        self.origin = FactOrigin(_KINDS[read.kind], source.name, source.version)
        self.title = read.title
        self.version = read.version
        self.tally = Tally()
        self.findings: list[Marked] = []
        self._expected = expected
        self._base = FactOrigin("contract", expected.name)
        self._codes = expected.find_codes(read)
        self._parts: list[SourceOfFacts] = [read]
        if read.family is not None:
            self._parts.append(SignedInUser(read))
        self._today = today

    def compare(self) -> None:
        """Compare every chosen operation, then look for those that the catalogue lacks."""
        seen: dict[str, Key] = {}
        for line in self._expected.lines:
            seen[line.operation.name] = line.key
            if self.version not in (None, line.operation.version):
                self.tally.other_version += 1
                continue
            statement = self._describe(line.key, line.operation.path)
            if statement is not None:
                seen[line.operation.name] = statement.key
                self._compare_line(line, statement)
            elif line.has_source(self._codes):
                self.tally.removed += 1
                self.tally.facts += 1
                self._report_removed(line)
            else:
                self.tally.absent += 1
        for statement in self._list_added(seen):
            self.tally.added += 1
            text = f"reachable, and not in the {'snapshot' if self._expected.is_snapshot else 'catalogue'}"
            self._add(Hit("route-appeared", "", text), "route", statement.line, None, _name(statement))

    def _describe(self, key: Key, path: str) -> Statement | None:
        described = (part.describe(key, path) for part in self._parts)
        return next((each for each in described if each is not None), None)

    def _compare_line(self, line: Line, statement: Statement) -> None:
        expected = self._expected
        known = line.has_source(self._codes)
        self.tally.stated += 1
        self.tally.confirmed += not known
        self.tally.facts += self.origin.kind != "permissions"  # it is compared that the operation exists
        if expected.is_snapshot:
            before = expect_statement(line, self._codes)
            statement = self._leave_out_later(statement)
        else:
            before = self._leave_out_inputs(line, expect_contract(line, expected.sources), statement)
            before = replace(before, removal=find_value(line.operation.removal, self._codes))
        if before.removal is None and not (expected.is_snapshot and before.deprecated):
            statement = replace(statement, removal=None)  # nothing that it could differ from
        old, new = read_facts(before, self._base), read_facts(statement, self.origin, before)
        if expected.is_snapshot and statement.types:
            new |= {name: Fact(name, "silent", None, self.origin) for name in old if _is_dropped(name, new)}
        if self.origin.kind == "permissions":  # all that it states of a request is who may send it
            new = {name: fact for name, fact in new.items() if name.startswith("permissions.")}
        changed = False
        for name, fact in new.items():
            if name in old:
                changed = self._compare_fact(line, statement, old[name], fact) or changed
        changed = self._report_several_statuses(line, statement) or changed
        self.tally.changed += changed

    def _leave_out_later(self, statement: Statement) -> Statement:
        """Leave out what a snapshot of an earlier version of graphcontract does not have."""
        later = self._expected.later_facts
        return replace(
            statement,
            fields=statement.fields if "fields" in later else None,
            removal=statement.removal if "removal" in later else None,
        )

    def _leave_out_inputs(self, line: Line, contract: Statement, statement: Statement) -> Statement:
        """Leave out a required query or header field that this source never stated: it is silent on it."""
        query = self._choose_own(line.operation.query, statement.query)
        return replace(
            contract, query=query, fields=self._choose_own(line.operation.fields, statement.fields or ())
        )

    def _choose_own(self, expected: Stated, stated: Sequence[str]) -> tuple[str, ...]:
        """Choose the names that this source states, or that the catalogue has from it."""
        names = {name.casefold() for name in stated}
        own = self._codes
        return tuple(
            each for each, by in expected.items() if each.casefold() in names or not own.isdisjoint(by)
        )

    def _compare_fact(self, line: Line, statement: Statement, old: Fact, new: Fact) -> bool:
        """Compare two statements of a fact; whether a finding counts."""
        was_own = new.name == "deprecation" and not self._codes.isdisjoint(line.operation.deprecated)
        same_source = self._expected.is_snapshot or was_own
        if old.value == new.value:  # most are, and a comparison of paths takes long
            self.tally.facts += are_comparable(old, new)
            return False
        hits = list(compare_facts(old, new, same_source=same_source, today=self._today))
        if hits or are_comparable(old, new):
            self.tally.facts += 1
        counts = False
        for hit in hits:
            known = None
            if not self._expected.is_snapshot and is_listed(line, new.name, statement):
                known = _DISAGREEMENT
            counts = self._add(hit, new.name, new.origin.line, line, line.operation.name, known) or counts
        return counts

    def _report_several_statuses(self, line: Line, statement: Statement) -> bool:
        """Report that a source has several statuses of success where it had one; whether that counts."""
        before = expect_statement(line, self._codes).success.partition(" ")[0]
        if not statement.statuses or not before.isdigit():
            return False
        hit = Hit("success-status-changed", before, " or ".join(statement.statuses))
        return self._add(hit, "success", statement.line, line, line.operation.name)

    def _report_removed(self, line: Line) -> None:
        if self.origin.kind == "permissions":
            hit = Hit("operation-missing", "", "the file has no permission for the path")
            self._add(hit, "operation", None, line, line.operation.name)
        else:
            self._add(Hit("route-gone", "reachable", "absent"), "route", None, line, line.operation.name)

    def _list_added(self, chosen: Mapping[str, Key]) -> Iterator[Statement]:
        """List the operations without content and without a result that the whole catalogue lacks; `chosen`
        has the keys by which the source knows those that were compared.
        """
        seen = {*chosen.values()}
        for name in self._expected.names:
            if name not in chosen:
                seen.add(self._find_key(name))
        for part in self._parts:
            for each in part.list_statements():
                if each.is_bare and each.key not in seen and self._expected.matches(_name(each)):
                    seen.add(each.key)
                    yield each

    def _find_key(self, name: str) -> Key:
        version, method, path = name.split(" ", 2)
        key = Key(version, method, fold(path))
        described = self._describe(key, path) if self.version == version else None
        return described.key if described is not None else key

    def _add(
        self, hit: Hit, fact: str, number: int | None, line: Line | None, name: str, known: str | None = None
    ) -> bool:
        """Add a finding; whether it counts."""
        fact = "key-type" if fact.startswith("key-type.") else fact
        mark = compute_fingerprint("operations", hit.rule, fact, self.origin.kind, hit.before, hit.now)
        base = replace(self._base, line=line.number) if line is not None else None
        origin = replace(self.origin, line=number)
        finding = DriftFinding(
            hit.rule, fact, self._expected.against, hit.before, hit.now, origin, base, mark, known
        )
        if line is not None and known is None:
            skew = next((each.reason for each in line.known if each.covers(finding)), None)
            finding = replace(finding, known=skew)
        self.findings.append((finding, name))
        return finding.counts


def _is_dropped(name: str, new: Mapping[str, Fact]) -> bool:
    """Whether the type of a key is no longer stated."""
    return name.startswith("key-type.") and name not in new


def _name(statement: Statement) -> str:
    return f"{statement.version} {statement.method} {statement.path}"
