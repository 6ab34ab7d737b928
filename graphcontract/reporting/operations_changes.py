"""What changed from one run over many operations to a later one: one entry for each distinct fault, and for
each way in which operations are not judged any more, however many operations it is about.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from graphcontract.contract.model import Level
from graphcontract.reporting.changes import Change, list_changes
from graphcontract.reporting.events import OperationEvent, Verdict
from graphcontract.reporting.evidence_text import escape_unprintable
from graphcontract.reporting.operations_reader import OperationsReport
from graphcontract.reporting.operations_summary import count, name_some
from graphcontract.reporting.report_reader import Report
from graphcontract.reporting.verdict_text import JUDGED, SUPPORTED

OperationsChangeKind = Literal[
    "newly failing",
    "failing, and not judged before",
    "not judged any more",
    "not in the later run",
    "fixed",
    "judged now",
    "only in the later run",
]
_WORSE = ("newly failing", "failing, and not judged before", "not judged any more", "not in the later run")
_MOST_LISTED = 200  # names of operations that a page has for each entry; its jsonl report has all


@dataclass(frozen=True, slots=True)
class OperationsChange:
    """How these operations changed: by a fault with this `clause`, `level` and `evidence`, or as a whole."""

    kind: OperationsChangeKind
    operations: tuple[str, ...]
    text: str = ""
    clause: str = ""
    level: Level | None = None
    evidence: tuple[str, ...] = ()

    @property
    def is_worse(self) -> bool:
        """Whether something got worse: a failure came, or operations are not judged any more."""
        return self.kind in _WORSE

    @property
    def where(self) -> str:
        """In how many operations."""
        return f"in {count(len(self.operations), 'operation')}"

    @property
    def listed(self) -> tuple[str, ...]:
        """The ids of the operations, as many as a page has."""
        return self.operations[:_MOST_LISTED]

    def describe(self) -> str:
        """Describe the change in one line, with some of the operations."""
        fault = f"{self.clause} ({self.level}) " if self.clause else ""
        text = f": {self.text}" if self.text else ""
        return f"{self.kind}: {fault}{name_some(len(self.operations), self.operations)}{text}"


def list_operation_changes(
    before: OperationsReport, after: OperationsReport
) -> list[OperationsChange | Change]:
    """List what changed: first what got worse, faults before other changes, and most operations first. After
    the operations comes what is checked once.
    """
    changes = [*_compare_faults(before, after), *_compare_outcomes(before, after)]
    changes.sort(key=lambda each: (not each.is_worse, not each.clause, -len(each.operations)))
    once = list_changes(_fold_once(before), _fold_once(after))
    return [
        *(each for each in changes if each.is_worse),
        *(each for each in once if each.is_worse),
        *(each for each in changes if not each.is_worse),
        *(each for each in once if not each.is_worse),
    ]


def have_operations_in_common(reports: Sequence[OperationsReport]) -> bool:
    """Whether each of the reports has an operation that the first one has."""
    first, *others = ({each["operation"] for each in report.operations} for report in reports)
    return all(first & each for each in others)


def _compare_faults(before: OperationsReport, after: OperationsReport) -> Iterator[OperationsChange]:
    old, new = _list_shown(before), _list_shown(after)
    was_judged, is_judged = _find_judged(before), _find_judged(after)
    faults = {each["evidence"]["id"]: each for each in (*before.findings, *after.findings)}
    for id in dict.fromkeys([*new, *old]):
        came = [each for each in new.get(id, ()) if each not in set(old.get(id, ()))]
        went = [each for each in old.get(id, ()) if each not in set(new.get(id, ()))]
        parts: dict[OperationsChangeKind, list[str]] = {
            "newly failing": [each for each in came if each in was_judged],
            "failing, and not judged before": [each for each in came if each not in was_judged],
            "fixed": [each for each in went if each in is_judged],
        }
        fault = faults.get(id)
        text = escape_unprintable(fault["evidence"]["text"]) if fault else ""
        clause = fault["clause"] if fault else id.rpartition("-")[0]
        for kind, operations in parts.items():
            if operations:
                level = fault["level"] if fault else None
                yield OperationsChange(kind, tuple(operations), text, clause, level, (id,))


def _compare_outcomes(before: OperationsReport, after: OperationsReport) -> Iterator[OperationsChange]:
    old = {each["operation"]: each for each in before.operations}
    new = {each["operation"]: each for each in after.operations}
    was_judged, is_judged = _find_judged(before), _find_judged(after)
    lost: dict[str, list[OperationEvent]] = {}
    for id in was_judged:
        if id in new and id not in is_judged:
            lost.setdefault(new[id]["verdict"].replace("-", " "), []).append(new[id])
    for outcome, events in lost.items():
        ids = tuple(each["operation"] for each in events)
        yield OperationsChange("not judged any more", ids, f"{outcome}{_explain(events)}")
    parts: dict[OperationsChangeKind, list[str]] = {
        "not in the later run": [id for id in old if id not in new],
        "judged now": [id for id in is_judged if id in old and id not in was_judged],
        "only in the later run": [id for id in new if id not in old],
    }
    for kind, operations in parts.items():
        judged = sum(id in was_judged or id in is_judged for id in operations)
        text = "" if kind == "judged now" else f"{judged:,} of them judged"
        if operations:
            yield OperationsChange(kind, tuple(operations), text)


def _explain(events: Sequence[OperationEvent]) -> str:
    """Give the reason why operations are not judged, or that of one of them."""
    reasons = dict.fromkeys(each.get("reason", "").strip().rpartition("\n")[2] for each in events)
    reason = next(filter(None, reasons), "")
    if not reason:
        return ""
    return escape_unprintable(f": {reason}" if len(reasons) == 1 else f", for example: {reason}")


def _list_shown(report: OperationsReport) -> Mapping[str, Collection[str]]:
    """List the operations that show each fault, by its evidence id."""
    shown: dict[str, dict[str, None]] = {}
    for each in report.operations:
        for id in (*each.get("findings", ()), *each.get("accepted", ())):
            shown.setdefault(id, {})[each["operation"]] = None
    return shown


def _find_judged(report: OperationsReport) -> Mapping[str, None]:
    """Find the operations that have a verdict, in the order of the report."""
    return {each["operation"]: None for each in report.operations if each["verdict"] in SUPPORTED}


def _fold_once(report: OperationsReport) -> Report:
    """Fold the verdicts on what is checked once to one for each clause, over the operations that lead."""
    verdicts: dict[str, Verdict] = {}
    for each in report.verdicts:
        other = verdicts.get(each["clause"])
        verdicts[each["clause"]] = each if other is None else _join(other, each)
    return Report(report.path, report.header, verdicts, report.footer)


def _join(first: Verdict, second: Verdict) -> Verdict:
    """Join two verdicts on a clause: the one with evidence, or else one that was judged, with all ids."""
    found, other = first, second
    if found["evidence"] is None and (other["evidence"] is not None or found["verdict"] not in JUDGED):
        found, other = other, found
    also = [*found.get("also", ()), *other.get("also", ())]
    also += [other["evidence"]["id"]] if other["evidence"] is not None else []
    joined = found.copy()
    if also:
        joined["also"] = list(dict.fromkeys(also))
    return joined
