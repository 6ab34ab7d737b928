"""Makes the list of known failures that a report of many operations shows, and keeps their reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphcontract.catalogue.patterns import OperationPattern
from graphcontract.clients import Implementation
from graphcontract.contract.acceptance import PLACEHOLDER
from graphcontract.judging.known_failures import Entry, format_rows, make_row
from graphcontract.operations.operation_run import CLAUSES
from graphcontract.reporting.operations_reader import OperationsReport
from graphcontract.reporting.verdict_text import SUPPORTED


def format_updated(entries: Sequence[Entry], report: OperationsReport, ids: Mapping[str, str]) -> str:
    """The text of a file that lists what fails. An entry keeps each pattern whose failure was seen, or whose
    operations were not judged. What no entry matches gets a new one, which names the operations.

    `ids` maps each id that a clause has or had to the one that it has now.
    """
    updater = _Updater(report)
    rows = [row for entry in entries for row in updater.keep(entry)]
    return format_rows([*rows, *updater.list_new(ids)])


class _Updater:
    def __init__(self, report: OperationsReport) -> None:
        self._clauses = {each["clause"] for each in report.plan["clauses"]}
        self._judged = {
            each["operation"]: each["request"] for each in report.operations if each["verdict"] in SUPPORTED
        }
        self._ids = {id.casefold(): id for id in self._judged}
        named = report.header["implementation"]
        self._client = Implementation(named["name"], named.get("version"))
        self._seen: dict[str, list[str]] = {}
        for each in report.operations:
            for id in each.get("findings", ()):
                self._seen.setdefault(id, []).append(each["operation"])
        self._leads = {each.get("operation", "") for each in report.verdicts}
        for verdict in report.verdicts:
            evidence, failed = verdict["evidence"], verdict["verdict"] in ("fail", "known-failure")
            for id in (evidence["id"], *verdict.get("also", ())) if failed and evidence else ():
                shown = self._seen.setdefault(id, [])
                if (lead := verdict.get("operation", "")) not in shown:
                    shown.append(lead)
        self._left = {id: dict.fromkeys(operations) for id, operations in self._seen.items()}

    def keep(self, entry: Entry) -> Iterator[dict[str, Any]]:
        """Yield what stays of an entry: a row for each set of its patterns that failures have in common."""
        if not entry.concerns(self._client):
            yield make_row(entry, sorted(entry.evidence))
            return
        matched = {text: self._match(text) for text in entry.patterns}
        rows: dict[tuple[str, ...], list[str]] = {}
        for id in sorted(entry.evidence):
            shown = self._seen.get(id, [])
            kept = tuple(text for text, found in matched.items() if self._stays(entry, found, shown))
            for text in kept:
                for operation in matched[text]:
                    self._left.get(id, {}).pop(operation, None)
            if kept:
                rows.setdefault(kept, []).append(id)
        for patterns, evidence in rows.items():
            row = make_row(entry, evidence)
            yield row if entry.operations is None else {**row, "operations": list(patterns)}

    def _match(self, text: str) -> set[str]:
        pattern = OperationPattern(text)
        if pattern.is_exact:
            id = self._ids.get(text.strip().casefold())
            return set() if id is None else {id}
        return {id for id, name in self._judged.items() if pattern.matches(name, id)}

    def _stays(self, entry: Entry, matched: set[str], shown: Sequence[str]) -> bool:
        if entry.clause not in CLAUSES:  # checked on the lead operations only
            matched = matched & self._leads
        untested = entry.clause not in self._clauses or not matched
        return untested or not matched.isdisjoint(shown)

    def list_new(self, ids: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """Yield an entry for each clause and set of operations that show the same failures."""
        rows: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for id, operations in sorted(self._left.items()):
            if operations:
                clause = ids[id.rpartition("-")[0]]
                rows.setdefault((clause, tuple(sorted(operations))), []).append(id)
        for (clause, named), evidence in rows.items():
            yield {"clause": clause, "evidence": evidence, "operations": list(named), "reason": PLACEHOLDER}
