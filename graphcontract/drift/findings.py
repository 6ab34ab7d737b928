"""Findings: what differs between a source and its contract, its own snapshot, or another source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from typing import Literal

from graphcontract.drift.comparison import (
    Hit,
    are_comparable,
    compare_facts,
    compare_statuses,
    compare_with_page,
)
from graphcontract.drift.differences import shorten
from graphcontract.drift.model import Fact, FactOrigin, Reading, Unknown, Wanted
from graphcontract.drift.operation_paths import fold_path, format_path
from graphcontract.drift.rule import Level
from graphcontract.drift.rules import BY_ID
from graphcontract.drift.source_file import replace_unprintable

Against = Literal["contract", "snapshot", "source"]

# Each source has its own of these, so that a difference between two sources means nothing.
_NOT_COMPARABLE = ("wording", "route", "deprecation", "deprecation.inherited", "clouds")
_AUTHORITY = ("page", "openapi", "csdl", "sdk", "permissions", "run")


@dataclass(frozen=True, slots=True)
class DriftFinding:
    """One fact that drifted, or on which two sources disagree.

    `before` and `now` are the two sides as text, `origin` the location of `now`, `base` that of `before`.
    `known` is the reason if the contract lists the disagreement; `waived` is the reason of a waiver, which is
    valid through the day `expires`. A finding with either does not count. `inferred` says from what `now`
    follows, if the source does not state it.
    """

    rule: str
    fact: str
    against: Against
    before: str
    now: str
    origin: FactOrigin
    base: FactOrigin | None
    fingerprint: str
    known: str | None = None
    waived: str | None = None
    expires: date | None = None
    inferred: str | None = None

    @property
    def cls(self) -> str:
        """The class of its rule, or `skew` for a finding between two sources."""
        return "skew" if self.against == "source" else BY_ID[self.rule].cls

    @property
    def level(self) -> Level:
        """The level of its rule: err, warn or info."""
        return BY_ID[self.rule].level

    @property
    def counts(self) -> bool:
        """Whether it can fail a run."""
        return self.known is None and self.waived is None

    def describe(self) -> str:
        """Describe both sides in one line; of two long texts, only what differs."""
        inference = f" (inferred: {self.inferred})" if self.inferred else ""
        if self.against == "source" and self.base is not None:
            sides = ((self.base, self.before), (self.origin, self.now))
            statements = [f"{origin.kind} says {words or 'nothing about it'}" for origin, words in sides]
            return f"{self.fact}: {', and '.join(statements)}{inference}"
        if self.before and self.now:
            before, now = self.before, self.now
            if self.rule == "wording-changed":
                before, now = shorten(before, now)
            return f"{self.fact}: {before} -> {now}{inference}"
        return f"{self.fact}: {self.now or f'no longer stated (was {self.before})'}"


class Comparison:
    """Makes the findings for one operation; `today` decides which removal dates have passed. `compared` maps
    the origin of each source to the names of its facts that were compared with another statement.
    """

    def __init__(self, wanted: Wanted, today: date) -> None:
        self.compared: dict[FactOrigin, set[str]] = {}
        self._operation = f"{wanted.method} {wanted.version}/{format_path(fold_path(wanted.path))}"
        self._version = wanted.version
        self._today = today

    def compare_with_contract(self, expected: Reading, reading: Reading) -> Iterator[DriftFinding]:
        """Yield how a source differs from the contract, and its problems."""
        yield from self._report_problems(reading, "contract")
        if self._is_other_version(reading):
            if _get_value(reading, "route") == "reachable":
                hit = Hit("version-appeared", self._version, str(_get_value(reading, "version")))
                self._count(reading, "version")
                yield self._make_finding(hit, reading.facts["version"], expected.facts["version"], "contract")
            return
        for name, new in reading.facts.items():
            if name == "route":
                yield from self._compare_routes(expected, reading)
            elif name in expected.facts and not _names_own_cloud(new):
                yield from self._compare_facts(expected.facts[name], reading, new, "contract")
        if "status-enum" in reading.facts:
            statuses, enum = expected.facts["statuses"], reading.facts["status-enum"]
            if {statuses.stance, enum.stance} == {"asserts"}:
                self._count(reading, "status-enum")
            for hit in compare_statuses(statuses, enum):
                yield self._make_finding(hit, enum, statuses, "contract")

    def compare_with_snapshot(self, before: Reading, reading: Reading) -> Iterator[DriftFinding]:
        """Yield how a source differs from its own snapshot, and its problems."""
        yield from self._report_problems(reading, "snapshot")
        for name, new in reading.facts.items():
            if name in before.facts:
                yield from self._compare_facts(before.facts[name], reading, new, "snapshot")

    def compare_sources(self, expected: Reading, readings: Sequence[Reading]) -> Iterator[DriftFinding]:
        """Yield how sources differ from each other in facts that the contract does not state.

        Each source is compared with the most authoritative one that states the fact, so that a difference is
        reported once.
        """
        ranked = sorted(readings, key=lambda each: _AUTHORITY.index(each.origin.kind))
        facts = [
            (each, fact)
            for each in ranked
            if not self._is_other_version(each)
            for fact in each.facts.values()
        ]
        found = {each.fingerprint: each for each in self._compare_deprecations(ranked)}
        first: dict[str, tuple[Reading, Fact]] = {}
        for reading, new in facts:
            decided = new.name in expected.facts and expected.facts[new.name].stance == "asserts"
            if new.stance != "asserts" or decided or new.name in _NOT_COMPARABLE:
                continue
            authority, old = first.setdefault(new.name, (reading, new))
            if old is not new:
                found |= {each.fingerprint: each for each in self._compare_facts(old, reading, new, "source")}
                if new.name in self.compared.get(reading.origin, ()):
                    self._count(authority, new.name)
        return iter(found.values())

    def _compare_deprecations(self, readings: Sequence[Reading]) -> Iterator[DriftFinding]:
        """Compare the deprecations of generated sources with the page, if it is among the sources."""
        page = next((each for each in readings if each.origin.kind == "page"), None)
        stated = page.facts.get("deprecation") if page is not None else None
        if stated is None:
            return
        for each in readings:
            for name in ("deprecation", "deprecation.inherited"):
                if each is not page and name in each.facts and not self._is_other_version(each):
                    for hit in compare_with_page(stated, each.facts[name]):
                        yield self._make_finding(hit, each.facts[name], stated, "source")

    def report_missing_operation(self, unknown: Unknown, against: Against) -> DriftFinding:
        """Make the finding that a source does not have the operation."""
        return self._make_problem_finding(
            "operation-missing", "operation", str(unknown), unknown.origin, against
        )

    def report_unread(self, origin: FactOrigin, text: str, against: Against) -> DriftFinding:
        """Make the finding that a source could not be fetched or read."""
        return self._make_problem_finding("source-unreadable", "source", text, origin, against)

    def report_unmatched(self, origin: FactOrigin, text: str) -> DriftFinding:
        """Make the finding that a snapshot does not have a source."""
        return self._make_problem_finding("fact-unreadable", "source", text, origin, "snapshot")

    def report_not_compared(self, reading: Reading, against: Against) -> DriftFinding:
        """Make the finding that no fact of a source was compared."""
        return self._make_problem_finding(
            "nothing-compared",
            "operation",
            self._explain_not_compared(reading, against),
            reading.origin,
            against,
        )

    def _explain_not_compared(self, reading: Reading, against: Against) -> str:
        stated = sorted(name for name, fact in reading.facts.items() if fact.stance != "silent")
        if _is_absent(reading) and self._is_other_version(reading):
            return f"it is for {_get_value(reading, 'version')}, and does not have the operation"
        if _is_absent(reading):
            return "it does not have the operation, and is of a cloud where the operation is not expected"
        other = "the contract" if against == "contract" else "the snapshot"
        return f"it states no fact that {other} states too; its facts: {', '.join(stated) or 'none'}"

    def report_gone(self, origin: FactOrigin, text: str, against: Against) -> DriftFinding:
        """Make the finding that a source no longer exists."""
        return self._make_problem_finding("source-gone", "source", text, origin, against)

    def _is_other_version(self, reading: Reading) -> bool:
        return _get_value(reading, "version") not in (None, self._version)

    def _compare_routes(self, expected: Reading, reading: Reading) -> Iterator[DriftFinding]:
        """A cloud that the contract does not list need not have a route; one that has it is a finding."""
        cloud, new, old = reading.facts.get("clouds"), reading.facts["route"], expected.facts["route"]
        listed = expected.facts["clouds"].value
        own = cloud.value if cloud is not None and _names_own_cloud(cloud) else None
        if not isinstance(own, tuple) or not isinstance(listed, tuple) or set(own) & set(listed):
            yield from self._compare_facts(old, reading, new, "contract")
        elif new.value == "reachable":
            self._count(reading, "clouds")
            hit = Hit("cloud-added", ", ".join(map(str, listed)), ", ".join(map(str, own)))
            yield self._make_finding(hit, new, expected.facts["clouds"], "contract")
        elif new.value == "declared":
            self._count(reading, "route")
            hit = Hit(
                "route-only-declared", "", f"declared in {', '.join(map(str, own))}, and no path leads to it"
            )
            yield self._make_finding(hit, new, old, "contract")

    def _compare_facts(
        self, old: Fact, reading: Reading, new: Fact, against: Against
    ) -> Iterator[DriftFinding]:
        hits = list(compare_facts(old, new, same_source=against == "snapshot", today=self._today))
        # A source that lacks the operation, as before, says nothing about it: its version does not count.
        if hits or (are_comparable(old, new) and not _is_absent(reading)):
            self._count(reading, new.name)
        for hit in hits:
            yield self._make_finding(hit, new, old, against)

    def _count(self, reading: Reading, name: str) -> None:
        self.compared.setdefault(reading.origin, set()).add(name)

    def _report_problems(self, reading: Reading, against: Against) -> Iterator[DriftFinding]:
        for problem in reading.problems:
            yield self._make_problem_finding(
                problem.rule, problem.fact, problem.text, problem.origin, against
            )

    def _make_problem_finding(
        self, rule: str, fact: str, text: str, origin: FactOrigin, against: Against
    ) -> DriftFinding:
        mark = compute_fingerprint(self._operation, rule, fact, origin.kind, text)
        return DriftFinding(rule, fact, against, "", replace_unprintable(text), origin, None, mark)

    def _make_finding(self, hit: Hit, new: Fact, old: Fact, against: Against) -> DriftFinding:
        # The same change has the same fingerprint against the contract and against a snapshot.
        sides = ("contract", "contract", new.origin.kind)
        if against == "source":
            sides = (against, old.origin.kind, new.origin.kind)
        before, now = replace_unprintable(hit.before), replace_unprintable(hit.now)
        mark = compute_fingerprint(self._operation, hit.rule, new.name, *sides, before, now)
        origin = _locate_part(hit, new)
        finding = DriftFinding(hit.rule, new.name, against, before, now, origin, old.origin, mark)
        return replace(finding, inferred=new.inferred if now else None)


def _locate_part(hit: Hit, fact: Fact) -> FactOrigin:
    """Locate the first paragraph that the text did not have before; the first of all, if one was removed."""
    paragraphs = fact.parts.get(hit.part, ())
    changed = (origin for text, origin in paragraphs if text not in hit.before)
    return next(changed, paragraphs[0][1] if paragraphs else fact.origin)


def compute_fingerprint(*words: str) -> str:
    """Hash what a finding says to 12 hex digits; lines, versions and file names are left out."""
    return sha256("\0".join(words).encode()).hexdigest()[:12]


def _names_own_cloud(fact: Fact) -> bool:
    return fact.name == "clouds" and fact.origin.kind == "csdl"


def explain_missing_operation(reading: Reading) -> str | None:
    """Say why a source that was read has nothing about the operation; None if it has."""
    table = next((each.text for each in reading.problems if each.fact == "operation"), None)
    if table is not None:
        return table
    return "it does not have the operation" if _is_absent(reading) else None


def _is_absent(reading: Reading) -> bool:
    return _get_value(reading, "route") == "absent"


def _get_value(reading: Reading, name: str) -> object:
    fact = reading.facts.get(name)
    return fact.value if fact is not None and fact.stance == "asserts" else None
