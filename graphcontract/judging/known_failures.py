"""Known failures: the violations that a run accepts and expects, read from one file.

A failure that is not listed fails the run, at MUST and SHOULD
alike; so does an entry whose failure is no longer seen, or whose last day is past.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from graphcontract.catalogue.patterns import ALL, OperationPattern
from graphcontract.clients import Implementation
from graphcontract.contract.acceptance import PLACEHOLDER, check_reasons, locate, parse_expiry
from graphcontract.contract.jsonfile import ContractFile, read, suggest_name
from graphcontract.contract.model import Contract
from graphcontract.contract.schema import check_schema
from graphcontract.judging.verdict import ClauseResult
from graphcontract.reporting.events import AcceptedFailures

_MISSING = "Create it with `graphcontract known-failures update REPORT --file FILE`."


@dataclass(frozen=True, slots=True)
class Entry:
    """Faults of one clause, by evidence id; `place` is FILE:LINE, for messages. `operations` are patterns of
    the operations that have them, None for every operation.
    """

    clause: str
    evidence: frozenset[str]
    reason: str
    implementation: str | None
    issue: str | None
    expires: date | None
    place: str
    operations: tuple[str, ...] | None = None

    def concerns(self, implementation: Implementation) -> bool:
        """Whether the entry is about this client, by name or NAME@VERSION."""
        names = (implementation.name, f"{implementation.name}@{implementation.version}")
        return self.implementation is None or self.implementation in names

    def covers(self, contract: Contract) -> bool:
        """Whether the entry is about the operation of this contract."""
        request = contract.request
        name = f"{request.version} {request.method} {request.path}"
        return any(OperationPattern(each).matches(name, contract.id) for each in self.patterns)

    @property
    def patterns(self) -> tuple[str, ...]:
        """The patterns of its operations."""
        return (ALL,) if self.operations is None else self.operations

    def is_past(self, today: date) -> bool:
        """Whether its last day is past."""
        return self.expires is not None and self.expires < today

    def describe(self) -> AcceptedFailures:
        """What reports show of the entry: evidence, reason, and the optional members that it has."""
        shown: AcceptedFailures = {"evidence": sorted(self.evidence), "reason": self.reason}
        if self.operations is not None:
            shown = {"operations": list(self.operations), **shown}
        if self.issue is not None:
            shown["issue"] = self.issue
        if self.expires is not None:
            shown["expires"] = self.expires.isoformat()
        return shown


@dataclass(frozen=True, slots=True)
class Marked:
    """A verdict in the light of the list: with the entries that it is accepted by, and whether it would be
    accepted if none of them were past its last day.
    """

    part: ClauseResult
    accepted: tuple[Entry, ...] = ()
    expired: bool = False


class KnownFailures:
    """The entries of a file that concern a client; from the day after `expires` one accepts nothing."""

    def __init__(self, entries: Sequence[Entry], implementation: Implementation, *, today: date) -> None:
        self._entries = [entry for entry in entries if entry.concerns(implementation)]
        self._today = today

    def mark(self, part: ClauseResult) -> Marked:
        """Make a verdict `known-failure` or `fixed` where its entries say so; else it stays as it was. A
        listed failure that a run did not see is not fixed if the run was cut short.
        """
        entries = self._entries_of(part)
        if not entries or part.verdict not in ("pass", "fail"):
            return Marked(part)
        unlisted, expired = self._find_unlisted(part), self._find_expired(part)
        unseen = [(entry, id) for entry in entries for id in sorted(entry.evidence - _ids(part))]
        gone = [] if part.cut_off else unseen
        notes = [f"no longer seen: remove {id} from {entry.place}" for entry, id in gone]
        if unlisted or expired:
            reason = "; ".join([*notes, *self.objections(part)])
            return Marked(replace(part, reason=reason), expired=not unlisted)
        if gone:
            return Marked(replace(part, verdict="fixed", reason="; ".join(notes)))
        valid = tuple(entry for entry in entries if not entry.is_past(self._today))
        cut = [part.cut_off] if part.cut_off and unseen else []
        reasons = dict.fromkeys([*(entry.reason for entry in valid), *cut])
        return Marked(replace(part, verdict="known-failure", reason="; ".join(reasons)), valid)

    def objections(self, part: ClauseResult) -> list[str]:
        """Why the list does not accept a failure of a clause that it has entries for."""
        entries = self._entries_of(part)
        places = " or ".join(entry.place for entry in entries[:1])
        new = [
            f"new failure {id}: fix it, or add it to the entry at {places}"
            for id in self._find_unlisted(part)
        ]
        old = [describe_expired(entry) for entry in self._find_expired(part)]
        return [*new, *old] if entries else []

    def lists(self, clause: str) -> bool:
        """Whether there is an entry for the clause: any other failure of it fails the run, at every level."""
        return any(entry.clause == clause for entry in self._entries)

    def covers(self, part: ClauseResult) -> bool:
        """Whether one test's part of a verdict shows nothing but what is listed, and accepted today."""
        return bool(self._entries_of(part)) and not self._find_unlisted(part) and not self._find_expired(part)

    def _entries_of(self, part: ClauseResult) -> list[Entry]:
        return [entry for entry in self._entries if entry.clause == part.clause]

    def _find_unlisted(self, part: ClauseResult) -> list[str]:
        return sorted(_ids(part) - {id for entry in self._entries_of(part) for id in entry.evidence})

    def _find_expired(self, part: ClauseResult) -> list[Entry]:
        """Entries past their last day whose failures are still seen, and accepted by no other entry."""
        entries = self._entries_of(part)
        valid = {id for entry in entries if not entry.is_past(self._today) for id in entry.evidence}
        left = _ids(part) - valid
        return [entry for entry in entries if entry.is_past(self._today) and entry.evidence & left]


def describe_expired(entry: Entry) -> str:
    """Say that an entry accepts nothing any more, and what to do."""
    return f"the entry expired on {entry.expires}: fix the failure, or set a later `expires` at {entry.place}"


def _ids(part: ClauseResult) -> set[str]:
    return ({part.evidence["id"]} if part.evidence else set()) | set(part.also)


def load(path: Path, ids: Mapping[str, str], *, drafts: bool = False) -> list[Entry]:
    """The entries of a file; ContractError if there is no such file, a clause is unknown, a failure is listed
    twice, or, except for `drafts`, a reason is still to be written.

    `ids` maps each id that a clause has or had to the one that it has now, which entries are given.
    """
    file = read(path, _MISSING, "a known-failures file")
    check_schema(file, "graphcontract.judging", "known-failures.schema.json")
    listed = set[tuple[str, str | None, str]]()
    entries = []
    for index, row in enumerate(file.document["known_failures"]):
        entry = _entry(file, index, row)
        if entry.clause not in ids:
            remedy = f"Remove the entry. {suggest_name(entry.clause, ids)}".rstrip()
            where = ("known_failures", index, "clause")
            raise file.error(where, "a clause of the contract", repr(entry.clause), remedy)
        entry = replace(entry, clause=ids[entry.clause])
        for at, id in enumerate(row["evidence"]):
            place = ("known_failures", index, "evidence", at)
            if ids.get(id.rpartition("-")[0]) != entry.clause:
                raise file.error(
                    place, f"an evidence id of {entry.clause}", id, "Move it to an entry for its own clause."
                )
            rows = {(id, entry.implementation, pattern) for pattern in entry.patterns}
            if rows & listed:
                raise file.error(place, "each failure once", id, "Remove one of the two.")
            listed |= rows
        entries.append(entry)
    if not drafts:
        check_reasons(file, "known_failures")
    return entries


def _entry(file: ContractFile, index: int, row: Mapping[str, Any]) -> Entry:
    place = ("known_failures", index)
    return Entry(
        clause=row["clause"],
        evidence=frozenset(row["evidence"]),
        reason=row["reason"],
        implementation=row.get("implementation"),
        issue=row.get("issue"),
        expires=parse_expiry(file, place, row),
        place=locate(file, place),
        operations=tuple(row["operations"]) if "operations" in row else None,
    )


def format_updated(
    entries: Sequence[Entry], failing: Mapping[str, Sequence[str]], others: Sequence[Entry] = ()
) -> str:
    """The text of a file that lists what fails; entries keep their reasons, new ones get one to fill in.
    `others` are entries that the report says nothing of, which stay.
    """
    rows = [make_row(entry, sorted(entry.evidence)) for entry in others]
    for clause, ids in failing.items():
        left = dict.fromkeys(ids)
        for entry in entries:
            kept = [id for id in left if entry.clause == clause and id in entry.evidence]
            if kept:
                rows.append(make_row(entry, kept))
                left = dict.fromkeys(id for id in left if id not in kept)
        if left:
            rows.append({"clause": clause, "evidence": list(left), "reason": PLACEHOLDER})
    return format_rows(rows)


def format_rows(rows: Sequence[Mapping[str, Any]]) -> str:
    """The text of a file with these entries."""
    return json.dumps({"known_failures": rows}, indent=2, ensure_ascii=False) + "\n"


def make_row(entry: Entry, evidence: Sequence[str]) -> dict[str, Any]:
    """Write an entry as the file has it, with this evidence."""
    row: dict[str, Any] = {"clause": entry.clause, "evidence": list(evidence)}
    if entry.implementation is not None:
        row["implementation"] = entry.implementation
    return {**row, **{name: value for name, value in entry.describe().items() if name != "evidence"}}
