"""Known failures: the faults that a run is allowed to show, and has to.

Knows verdict parts and one file of entries. Another fault of a listed clause is a failure, and an entry that
is no longer seen is one too, so that the list stays true.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from graphcontract.clients import Implementation
from graphcontract.contract.jsonfile import ContractFile, nearest, read
from graphcontract.contract.schema import conform
from graphcontract.judging.verdict import ClauseResult

_MISSING = "Make it with `graphcontract known-failures update REPORT --file FILE`."


@dataclass(frozen=True, slots=True)
class Entry:
    """Faults of one clause, by evidence id; `place` is FILE:LINE, for messages."""

    clause: str
    evidence: frozenset[str]
    reason: str
    implementation: str | None
    issue: str | None
    expires: date | None
    place: str

    def concerns(self, implementation: Implementation) -> bool:
        """Whether the entry is about this client, by name or NAME@VERSION."""
        names = (implementation.name, f"{implementation.name}@{implementation.version}")
        return self.implementation is None or self.implementation in names


class KnownFailures:
    """The entries of a file. `strict` takes an expired entry for none; otherwise it is only pointed out."""

    def __init__(
        self, entries: Sequence[Entry], implementation: Implementation, *, today: date, strict: bool
    ) -> None:
        self._entries = [entry for entry in entries if entry.concerns(implementation)]
        self._today, self._strict = today, strict

    def applied(self, part: ClauseResult) -> ClauseResult:
        """The verdict on a clause in the light of its entries: `known-failure`, `fixed`, or as it was."""
        entries = [entry for entry in self._entries if entry.clause == part.clause]
        if not entries or part.verdict not in ("pass", "fail"):
            return part
        seen = _ids(part)
        gone = [(entry, id) for entry in entries for id in sorted(entry.evidence - seen)]
        counted = [entry for entry in entries if not (self._strict and self._expired(entry))]
        unlisted = sorted(seen - {id for entry in counted for id in entry.evidence})
        notes = list(self._notes(entries, gone, unlisted))
        if unlisted:
            return replace(part, reason="; ".join(notes))
        if gone:
            return replace(part, verdict="fixed", reason="; ".join(notes))
        reasons = dict.fromkeys(entry.reason for entry in entries)
        return replace(part, verdict="known-failure", reason="; ".join([*reasons, *notes]))

    def lists(self, clause: str) -> bool:
        """Whether there is an entry for the clause: any other fault of it fails the run, at every level."""
        return any(entry.clause == clause for entry in self._entries)

    def covers(self, part: ClauseResult) -> bool:
        """Whether one test's part of a verdict shows nothing but what is listed."""
        listed = {id for entry in self._entries if entry.clause == part.clause for id in entry.evidence}
        return bool(listed) and _ids(part) <= listed

    def _expired(self, entry: Entry) -> bool:
        return entry.expires is not None and entry.expires < self._today

    def _notes(
        self, entries: Iterable[Entry], gone: Sequence[tuple[Entry, str]], unlisted: Sequence[str]
    ) -> Iterator[str]:
        for entry, id in gone:
            yield f"no longer seen: take {id} out of {entry.place}"
        for id in unlisted:
            yield f"not listed: {id}; mend it, or add it to the entry at {next(iter(entries)).place}"
        for entry in entries:
            if self._expired(entry):
                yield f"expired on {entry.expires}: {entry.place}"


def _ids(part: ClauseResult) -> set[str]:
    return ({part.evidence["id"]} if part.evidence else set()) | set(part.also)


def load(path: Path, ids: Mapping[str, str]) -> list[Entry]:
    """The entries of a file; ContractError for an unknown clause, a fault listed twice, or no such file.

    `ids` maps each id that a clause has or had to the one that it has now, which entries are given.
    """
    file = read(path, _MISSING)
    conform(file, "graphcontract.judging", "known-failures.schema.json")
    listed = set[tuple[str, str | None]]()
    entries = []
    for index, row in enumerate(file.document["known_failures"]):
        entry = _entry(file, index, row)
        if entry.clause not in ids:
            remedy = f"Take the entry out. {nearest(entry.clause, ids)}".rstrip()
            where = ("known_failures", index, "clause")
            raise file.error(where, "a clause of the contract", repr(entry.clause), remedy)
        entry = replace(entry, clause=ids[entry.clause])
        for at, id in enumerate(row["evidence"]):
            place = ("known_failures", index, "evidence", at)
            if ids.get(id.rpartition("-")[0]) != entry.clause:
                raise file.error(
                    place, f"an evidence id of {entry.clause}", id, "Put it under its own clause."
                )
            if (id, entry.implementation) in listed:
                raise file.error(place, "each fault once", id, "Take one of the two out.")
            listed.add((id, entry.implementation))
        entries.append(entry)
    return entries


def _entry(file: ContractFile, index: int, row: Mapping[str, Any]) -> Entry:
    place = ("known_failures", index)
    try:
        expires = date.fromisoformat(row["expires"]) if "expires" in row else None
    except ValueError:
        where = (*place, "expires")
        raise file.error(where, "a day of the calendar", row["expires"], "Write it as YYYY-MM-DD.") from None
    return Entry(
        clause=row["clause"],
        evidence=frozenset(row["evidence"]),
        reason=row["reason"],
        implementation=row.get("implementation"),
        issue=row.get("issue"),
        expires=expires,
        place=f"{file.name}:{file.error(place, '', '', '').line}",
    )


def updated(entries: Sequence[Entry], failing: Mapping[str, Sequence[str]]) -> str:
    """The text of a file that lists what fails; entries keep their reasons, new ones get one to fill in."""
    rows: list[dict[str, Any]] = []
    for clause, ids in failing.items():
        left = dict.fromkeys(ids)
        for entry in entries:
            kept = [id for id in left if entry.clause == clause and id in entry.evidence]
            if kept:
                rows.append(_row(entry, kept))
                left = dict.fromkeys(id for id in left if id not in kept)
        if left:
            rows.append({"clause": clause, "evidence": list(left), "reason": "why this is accepted for now"})
    return json.dumps({"known_failures": rows}, indent=2, ensure_ascii=False) + "\n"


def _row(entry: Entry, evidence: Sequence[str]) -> dict[str, Any]:
    row = {
        "clause": entry.clause,
        "evidence": list(evidence),
        "implementation": entry.implementation,
        "reason": entry.reason,
        "issue": entry.issue,
        "expires": entry.expires.isoformat() if entry.expires else None,
    }
    return {name: value for name, value in row.items() if value is not None}
