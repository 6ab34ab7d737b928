"""Applies a list of known failures to many operations, in which a finding is an evidence id and an operation.

An entry is for the operations that its patterns match. Each pattern stands for itself: its failure is fixed
when operations that it matches were judged, and none of them shows it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from graphcontract.catalogue.patterns import OperationPattern
from graphcontract.clients import Implementation
from graphcontract.judging.known_failures import Entry, describe_expired
from graphcontract.reporting.events import FixedFailure


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Whether a list accepts a finding, with the reason of the entry, or why it does not."""

    accepted: bool
    reason: str | None = None


_UNLISTED = Acceptance(accepted=False)


@dataclass(slots=True)
class _Listed:
    """The patterns of an entry. Ids are looked up: an entry can name thousands."""

    entry: Entry
    ids: dict[str, str] = field(default_factory=dict)
    globs: list[tuple[str, OperationPattern]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for text in self.entry.patterns:
            pattern = OperationPattern(text)
            if pattern.is_exact:
                self.ids[text.strip().casefold()] = text
            else:
                self.globs.append((text, pattern))

    def match(self, id: str, name: str) -> list[str]:
        """Find the patterns that match an operation."""
        found = [text for text, pattern in self.globs if pattern.matches(name, id)]
        exact = self.ids.get(id.casefold())
        return found if exact is None else [*found, exact]


class KnownFindings:
    """The entries of a file that concern a client; from the day after `expires` one accepts nothing."""

    def __init__(self, entries: Sequence[Entry], implementation: Implementation, *, today: date) -> None:
        self._today = today
        self._listed = [_Listed(entry) for entry in entries if entry.concerns(implementation)]
        self._by_evidence: dict[str, list[_Listed]] = {}
        for each in self._listed:
            for id in each.entry.evidence:
                self._by_evidence.setdefault(id, []).append(each)
        self._clauses = {each.entry.clause for each in self._listed}
        self._seen = set[tuple[Entry, str, str]]()
        self._accepting: dict[Entry, set[str]] = {}

    def lists(self, clause: str) -> bool:
        """Whether there is an entry for the clause: any other failure of it fails the run, at every level."""
        return clause in self._clauses

    def accept(self, evidence: str, id: str, name: str) -> Acceptance:
        """Look up a finding of an operation, and remember that it was seen."""
        found: list[Entry] = []
        for each in self._by_evidence.get(evidence, ()):
            matched = each.match(id, name)
            self._seen.update((each.entry, evidence, text) for text in matched)
            found += [each.entry] if matched else []
        valid = [entry for entry in found if not entry.is_past(self._today)]
        for entry in valid:
            self._accepting.setdefault(entry, set()).add(evidence)
        if valid:
            reasons = dict.fromkeys(entry.reason for entry in valid)
            return Acceptance(accepted=True, reason="; ".join(reasons))
        return Acceptance(accepted=False, reason=describe_expired(found[0])) if found else _UNLISTED

    def list_accepting(self) -> Iterator[Entry]:
        """Yield the entries that accepted a finding, in the order of the file."""
        return (each.entry for each in self._listed if each.entry in self._accepting)

    def find_fixed(
        self, judged: Mapping[str, str], unsettled: Mapping[str, str], clauses: Collection[str]
    ) -> Iterator[FixedFailure]:
        """Yield what is listed and was not seen in the operations that were judged, names by id. Nothing is
        fixed that one of the `unsettled` operations could still show, or of a clause that was not exercised.
        """
        for each in self._listed:
            entry = each.entry
            if entry.clause not in clauses:
                continue
            gone = {
                text: [id for id in sorted(entry.evidence) if (entry, id, text) not in self._seen]
                for text in entry.patterns
            }
            left = {text for text, ids in gone.items() if ids}
            if not left:
                continue
            settled = _find_matched(each, judged, left) - _find_matched(each, unsettled, left)
            for text in entry.patterns:
                for id in gone[text] if text in settled else ():
                    yield {
                        "clause": entry.clause,
                        "evidence": id,
                        "operations": text,
                        "entry": entry.place,
                    }


def _find_matched(listed: _Listed, operations: Mapping[str, str], patterns: set[str]) -> set[str]:
    """Find which of an entry's patterns match one of these operations."""
    found = set[str]()
    for id, name in operations.items():
        found.update(listed.match(id, name))
        if found >= patterns:
            break
    return found
